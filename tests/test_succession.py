"""When somebody is gone, nothing new opens with what was taken, and somebody living holds everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from casework import asking, assigning, escalation, journal, keys, newest, succession
from casework.asking import GrantRef, NewGrant
from casework.errors import NotAllowedError
from casework.permits import Acting
from casework.rosters import LASTING
from casework.strongbox import Strongbox
from casework.tables import Case, Grant, JournalRow, StaffState
from crypto.keyring import Staff
from crypto.signature import SigningKey
from crypto.xwing import Identity
from tests.house import House, entry
from tests.test_keeper import ask, file_case, hand_in, open_seed


def suspend(house: House, name: str, *, lasting: bool = False) -> None:
    with house.database.write() as session:
        session.get_one(StaffState, name).suspended_until = (
            LASTING if lasting else house.now + timedelta(hours=24)
        )


def renew_keyring(house: House, name: str) -> None:
    """Give *name* a new keyring and put a roster in force in which the old one is revoked."""
    old = house.roster.find(name)
    assert old is not None
    house.staff[name] = Staff(name, old.number + 1, Identity.generate(), SigningKey.generate())
    staff = tuple(replace(one, revoked=True) if one is old else one for one in house.roster.staff)
    new = entry(house.staff[name], set(old.roles))
    house.enforce(
        replace(
            house.roster, version=house.roster.version + 1, previous=house.roster.digest, staff=(*staff, new)
        )
    )


def add_fred(house: House) -> None:
    """Enrol a third lawyer."""
    house.staff["fred"] = Staff("fred", 1, Identity.generate(), SigningKey.generate())
    roster = house.roster
    staff = (*roster.staff, entry(house.staff["fred"], {"lawyer"}))
    house.enforce(replace(roster, version=roster.version + 1, previous=roster.digest, staff=staff))


def renew(house: House) -> int:
    return succession.renew(house.database, house.strongbox, house.staffing(), house.anchor, house.now.date())


def take_away(house: House) -> int:
    with house.database.write() as session:
        return succession.take_away(session, house.strongbox, house.staffing())


def held(house: House, case: bytes, compartment: str = keys.CONTENT) -> dict[int, set[tuple[str, int]]]:
    """Return who has a grant of each generation."""
    found: dict[int, set[tuple[str, int]]] = {}
    with house.database.read() as session:
        wanted = select(Grant).where(Grant.owner == case, Grant.compartment == compartment)
        for row in session.scalars(wanted):
            found.setdefault(row.generation, set()).add((row.staff, row.number))
    return found


def accept(house: House, case: bytes, second: str | None = "bob") -> None:
    with house.database.write() as session:
        row = session.get_one(Case, case)
        row.status, row.assignee, row.second = "open", "alice", second


def newest_of(house: House, case: bytes) -> keys.PublicKey | None:
    with house.database.read() as session:
        book, hands = house.strongbox.parties, house.staffing().hands
        found = newest.read(session, case, hands, house.roster, book)
        floor = book.floor(case, keys.CONTENT)
        one = keys.current(session, case, keys.CONTENT, hands, house.roster, floor)
    assert found[keys.CONTENT].key == one
    return one


def test_what_is_told_after_an_arrest_does_not_open_with_what_was_taken(house: House) -> None:
    case, _ = file_case(house, "legal", "alice")
    accept(house, case)
    suspend(house, "alice")
    assert newest_of(house, case) is None, "until the hub made a key, nobody seals to the old one"
    assert renew(house) == 2
    assert renew(house) == 0
    key = newest_of(house, case)
    assert key is not None and key.generation == 1
    assert held(house, case)[1] == {("bob", 1), ("recovery", 0)}
    assert held(house, case, keys.IDENTITY)[1] == {("bob", 1), ("recovery", 0)}
    ref = GrantRef(case, keys.CONTENT, 1)
    bobs = ask(house, "bob", [ref], asking.READ)
    assert bobs is not None and ref in bobs.grants
    with house.database.read() as session:
        assert list(session.scalars(select(JournalRow.act).where(JournalRow.case == case))) == ["renew"] * 2
        journal.verify_chain(session, house.anchor)


def test_a_case_both_of_whose_people_are_gone_is_the_duty_lists(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    accept(house, case, second=None)
    add_fred(house)
    suspend(house, "alice")
    assert renew(house) == 2
    assert held(house, case)[1] == {("bob", 1), ("fred", 1), ("recovery", 0)}
    with house.database.write() as session:
        acting = Acting(house.actor("olga"), house.staffing(), house.now)
        version = session.get_one(Case, case).version
        assigning.assign(session, case, version, "bob", None, acting)
        assert session.get_one(Case, case).assignee == "bob"


def test_a_coordinator_gives_a_case_with_its_lawyer_there_to_nobody_else(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    accept(house, case, second=None)
    with house.database.write() as session, pytest.raises(NotAllowedError):
        assigning.assign(
            session, case, 1, "bob", None, Acting(house.actor("olga"), house.staffing(), house.now)
        )


def test_the_card_of_a_tip_goes_to_the_custodians_who_are_left(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "editors", "carol")
    suspend(house, "erin")
    assert renew(house) == 1
    assert held(house, case, keys.IDENTITY)[1] == {("olga", 1), ("recovery", 0)}
    assert set(held(house, case)) == {0}, "what is told of it was never hers"


def take_out(house: House, case: bytes, staff: str) -> None:
    """Mallory takes out every row that says what *staff* holds; she keeps a copy."""
    with house.database.write() as session:
        session.execute(delete(Grant).where(Grant.owner == case, Grant.staff == staff))


def test_a_grant_taken_out_of_the_database_seals_nothing_to_who_is_gone(house: House) -> None:
    """The row that said what Alice holds is gone; the hub goes by what she could hold."""
    case, _ = file_case(house, "legal", None)
    tip, _ = file_case(house, "editors", None)
    take_out(house, case, "alice")
    suspend(house, "alice")
    assert newest_of(house, case) is not None, "so the rows say"
    assert renew(house) == 2
    for compartment in (keys.CONTENT, keys.IDENTITY):
        assert held(house, case, compartment)[1] == {("bob", 1), ("recovery", 0)}
        assert set(held(house, tip, compartment)) == {0}, "a lawyer never held a tip"
    state = house.strongbox.families["epoch"].path.parent
    house.strongbox = Strongbox.load(state, state.parent / "runtime", house.now)
    assert renew(house) == 0, "remembered, also after a restart"


def test_what_a_desk_made_for_others_is_left_and_whoever_was_ever_on_it_counts(sqlite_house: House) -> None:
    """Bob was on one case and never on the other; both keys are of a desk's making."""
    house = sqlite_house
    add_fred(house)
    his, others = (file_case(house, "legal", None)[0] for _ in range(2))
    for case, second in ((his, "bob"), (others, "fred")):
        house.put_on(case, "alice", second)
        made = keys.make(case, keys.CONTENT, 1)
        holders = [house.staffing().holder(one) for one in ("alice", second)]
        grants = [NewGrant.make(made, one) for one in holders if one is not None]
        assert hand_in(house, "alice", new_keys=[keys.public(made)], grants=grants) == "done"
        take_out(house, case, "bob")
    suspend(house, "bob")
    assert renew(house) == 3, "his, and what the duty list holds of the cards"
    assert set(held(house, his)) == {0, 1, 2}
    assert set(held(house, others)) == {0, 1}


