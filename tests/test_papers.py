"""A recovery key that was exchanged: the new paper opens what lives, the old one in time nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from casework import keys, papers
from casework.asking import NewGrant
from casework.database import Database
from casework.keeper import open_grant
from casework.tables import Grant, RosterNote, SealingKey
from crypto.errors import NotForUsError
from crypto.roster import HEAD_SIZE, named_recovery
from crypto.sealed import open_sealed
from crypto.xwing import Identity
from subrosa import recovering
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House
from tests.test_desk_rewrapping import passes
from tests.test_keeper import file_case, hand_in
from tests.test_recovery import gone_but_recovery
from tests.test_succession import held, take_away


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def exchange(house: House) -> Identity:
    """Let the roster name another recovery key, and return it."""
    key = Identity.generate()
    roster = house.roster
    house.enforce(replace(roster, version=roster.version + 1, previous=roster.digest, recovery=key.recipient))
    return key


def opens(house: House, paper: Identity) -> set[tuple[bytes, str, int]]:
    """Return which keys whoever has this paper, the database and the hub's epoch key opens."""
    found = set()
    with house.database.read() as session:
        for row in session.scalars(select(Grant).where(Grant.staff == keys.RECOVERY)):
            place = row.owner, row.compartment, row.generation
            key = keys.public_of(session.get_one(SealingKey, place))
            inner = open_grant(row, house.strongbox)
            assert inner is not None
            try:
                seed = open_sealed(inner, paper, keys.grant_context(key, keys.RECOVERY))
            except NotForUsError:
                continue
            assert Identity.from_seed(seed).recipient == key.recipient
            found.add(place)
    return found


def test_what_the_old_paper_opened_the_new_one_opens_and_the_old_one_no_more(desk: DeskHouse) -> None:
    house = desk.house
    mine, waits = desk.file_case("legal"), desk.file_case("legal")
    tip = desk.file_case("editors")
    where = f"/case/{mine.hex()}"
    desk.sign_in("alice").do(where, f"{where}/accept", second="bob")
    desk.sign_in("carol").do("/drafts", "/drafts")
    everything = opens(house, house.recovery)
    assert {place[0] for place in everything} >= {mine, waits, tip}
    new = exchange(house)
    assert opens(house, new) == set()
    for name in ("alice", "dan", "erin"):
        desk.sign_in(name)
        assert passes(desk, name) > 0
        assert passes(desk, name) == 0
    assert opens(house, new) == everything
    assert opens(house, house.recovery) == everything, "until it is taken away"
    assert take_away(house) == len(everything)
    assert opens(house, house.recovery) == set()
    assert opens(house, new) == everything
    assert take_away(house) == 0


def test_what_nobody_passed_on_stays_with_the_old_paper(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = gone_but_recovery(house)
    before = opens(house, house.recovery)
    new = exchange(house)
    take_away(house)
    assert opens(house, house.recovery) == before
    assert opens(house, new) == set()
    with house.database.read() as session:
        asked = recovering.read_asked(recovering.ask(session, house.strongbox, house.staffing(), "bob"))
    _file, others = recovering.open_all(asked, new)
    assert others == len(asked.grants) > 0
    _file, others = recovering.open_all(asked, house.recovery)
    assert others == 0
    assert case


def test_a_first_recovery_key_that_comes_back_has_its_first_number(sqlite_house: House) -> None:
    house = sqlite_house
    first = house.roster
    assert house.staffing().recovery()[0].number == 0
    second = exchange(house)
    assert house.staffing().recovery()[0].number == papers.drawn_from(second.recipient) > 0
    again = replace(house.roster, version=3, previous=house.roster.digest, recovery=first.recovery)
    house.enforce(again)
    assert house.staffing().recovery()[0].number == 0


def test_the_first_recovery_key_is_found_behind_rosters_that_named_none(house: House) -> None:
    first, lines = house.roster, house.roster.text().encode()
    assert first.recovery is not None
    assert named_recovery(lines[:HEAD_SIZE]) == first.recovery.raw
    assert named_recovery(lines[:300]) is None, "cut off before it"
    with house.database.write() as session:
        session.execute(delete(RosterNote))
    house.enforce(replace(first, recovery=None))
    assert house.staffing().recovery() == []
    second, third = exchange(house), exchange(house)
    assert house.staffing().recovery()[0].number == papers.drawn_from(third.recipient)
    again = replace(house.roster, version=4, previous=house.roster.digest, recovery=second.recipient)
    house.enforce(again)
    assert house.staffing().recovery()[0].number == 0


def test_the_hub_takes_no_grant_for_a_paper_of_before(sqlite_house: House) -> None:
    house = sqlite_house
    case, made = file_case(house, "legal", "alice")
    old = house.staffing().recovery()[0]
    exchange(house)
    (present,) = house.staffing().recovery()
    key = made[keys.CONTENT]
    assert hand_in(house, "alice", grants=[NewGrant.make(key, old)]) == "refused"
    wrong = NewGrant.make(key, replace(present, number=present.number - 1))
    assert hand_in(house, "alice", grants=[wrong]) == "refused"
    assert hand_in(house, "alice", grants=[NewGrant.make(key, present)]) == "done"
    assert held(house, case)[0] >= {("recovery", 0), ("recovery", present.number)}
