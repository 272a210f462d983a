"""Stand-ins are told what comes while somebody is gone, and nothing once the case has its people again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from casework import keys, succession
from casework.database import Database
from casework.tables import SealingKey, StaffState
from desk import chores, relieving
from desk.visit import Desk
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
