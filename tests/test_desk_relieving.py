"""Stand-ins are told what comes while somebody is gone, and nothing once the case has its people again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from casework import keys, succession
from casework.database import Database
from casework.parties import NOBODY
from casework.tables import SealingKey, StaffState
from desk import chores, relieving
from desk.visit import Desk, Visit
from tests.deskhouse import DeskHouse, open_desk
from tests.test_succession import add_fred, held, suspend


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
def case(desk: DeskHouse) -> bytes:
    """A case of Alice and Bob that Fred stood in for while both were gone."""
    case = desk.file_case("legal", text="Слова до ареста.")
    where = f"/case/{case.hex()}"
    desk.sign_in("alice").do(where, f"{where}/accept", second="bob")
    add_fred(desk.house)
    suspend(desk.house, "alice")
    suspend(desk.house, "bob")
    house = desk.house
    assert (
        succession.renew(house.database, house.strongbox, house.staffing(), house.anchor, house.now.date())
        == 2
    )
    assert held(house, case)[2] == {("fred", 1), ("recovery", 0)}
    return case


def come_back(desk: DeskHouse, name: str) -> None:
    with desk.house.database.write() as session:
        session.get_one(StaffState, name).suspended_until = None


def passes(desk: DeskHouse, name: str) -> int:
    """Let the session of *name* relieve whom it can, and return how many keys it made."""
    of: Desk = desk.app.state["desk"]
    sessions = [one for one in of.sessions.living(desk.house.now) if one.staff.staff == name]
    return chores.do(relieving.relieve, of, sessions[-1])


def test_what_comes_once_somebody_is_back_is_theirs_alone(desk: DeskHouse, case: bytes) -> None:
    come_back(desk, "bob")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 2, "the words and the card"
    assert passes(desk, "bob") == 0
    come_back(desk, "alice")
    for compartment in (keys.CONTENT, keys.IDENTITY):
        assert held(desk.house, case, compartment)[3] == {("bob", 1), ("recovery", 0)}
    house = desk.house
    with house.database.read() as session:
        newest = keys.current(session, case, keys.CONTENT, house.staffing().hands, house.roster)
    assert newest is not None and newest.generation == 3


def test_whoever_would_be_alone_with_it_keeps_the_stand_ins(desk: DeskHouse, case: bytes) -> None:
    roster = desk.house.roster
    desk.house.enforce(replace(roster, version=roster.version + 1, previous=roster.digest, recovery=None))
    come_back(desk, "bob")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 0
    assert set(held(desk.house, case)) == {0, 1, 2}


def test_a_key_the_hub_did_not_make_is_nobody_to_relieve(desk: DeskHouse, case: bytes) -> None:
    """A row that says so makes no key after key."""
    with desk.house.database.write() as session:
        session.execute(update(SealingKey).where(SealingKey.generation == 2).values(recipient=bytes(1216)))
    come_back(desk, "bob")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 0


def test_an_alarm_between_two_steps_makes_no_key_that_nobody_holds(
    desk: DeskHouse, case: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_back(desk, "bob")
    desk.sign_in("bob")
    of: Desk = desk.app.state["desk"]

    def relieve(visit: Visit) -> Iterator[int]:
        for one in relieving.relieve(visit):
            monkeypatch.setattr(of.book, "of", lambda *_: NOBODY)
            yield one

    session = [one for one in of.sessions.living(desk.house.now) if one.staff.staff == "bob"][-1]
    assert chores.do(relieve, of, session) == 1
    made = [held(desk.house, case, compartment) for compartment in (keys.CONTENT, keys.IDENTITY)]
    assert sorted(max(generations) for generations in made) == [2, 3]
    assert all(holders != {("recovery", 0)} for generations in made for holders in generations.values())


def test_a_chore_ends_once_its_person_is_suspended(desk: DeskHouse, case: bytes) -> None:
    """Two colleagues suspend Bob at another desk, while his own makes keys."""
    come_back(desk, "bob")
    desk.sign_in("bob")
    of: Desk = desk.app.state["desk"]
    steps: list[int] = []

    def work(_visit: Visit) -> Iterator[int]:
        for n in range(3):
            steps.append(n)
            if not n:
                suspend(desk.house, "bob")
            yield 1

    session = [one for one in of.sessions.living(desk.house.now) if one.staff.staff == "bob"][-1]
    assert chores.do(work, of, session) == 1
    assert steps == [0]
