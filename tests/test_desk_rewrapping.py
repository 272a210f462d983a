"""Whoever holds a key gives it, unasked and unread, to those who should hold the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import escalation, keys, succession
from casework.database import Database
from casework.tables import Case, Draft, Grant
from crypto import keyring
from desk import keyrings, rewrapping
from desk.visit import Desk
from tests.deskhouse import DeskHouse, open_desk
from tests.house import entry
from tests.test_succession import add_fred, held, suspend


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def passes(desk: DeskHouse, name: str) -> int:
    """Let the session of *name* do what it does by itself, and return how many grants it made."""
    of: Desk = desk.app.state["desk"]
    sessions = [one for one in of.sessions.living(desk.house.now) if one.staff.staff == name]
    return rewrapping.rewrap_in_passing(of, sessions[-1])


def renew_keyring(desk: DeskHouse, name: str) -> None:
    """Give *name* a new keyring, as ``staff renew`` does."""
    house = desk.house
    old = house.roster.find(name)
    assert old is not None
    locked, passphrase, staff = keyring.create(name, keyring.PRACTICE, number=old.number + 1)
    folder = desk.app.state["desk"].settings.keyring_dir
    keyrings.put_aside(folder, name, old.number)
    desk.secrets[name], desk.passphrases[name] = keyrings.enrol(folder, locked, staff), passphrase
    house.staff[name] = staff
    listed = tuple(replace(one, revoked=True) if one is old else one for one in house.roster.staff)
    roster = house.roster
    house.enforce(
        replace(
            roster, version=roster.version + 1, previous=roster.digest,
            staff=(*listed, entry(staff, set(old.roles))),
        )
    )  # fmt: skip


def test_after_a_lost_passphrase_a_colleague_gives_back_what_both_held(desk: DeskHouse) -> None:
    words = "Повестка на завтра."
    mine, new = desk.file_case("legal", text=words), desk.file_case("legal", text=words)
    where = f"/case/{mine.hex()}"
    desk.sign_in("alice").do(where, f"{where}/accept", second="bob")
    renew_keyring(desk, "alice")
    succession.renew(
        desk.house.database,
        desk.house.strongbox,
        desk.house.staffing(),
        desk.house.anchor,
        desk.house.now.date(),
    )
    alice = desk.sign_in("alice")
    assert words not in alice.page(where)
    assert words not in alice.page(f"/case/{new.hex()}")
    desk.sign_in("bob")
    assert passes(desk, "bob") > 0
    assert passes(desk, "bob") == 0
    assert words in alice.page(where)
    assert words in alice.page(f"/case/{new.hex()}")
    # The card as well: held by Alice's new keyring, though nobody looked at it.
    for owner in (mine, new):
        for holders in held(desk.house, owner, keys.IDENTITY).values():
            assert ("alice", 2) in holders


def test_the_new_second_of_a_case_is_given_all_of_it(desk: DeskHouse) -> None:
    case = desk.file_case("legal", text="Слова до ареста.")
    where = f"/case/{case.hex()}"
    desk.sign_in("alice").do(where, f"{where}/accept", second="bob")
    add_fred(desk.house)
    suspend(desk.house, "alice")
    house = desk.house
    with house.database.write() as session:
        escalation.free_suspended(session, house.staffing(), house.book(), house.actor("olga"), house.now)
        row = session.get_one(Case, case)
        assert (row.assignee, row.second) == ("bob", "fred")
    succession.renew(house.database, house.strongbox, house.staffing(), house.anchor, house.now.date())
    desk.sign_in("bob")
    assert passes(desk, "bob") > 0
    for compartment in (keys.CONTENT, keys.IDENTITY):
        generations = held(house, case, compartment)
        assert len(generations) == 3
        assert all({("bob", 1), ("fred", 1)} <= holders for holders in generations.values())


def test_a_draft_is_given_back_too_and_nothing_crosses_the_wall(desk: DeskHouse) -> None:
    desk.file_case("legal")
    desk.sign_in("dan").do("/drafts", "/drafts")
    renew_keyring(desk, "carol")
    desk.sign_in("dan")
    passes(desk, "dan")
    with desk.house.database.read() as session:
        draft = session.scalars(select(Draft.id)).one()
        owners = set(session.scalars(select(Grant.owner).where(Grant.staff == "carol", Grant.number == 2)))
    assert owners == {draft}


def test_what_nobody_else_held_stays_closed(desk: DeskHouse) -> None:
    """A case of one lawyer alone: no colleague can give it back, and nothing pretends to."""
    case = desk.file_case("legal", text="Только Алисе.")
    with desk.house.database.write() as session:
        for row in session.scalars(select(Grant).where(Grant.owner == case, Grant.staff == "bob")):
            session.delete(row)
    renew_keyring(desk, "alice")
    desk.sign_in("bob")
    assert passes(desk, "bob") == 0
    assert all(("alice", 2) not in holders for holders in held(desk.house, case).values())
