"""Whoever holds a key gives it, unasked and unread, to those who should hold the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from casework import escalation, journal, keys, succession
from casework.asking import NewGrant
from casework.database import Database
from casework.keys import NewKey
from casework.permits import Settings
from casework.tables import Case, Clock, Draft, Grant, Notice, StaffState
from crypto import keyring
from desk import chores, handing, keyrings, opening, rewrapping
from desk import visit as visits
from desk.errors import ConflictError
from desk.handing import HandIn
from desk.visit import Desk
from tests.deskhouse import DeskHouse, open_desk
from tests.house import House, entry
from tests.test_succession import add_fred, held, suspend


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def passes(desk: DeskHouse, name: str) -> int:
    """Let the session of *name* do what it does by itself, and return how many grants it made."""
    of: Desk = desk.app.state["desk"]
    sessions = [one for one in of.sessions.living(desk.house.now) if one.staff.staff == name]
    return chores.do(rewrapping.rewrap, of, sessions[-1])


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


def hear_of_silence(house: House) -> set[str]:
    """Let a case go unanswered for too long; return who hears of it."""
    with house.database.write() as session:
        session.execute(delete(Notice))
        session.execute(update(Clock).values(due=house.now))
        assert escalation.escalate(session, house.staffing(), house.now, Settings()) == 1
        return set(session.scalars(select(Notice.staff)))


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
    assert hear_of_silence(house) == {"bob"}, "Fred could not open it yet"
    desk.sign_in("bob")
    assert passes(desk, "bob") > 0
    assert hear_of_silence(house) == {"bob", "fred"}
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


def away(desk: DeskHouse, name: str, days: int = 0, stand_in: str | None = None) -> None:
    """Let *name* be away from today for so many more days; back with fewer than none."""
    today = desk.house.now.date()
    with desk.house.database.write() as session:
        row = session.get_one(StaffState, name)
        row.away_from, row.away_until = today, today + timedelta(days=days)
        row.stand_in = stand_in


def stand_in(desk: DeskHouse) -> int:
    """Let the hub hand what waits for those away to their stand-ins, and take back what cannot be opened."""
    house = desk.house
    with house.database.write() as session:
        return escalation.hand_to_stand_ins(session, house.staffing(), house.now)


def test_whoever_comes_back_is_given_what_waits_and_proposed_nothing_before(desk: DeskHouse) -> None:
    """Bob was away when it came: no stand-in for Alice until a colleague's desk passed the keys on."""
    away(desk, "bob")
    words = "Слова, пока Боба не было."
    case = desk.file_case("legal", "alice", words, urgency="now")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    away(desk, "bob", days=-1)
    away(desk, "alice", stand_in="bob")
    assert stand_in(desk) == 1
    with desk.house.database.read() as session:
        assert session.get_one(Case, case).assignee is None
        told = set(session.scalars(select(Notice.staff).where(Notice.case == case)))
        assert told == {"olga"}, "nobody at work can open it, so the coordinator hears of it"
    bob = desk.sign_in("bob")
    assert bob.get(where).status_code == 404
    assert case.hex() not in bob.page("/queue")
    olga, given = desk.sign_in("olga"), f"/house/case/{case.hex()}/assign"
    offered = olga.page("/house").split(given)[1].split("</form>")[0]
    assert "<option>alice</option>" in offered and "bob" not in offered, "whom to ring"
    assert olga.do("/house", given, to="bob").status_code == 403

    assert passes(desk, "alice") == 2
    assert passes(desk, "alice") == 0
    for compartment in (keys.CONTENT, keys.IDENTITY):
        assert ("bob", 1) in held(desk.house, case, compartment)[0]
    assert words in bob.page(where)
    with desk.house.database.write() as session:
        session.get_one(Case, case).assignee = "alice"
    assert stand_in(desk) == 1
    with desk.house.database.read() as session:
        assert session.get_one(Case, case).assignee == "bob"
    assert bob.do(where, f"{where}/accept", second="alice").status_code == 303
    assert alice.get(where).status_code == 200


def test_what_somebody_gave_back_or_somebody_has_is_given_to_nobody_else(desk: DeskHouse) -> None:
    away(desk, "bob")
    mine, given = desk.file_case("legal", "alice"), desk.file_case("legal", "alice")
    away(desk, "bob", days=-1)
    where = f"/case/{mine.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept")
    with desk.house.database.write() as session:
        journal.write(session, "give-back", by=desk.house.actor("bob"), day=desk.house.now.date(), case=given)
        # Mallory holds the disk: the column alone makes no case wait again.
        session.get_one(Case, mine).status = "new"
    passes(desk, "alice")
    for case in (mine, given):
        assert all(("bob", 1) not in holders for holders in held(desk.house, case).values())


def test_the_hub_takes_no_grant_of_a_waiting_case_to_somebody_off_duty(desk: DeskHouse) -> None:
    """Whatever a desk hands in: only those at work today are given what waits."""
    away(desk, "bob")
    case = desk.file_case("legal", "alice")
    desk.sign_in("alice")
    of: Desk = desk.app.state["desk"]
    (session,) = of.sessions.living(desk.house.now)
    visit = visits.in_passing(of, session)
    assert visit is not None
    bob = visit.staffing.holder("bob")
    assert bob is not None
    opening.open_content(visit, [case])
    key = NewKey(case, keys.CONTENT, 0, session.opened[(case, keys.CONTENT, 0)])
    with pytest.raises(ConflictError):
        handing.hand_in(visit, HandIn(grants=[NewGrant.make(key, bob)]))
    assert ("bob", 1) not in held(desk.house, case)[0]
