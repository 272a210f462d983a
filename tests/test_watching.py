"""The hub remembers who was suspended: whoever took a desk has the database's password too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from casework import actors, asking, escalation, journal, succession, watching
from casework.actors import Actor
from casework.asking import GrantRef
from casework.errors import KeyMissingError
from casework.permits import Acting
from casework.rosters import LASTING
from casework.strongbox import SUSPENDED, Strongbox
from casework.tables import Case, JournalRow, StaffState
from crypto.signature import SigningKey
from desk import people
from tests.house import House
from tests.test_keeper import ask, file_case


def suspend(house: House, by: str, staff: str) -> None:
    with house.database.write() as session:
        people.suspend(session, staff, Acting(house.actor(by), house.staffing(), house.now))


def living(house: House) -> frozenset[str]:
    """Return who is at work as the hub believes it now, and after a restart."""
    state = house.strongbox.families["epoch"].path.parent
    with house.database.read() as session:
        found = watching.watched(session, house.strongbox, house.anchor, house.now)
        again = Strongbox.load(state, state.parent / "runtime", house.now)
        assert watching.watched(session, again, house.anchor, house.now) == found
    return found.living


def unsuspend(house: House, staff: str) -> None:
    """Mallory, with the password of Alice's desk, takes the suspension out."""
    with house.database.write() as session:
        row = session.get_one(StaffState, staff)
        row.suspended_until, row.suspended_by = None, ""


def lift_row(house: House, by: Actor, staff: str) -> None:
    with house.database.write() as session:
        subject = actors.subject_of(staff)
        journal.write(session, "lift-suspension", by=by, day=house.now.date(), subject=subject)


