"""What a page says when something cannot be done: kindly, with what was typed, and with a way on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from casework.database import Database
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_door import CAST

WAY_ON = re.compile(r'<p><a class="button" href="([^"]+)">([^<]+)</a></p>')
ONCE = re.compile(r'name="once" value="[^"]+"')
ABOUT = "Командир роты, дважды угрожал статьёй, один раз при свидетелях."


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST) as opened:
        yield opened


def taken(desk: DeskHouse, alice: Browser) -> str:
    where = f"/case/{desk.file_case(assignee='alice').hex()}"
    alice.do(where, f"{where}/accept", second="bob")
    return where


def way_on(page: str) -> tuple[str, str]:
    (found,) = WAY_ON.findall(page)
    return found[0], unescape(found[1])


def test_what_was_typed_into_any_form_is_given_back(desk: DeskHouse) -> None:
    """Also what is short beside what is long; after a session that ended as well as after a slip."""
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    page = f"{where}/people"
    refused = alice.do(page, f"{where}/party", role="nobody", name="", about=ABOUT)
    assert refused.status_code == 422
    assert ABOUT in refused.text
    assert way_on(refused.text) == (page, "Back")
    paper = f"{where}/papers/refusal_report"
    form = alice.form(paper, paper)
    desk.house.now += timedelta(minutes=16)
    ended = alice.post(paper, {**form, "f_to": "В суд", "f_reason": "Убеждения не позволяют мне воевать."})
    assert ended.status_code == 401
    assert "В суд" in ended.text and "Убеждения не позволяют мне воевать." in ended.text


def test_no_secret_is_given_back(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    form = alice.form("/account", "/account/passphrase")
    desk.house.now += timedelta(minutes=16)
    ended = alice.post("/account/passphrase", {**form, "passphrase": desk.passphrases["alice"]})
    assert desk.passphrases["alice"] not in ended.text


def test_a_refused_form_leads_back_to_the_page_it_stands_on(desk: DeskHouse) -> None:
    alice, olga = desk.sign_in("alice"), desk.sign_in("olga")
    where = taken(desk, alice)
    for page, action in (
        (f"{where}/work", f"{where}/deadline"),
        (f"{where}/work", f"{where}/timeline"),
        (f"{where}/people", f"{where}/people"),
        (f"{where}/ties", f"{where}/tie"),
        (f"{where}/export", f"{where}/export"),
        (where, f"{where}/close"),
        ("/account", "/account/duty"),
        ("/account", "/account/pin"),
    ):
        assert way_on(alice.do(page, action, limit="many", code="none").text) == (page, "Back"), action
    refused = olga.do("/house", "/house/alice/duty", limit="many")
    assert way_on(refused.text) == ("/house", "Back")


def test_a_page_that_is_refused_leads_somewhere_else(desk: DeskHouse) -> None:
    """Back to itself it would be refused again; where only the hub is away, once more is what helps."""
    vera = desk.sign_in("vera")
    missing = vera.get(f"/case/{'0' * 32}")
    assert missing.status_code == 404
    assert "handed over, passed back" in missing.text
    assert way_on(missing.text) == ("/", "To the start")
    assert way_on(vera.get("/house").text) == ("/", "To the start")
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(where, f"{where}/lend", to="vera")
    desk.hub.end()
    silent = vera.get(where)
    assert silent.status_code == 503
    assert way_on(silent.text) == (where, "Try again")


def test_a_consultant_is_told_kindly_when_a_case_is_with_them_no_more(desk: DeskHouse) -> None:
    """Taken back by the lawyer while the consultant reads: the page says what may have happened, not why."""
    alice, vera = desk.sign_in("alice"), desk.sign_in("vera")
    where = taken(desk, alice)
    alice.do(where, f"{where}/lend", to="vera")
    note = vera.form(where, f"{where}/note")
    alice.do(where, f"{where}/pass-up")
    late = vera.post(f"{where}/note", {**note, "note": "Клиентка просила перезвонить вечером."})
    assert late.status_code == 409
    assert "Клиентка просила перезвонить вечером." in late.text
    gone = vera.get(where)
    assert gone.status_code == 404
    never = vera.get(f"/case/{'0' * 32}").text.replace("0" * 32, where[6:])
    assert ONCE.sub("", gone.text) == ONCE.sub("", never)
    assert vera.get("/queue").status_code == 200
