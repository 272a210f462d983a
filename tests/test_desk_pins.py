"""A sitting that fell idle is locked, not ended: what opens it, what does not, and what it still holds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.database import Database
from desk import pins
from desk.pins import WrongPinError
from tests.deskhouse import Browser, DeskHouse, open_desk

PIN = "204816"


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def sessions(desk: DeskHouse) -> Any:
    return desk.app.state["desk"].sessions


def with_pin(desk: DeskHouse, who: str = "alice") -> Browser:
    one = desk.sign_in(who)
    assert one.do("/account", "/account/pin", pin=PIN).status_code == 303
    return one


def unlock(one: Browser, pin: str, back: str = "/queue") -> int:
    return one.post("/unlock", {"pin": pin, "back": back}).status_code


def test_an_idle_sitting_with_a_pin_goes_on_where_it_stood(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = with_pin(desk)
    alice.do(where, f"{where}/accept", second="")
    form = alice.form(where, f"{where}/note")
    desk.house.now += timedelta(minutes=16)
    answer = alice.post(f"{where}/note", {**form, "note": "Заметка, которую жаль терять."})
    assert answer.status_code == 401
    assert "Заметка, которую жаль терять." in answer.text
    assert "Прошу помощи" not in alice.get(where).text
    assert unlock(alice, PIN, where) == 303
    assert "Прошу помощи" in alice.page(where)
    assert alice.post(f"{where}/note", {**form, "note": "Заметка цела."}).status_code == 303


def test_a_locked_sitting_holds_no_key(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    alice = with_pin(desk)
    alice.page(f"/case/{case.hex()}")
    cookie = alice.cookies["desk"]
    session = sessions(desk).find(cookie, desk.house.now)
    seed = session.staff.identity.seed
    assert session.opened
    desk.house.now += timedelta(minutes=16)
    sessions(desk).sweep(desk.house.now)
    assert not session.opened
    assert session.pin is None
    (idle,) = sessions(desk)._idle.values()
    assert seed not in idle.keys.locked
    del session
    gc.collect()
    with pytest.raises(WrongPinError):
        pins.reopen(idle.keys, PIN, "another browser", cheap=True)
    assert pins.reopen(idle.keys, PIN, cookie, cheap=True)[0].identity.seed == seed


def test_the_fifth_wrong_pin_ends_the_sitting(desk: DeskHouse) -> None:
    alice = with_pin(desk)
    assert alice.do("/account", "/lock").status_code == 303
    assert alice.get("/account").status_code == 401
    assert [unlock(alice, wrong) for wrong in ("1", "", "204817", "000000")] == [401] * 4
    assert unlock(alice, "111111") == 303
    assert unlock(alice, PIN) == 303
    assert alice.get("/queue").headers["location"].startswith("/sign-in")


def test_a_pin_is_good_until_the_shift_is_over_and_in_its_browser_alone(desk: DeskHouse) -> None:
    alice, mallory = with_pin(desk), desk.browser()
    desk.house.now += timedelta(minutes=16)
    assert unlock(mallory, PIN) == 303
    assert mallory.get("/queue").headers["location"].startswith("/sign-in")
    desk.house.now += timedelta(hours=12)
    assert unlock(alice, PIN) == 303
    assert alice.get("/queue").headers["location"].startswith("/sign-in")
    assert not sessions(desk)._idle


@pytest.mark.parametrize("pin", ["", "12345", "111111", "12345a", "1234567890123", "１２３４５６"])
def test_what_is_no_pin_is_refused(desk: DeskHouse, pin: str) -> None:
    alice = desk.sign_in("alice")
    assert alice.do("/account", "/account/pin", pin=pin).status_code == 422


def test_without_a_pin_locking_is_leaving(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    assert "/lock" not in alice.page("/account")
    tokens = alice.form("/account", "/sign-out")
    assert alice.post("/lock", tokens).headers["location"] == "/sign-in"
    assert alice.get("/queue").status_code == 303


def test_a_suspended_colleague_is_out_locked_or_not(desk: DeskHouse) -> None:
    bob, alice = with_pin(desk, "bob"), desk.sign_in("alice")
    bob.do("/account", "/lock")
    alice.do("/account", "/account/suspend/bob", confirm="bob")
    assert unlock(bob, PIN) == 303
    assert bob.get("/queue").headers["location"].startswith("/sign-in")


def test_ones_sessions_are_listed_and_ended_and_nobody_elses(desk: DeskHouse) -> None:
    first, second, bob = with_pin(desk), desk.sign_in("alice"), desk.sign_in("bob")
    first.do("/account", "/lock")
    assert "locked" in second.page("/account")
    (locked,) = [one.id for one in sessions(desk).of("alice", desk.house.now) if one.is_locked]
    tokens = bob.form("/account", "/account/duty")
    assert bob.post("/account/sessions", {**tokens, "session": locked}).status_code == 404
    assert second.do("/account", "/account/sessions", session=locked).status_code == 303
    assert unlock(first, PIN) == 303
    assert first.get("/queue").headers["location"].startswith("/sign-in")
    third = desk.sign_in("alice")
    tokens = third.form("/account", "/account/duty")
    assert third.post("/account/sessions", {**tokens, "session": "others"}).status_code == 303
    assert (second.get("/queue").status_code, third.get("/queue").status_code) == (303, 200)
    assert bob.get("/queue").status_code == 200
