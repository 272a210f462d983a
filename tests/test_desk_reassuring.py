"""After an arrest: clients hear in one neutral line that they are not alone, and get a new way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.push import speak
from casework import canonical, escalation, keys, post, succession
from casework.actors import HUB, Actor
from casework.database import Database
from casework.tables import Case, Item, JournalRow, Outbox
from crypto import context, lock
from desk import chores, reassuring, rewrapping
from desk.visit import Desk
from tests.deskhouse import DeskHouse, open_desk
from tests.phone import Phone, cases
from tests.test_succession import suspend


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def told_and_accepted(desk: DeskHouse) -> tuple[Phone, bytes]:
    """Tess tells, chooses to be rung in the evening; Alice accepts with Bob beside her."""
    tess = Phone(desk.house)
    tess.write("нас держат в яме")
    for action in ("legal", "u.normal", "go.reach", "r.push", "h.eve"):
        tess.press(action)
    (case,) = cases(desk.house)
    where = f"/case/{case.id.hex()}"
    desk.sign_in("alice").do(where, f"{where}/accept", second="bob")
    return tess, case.id


def arrest(desk: DeskHouse, name: str) -> None:
    """Suspend somebody, and let the hub do what it does by itself."""
    house = desk.house
    suspend(house, name)
    with house.database.write() as session:
        hub = Actor(HUB, 0, house.strongbox.signing)
        escalation.free_suspended(session, house.staffing(), house.book(), hub, house.now)
    succession.renew(house.database, house.strongbox, house.staffing(), house.anchor, house.now.date())
    house.strongbox.add("courier", house.now)


def passes(desk: DeskHouse, name: str) -> int:
    of: Desk = desk.app.state["desk"]
    session = next(one for one in of.sessions.living(desk.house.now) if one.staff.staff == name)
    chores.do(rewrapping.rewrap, of, session)
    return chores.do(reassuring.reassure, of, session)


def couriers(desk: DeskHouse, case: bytes) -> list[Item]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(Item).where(Item.case == case, Item.kind == "courier")))


def rung(desk: DeskHouse) -> list[dict[str, object]]:
    """Let the hub turn pushes into calls, and return what it would say."""
    house = desk.house
    with house.database.write() as session:
        post.ring(session, house.strongbox, speak, house.now)
    with house.database.read() as session:
        waiting = session.scalars(select(Outbox)).all()
    opened = [
        canonical.loads(lock.unlock(house.strongbox.spool, row.locked, context.named("outbox", row.id)))
        for row in waiting
    ]
    return [one for one in opened if one.get("do") == "say"]


def test_a_client_of_somebody_arrested_hears_once_and_their_old_address_dies(desk: DeskHouse) -> None:
    tess, case = told_and_accepted(desk)
    (old,) = couriers(desk, case)
    tess.reboot()
    arrest(desk, "alice")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 1
    assert passes(desk, "bob") == 0, "once"
    (line,) = rung(desk)
    assert line["chat"] == tess.chat and line["silent"] is True
    assert "дело" not in str(line["text"]).lower(), "the line says nothing"
    data = line["buttons"][0][0][1]  # type: ignore[index]
    said = tess.tap_data(str(data))
    assert said[0].startswith("За ваше дело теперь отвечает другой человек")
    (new,) = couriers(desk, case)
    assert new.id != old.id and new.generation > old.generation
    assert tess.state is not None and (tess.state.reach, tess.state.hours) == ("push", "evening")
    # What whoever is gone could open, the new address is not sealed to.
    with desk.house.database.read() as session:
        holders = {row.staff for row in session.scalars(select(keys.Grant).where(
            keys.Grant.owner == case, keys.Grant.compartment == keys.CONTENT,
            keys.Grant.generation == new.generation))}  # fmt: skip
        acts = list(session.scalars(select(JournalRow.act).where(JournalRow.case == case)))
    assert "alice" not in holders and "bob" in holders
    assert acts.count("ring") == 1
    # The tap again, weeks later, changes nothing more.
    tess.tap_data(str(data))
    assert [one.id for one in couriers(desk, case)] == [new.id]


def test_bob_answers_over_the_new_address(desk: DeskHouse) -> None:
    tess, case = told_and_accepted(desk)
    arrest(desk, "alice")
    bob = desk.sign_in("bob")
    passes(desk, "bob")
    (line,) = rung(desk)
    tess.tap_data(str(line["buttons"][0][0][1]))  # type: ignore[index]
    where = f"/case/{case.hex()}"
    assert bob.do(where, f"{where}/reply", text="Я теперь за Алису.", mode="reply").status_code == 303
    assert len(rung(desk)) == 2


def test_whoever_chose_a_phrase_meanwhile_is_not_rung_again(desk: DeskHouse) -> None:
    tess, case = told_and_accepted(desk)
    arrest(desk, "alice")
    desk.sign_in("bob")
    passes(desk, "bob")
    (line,) = rung(desk)
    tess.press("go.reach")
    tess.press("r.phrase")
    assert couriers(desk, case) == []
    tess.tap_data(str(line["buttons"][0][0][1]))  # type: ignore[index]
    assert couriers(desk, case) == []


def test_nobody_is_told_of_an_ordinary_handover(desk: DeskHouse) -> None:
    _tess, case = told_and_accepted(desk)
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/assign", to="bob", handover="Дальше ты.")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 0
    with desk.house.database.read() as session:
        assert session.get_one(Case, case).assignee == "bob"


def test_a_case_opened_meanwhile_by_nobody_waits_for_its_desk(desk: DeskHouse) -> None:
    told_and_accepted(desk)
    arrest(desk, "alice")
    desk.house.now += timedelta(days=2)
    assert rung(desk) == []
    desk.sign_in("bob")
    assert passes(desk, "bob") == 1