def test_whoever_was_back_is_looked_at_anew(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", None)
    suspend(house, "alice")
    assert renew(house) == 2
    with house.database.write() as session:
        session.get_one(StaffState, "alice").suspended_until = None
    assert renew(house) == 0
    take_out(house, case, "alice")
    suspend(house, "alice")
    assert renew(house) == 2


def test_what_nobody_living_could_be_granted_waits_for_somebody(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", None)
    for name in ("alice", "bob"):
        take_out(house, case, name)
        suspend(house, name)
    assert renew(house) == 0
    with house.database.write() as session:
        session.get_one(StaffState, "bob").suspended_until = None
    assert renew(house) == 2
    assert held(house, case)[1] == {("bob", 1), ("recovery", 0)}


def test_a_row_mallory_wrote_makes_no_new_key(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "editors", "carol")
    suspend(house, "alice")
    with house.database.write() as session:
        session.add(
            Grant(owner=case, compartment=keys.CONTENT, generation=0, staff="alice", number=1, epoch=1,
                  locked=b"\0" * 60)
        )  # fmt: skip
    assert renew(house) == 0


def test_whoever_has_a_new_keyring_is_sealed_to_with_that_one(sqlite_house: House) -> None:
    """A grant of the old keyring opens nothing any more, so it makes nobody a holder."""
    house = sqlite_house
    case, _ = file_case(house, "editors", "carol")
    suspend(house, "dan")
    renew(house)
    renew_keyring(house, "carol")
    assert newest_of(house, case) is None
    assert renew(house) == 1
    assert held(house, case)[2] == {("carol", 2), ("recovery", 0)}


def test_a_lost_key_is_taken_away_where_enough_hold_the_same(house: House) -> None:
    case, made = file_case(house, "legal", "alice")
    alone, _ = file_case(house, "editors", "carol")
    suspend(house, "alice")
    assert take_away(house) == 0, "for a day nothing is taken away"
    suspend(house, "alice", lasting=True)
    suspend(house, "dan", lasting=True)
    suspend(house, "carol", lasting=True)
    assert take_away(house) == 2
    assert held(house, case) == {0: {("bob", 1), ("recovery", 0)}}
    assert held(house, alone)[0] == {("carol", 1), ("dan", 1), ("recovery", 0)}, "the last ones stay"
    ref = GrantRef(case, keys.CONTENT, 0)
    bobs = ask(house, "bob", [ref], asking.READ)
    assert bobs is not None
    assert open_seed(house, "bob", ref, bobs, made[keys.CONTENT]) == made[keys.CONTENT].identity.seed


def test_an_old_grant_stays_until_the_new_keyring_has_its_own(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    renew_keyring(house, "alice")
    assert take_away(house) == 0
    assert ("alice", 1) in held(house, case)[0]


def test_who_is_left_alone_with_a_case_gets_a_new_second(sqlite_house: House) -> None:
    house = sqlite_house
    add_fred(house)
    cases = [file_case(house, "legal", "alice")[0] for _ in range(2)]
    for case in cases:
        accept(house, case)
    with house.database.write() as session:
        row = session.get_one(Case, cases[1])
        row.assignee, row.second = "bob", "alice"
    suspend(house, "alice")
    with house.database.write() as session:
        assert (
            escalation.free_suspended(session, house.staffing(), house.book(), house.actor("olga"), house.now)
            == 2
        )
        assert (
            escalation.free_suspended(session, house.staffing(), house.book(), house.actor("olga"), house.now)
            == 0
        )
        people = {(row.assignee, row.second) for row in session.scalars(select(Case))}
    assert people == {("bob", "fred")}