def test_a_suspension_taken_out_of_the_database_holds(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    ref = GrantRef(case, "content", 0)
    suspend(house, "bob", "alice")
    assert "alice" not in living(house)
    unsuspend(house, "alice")
    assert "alice" in house.staffing().living, "so the database says"
    assert "alice" not in living(house)
    assert ask(house, "alice", [ref], asking.READ) is None
    with house.database.write() as session:
        session.execute(delete(JournalRow))
    assert "alice" not in living(house)
    house.now += timedelta(hours=48)
    assert "alice" in living(house), "one person's suspension is over by itself"


def test_one_voice_lasts_no_longer_than_a_day_whatever_the_row_says(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    with house.database.write() as session:
        session.get_one(StaffState, "alice").suspended_until = LASTING
    assert "alice" not in living(house)
    unsuspend(house, "alice")
    house.now += timedelta(days=2)
    assert "alice" in living(house)


def test_two_voices_last_until_a_coordinator_lifts_it(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    suspend(house, "carol", "alice")
    assert "alice" not in living(house)
    unsuspend(house, "alice")
    house.now += timedelta(days=400)
    assert "alice" not in living(house)
    mallory = Actor("olga", 1, SigningKey.generate())
    for by in (house.actor("alice"), house.actor("bob"), mallory):
        lift_row(house, by, "alice")
        assert "alice" not in living(house)
    lift_row(house, house.actor("olga"), "alice")
    assert "alice" in living(house)


def test_the_suspended_suspend_nobody_and_lift_nothing(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "olga")
    suspend(house, "carol", "olga")
    assert "olga" not in living(house)
    with house.database.write() as session:
        subject = actors.subject_of("bob")
        journal.write(session, "suspend", by=house.actor("olga"), day=house.now.date(), subject=subject)
        session.get_one(StaffState, "bob").suspended_until = LASTING
    assert "bob" not in living(house), "while the row stands"
    with house.database.write() as session:
        session.get_one(StaffState, "bob").suspended_until = None
    assert "bob" in living(house), "but it is not remembered"
    suspend(house, "bob", "alice")
    living(house)
    unsuspend(house, "alice")
    lift_row(house, house.actor("olga"), "alice")
    assert "alice" not in living(house)


def test_a_lift_at_the_desk_is_believed(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    assert "alice" not in living(house)
    with house.database.write() as session:
        people.lift(session, "alice", Acting(house.actor("olga"), house.staffing(), house.now))
    assert "alice" in living(house)
    suspend(house, "bob", "alice")
    assert "alice" not in living(house), "and the next suspension too"


def test_a_damaged_memory_is_named_and_never_passed_over(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    living(house)
    state = house.strongbox.families["epoch"].path.parent
    (state / SUSPENDED).write_bytes(b"[]")
    with pytest.raises(KeyMissingError):
        Strongbox.load(state, state.parent / "runtime", house.now)


def test_in_a_house_of_two_the_other_one_goes_on_day_by_day(sqlite_house: House) -> None:
    house = sqlite_house
    for name in ("carol", "dan", "erin", "olga"):
        house.revoke(name)
    suspend(house, "bob", "alice")
    house.now += timedelta(hours=20)
    suspend(house, "bob", "alice")
    with house.database.read() as session:
        assert session.get_one(StaffState, "alice").suspended_until == house.now + timedelta(hours=24)
    assert "alice" not in living(house)
    unsuspend(house, "alice")
    house.now += timedelta(hours=20)
    assert "alice" not in living(house), "also in the hub's memory it is another day"


def test_in_a_house_of_three_one_voice_ends_after_a_day(sqlite_house: House) -> None:
    house = sqlite_house
    for name in ("dan", "erin", "olga"):
        house.revoke(name)
    suspend(house, "bob", "alice")
    first = house.now + timedelta(hours=24)
    house.now += timedelta(hours=20)
    suspend(house, "bob", "alice")
    with house.database.read() as session:
        assert session.get_one(StaffState, "alice").suspended_until == first


def test_a_suspension_undone_before_the_hub_looked_holds(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    unsuspend(house, "alice")
    assert "alice" not in living(house)
    suspend(house, "carol", "alice")
    unsuspend(house, "alice")
    assert "alice" not in living(house)
    house.now += timedelta(days=400)
    assert "alice" not in living(house), "two voices last"


def test_a_row_of_another_day_neither_counts_nor_stops_the_hub(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        for day in (date(9000, 1, 1), date(9999, 12, 31)):
            subject = actors.subject_of("alice")
            journal.write(session, "suspend", by=house.actor("bob"), day=day, subject=subject)
    assert "alice" in living(house)
    suspend(house, "carol", "dan")
    unsuspend(house, "dan")
    assert "dan" not in living(house)
    assert "alice" in living(house)


def test_many_rows_nobody_signed_hide_none_that_somebody_did(sqlite_house: House) -> None:
    house = sqlite_house
    suspend(house, "bob", "alice")
    unsuspend(house, "alice")
    mallory = Actor("olga", 1, SigningKey.generate())
    for _ in range(25):
        lift_row(house, mallory, "alice")
    assert "alice" not in living(house)


def test_a_suspension_nobody_signed_moves_no_key_and_no_case(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    with house.database.write() as session:
        row = session.get_one(Case, case)
        row.status, row.assignee, row.second = "open", "alice", "bob"
        for name in ("alice", "bob"):
            session.get_one(StaffState, name).suspended_until = LASTING
    with house.database.read() as session:
        staffing = watching.watched(session, house.strongbox, house.anchor, house.now)
    assert not {"alice", "bob"} & staffing.living, "answers and new cases stop"
    assert not staffing.hands.gone
    assert not staffing.hands.lost
    assert succession.renew(house.database, house.strongbox, staffing, house.anchor, house.now.date()) == 0
    with house.database.write() as session:
        assert succession.take_away(session, house.strongbox, staffing) == 0
        assert escalation.free_suspended(session, staffing, house.book(), house.actor("olga"), house.now) == 0
    suspend(house, "carol", "alice")
    with house.database.read() as session:
        staffing = watching.watched(session, house.strongbox, house.anchor, house.now)
    assert staffing.hands.gone == {("alice", 1)}
    assert succession.renew(house.database, house.strongbox, staffing, house.anchor, house.now.date()) == 2
