"""Who gets a case: by language, hour, weekday and absence, by the calendar, and never against a conflict."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from casework import (
    assigning,
    cases,
    clocks,
    escalation,
    keys,
    notices,
    permits,
    proposing,
    rosters,
    routing,
    rows,
    workdays,
)
from casework.clocks import Times
from casework.database import Database
from casework.errors import NotAllowedError
from casework.permits import Acting
from casework.routing import Candidate
from casework.tables import Case, Clock, Notice, Recusal, StaffState
from tests import house as houses
from tests.cases import put
from tests.house import House


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> House:
    cast = {"alice": {"lawyer"}, "bob": {"lawyer"}, "cleo": {"lawyer"}, "olga": {"coordinator"}}
    return houses.build(sqlite_database, tmp_path, cast)


def acting(house: House, name: str) -> Acting:
    return Acting(house.actor(name), house.staffing(), house.now, permits.Settings())


def set_state(house: House, staff: str, **values: object) -> None:
    with house.database.write() as session:
        row = session.get_one(StaffState, staff)
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        ("2025-11-01", True), ("2025-11-03", False), ("2025-12-31", False), ("2026-01-09", False),
        ("2026-01-12", True), ("2026-02-23", False), ("2026-03-09", False), ("2026-03-10", True),
        ("2026-05-11", False), ("2026-06-12", False), ("2026-11-04", False), ("2026-12-30", True),
        ("2026-12-31", False), ("2027-01-08", False), ("2027-01-11", True), ("2027-05-10", False),
        ("2027-06-14", False), ("2027-06-15", True),
    ],
)  # fmt: skip
def test_working_days_are_those_of_the_decrees_and_else_of_the_law(day: str, is_worked: bool) -> None:
    assert workdays.is_working_day(date.fromisoformat(day)) is is_worked


@pytest.mark.parametrize(("year", "worked"), [(2025, 247), (2026, 247)])
def test_a_known_year_has_as_many_working_days_as_its_decree_says(year: int, worked: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    assert sum(map(workdays.is_working_day, days)) == worked
    assert workdays.is_known(year)


def test_three_working_days_over_the_new_year_are_three_working_days() -> None:
    times = Times(working_day=workdays.is_working_day)
    asked = datetime(2025, 12, 29, 9, 0, tzinfo=UTC)
    assert clocks.due("normal", asked, times) == datetime(2026, 1, 13, 9, 0, tzinfo=UTC)


def test_who_works_in_the_language_comes_first_and_nobody_waits_for_want_of_one() -> None:
    full = Candidate("alice", 1, 1, speaks=True)
    others = [Candidate("bob", 5, 0, speaks=False), Candidate("cleo", 5, 3, speaks=True)]
    assert routing.route([full, *others], bytes) == routing.Route("cleo", routing.SPOKEN, 3, 5, 1)
    assert routing.route([full, others[0]], bytes).assignee == "bob"


def test_what_is_urgent_goes_to_somebody_whose_day_it_is() -> None:
    people = [Candidate("alice", 5, 0, is_awake=False), Candidate("bob", 5, 4)]
    assert routing.route(people, bytes, is_urgent=True) == routing.Route("bob", routing.AWAKE, 4, 5, 1)
    assert routing.route(people, bytes).assignee == "alice"
    assert routing.route(people[:1], bytes, is_urgent=True).assignee == "alice"


def test_a_day_begins_where_somebody_lives(house: House) -> None:
    set_state(house, "alice", zone="Asia/Vladivostok", rota="3")
    house.now = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)  # Tuesday; 23:30 in Vladivostok
    assert "alice" not in house.staffing().on_duty
    house.now += timedelta(hours=1)
    assert "alice" in house.staffing().on_duty, "it is Wednesday there"
    assert not proposing.is_awake(house.staffing(), "alice", house.now, Times())
    assert proposing.is_awake(house.staffing(), "alice", datetime(2026, 3, 10, 23, 30, tzinfo=UTC), Times())


def test_the_reply_clock_counts_the_working_days_of_who_answers(house: House) -> None:
    set_state(house, "alice", zone="Asia/Kamchatka")
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    house.now = datetime(2026, 3, 5, 13, 0, tzinfo=UTC)  # Thursday in Moscow, Friday in Kamchatka
    with house.database.write() as session:
        cases.accept(session, case, 1, "bob", acting(house, "alice"))
        due = session.get_one(Clock, (case, clocks.REPLY)).due
    assert due.astimezone(ZoneInfo("Asia/Kamchatka")).date() == date(2026, 3, 11)


def test_an_absence_ends_by_itself_and_what_waits_goes_to_the_stand_in(house: House) -> None:
    today = house.now.date()
    set_state(house, "alice", away_from=today, away_until=today + timedelta(days=2), stand_in="bob")
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    with house.database.write() as session:
        other = put(session, house, assignee="cleo")
    staffing = house.staffing()
    assert staffing.away == {"alice"}
    assert "alice" not in staffing.on_duty
    with house.database.write() as session:
        assert escalation.hand_to_stand_ins(session, staffing, house.now) == 1
        assert session.get_one(Case, case).assignee == "bob"
        assert session.get_one(Case, other).assignee == "cleo"
        assert {row.staff for row in session.query(Notice).filter_by(case=case)} >= {"bob"}
        assert escalation.hand_to_stand_ins(session, staffing, house.now) == 0
    house.now += timedelta(days=3)
    assert "alice" in house.staffing().on_duty


def test_silence_on_an_absent_colleagues_case_is_told_to_second_and_stand_in(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    with house.database.write() as session:
        cases.accept(session, case, 1, "bob", acting(house, "alice"))
    today = house.now.date()
    set_state(house, "alice", away_from=today, away_until=today + timedelta(days=30), stand_in="cleo")
    house.now += timedelta(days=9)
    with house.database.write() as session:
        escalation.escalate(session, house.staffing(), house.now, permits.Settings())
        told = {row.staff for row in session.query(Notice).filter_by(case=case, kind="reply")}
    assert told == {"alice", "bob", "cleo"}


def test_silence_where_nobody_of_a_case_is_there_is_told_to_coordinators_not_to_who_cannot_open_it(
    house: House,
) -> None:
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    key, batch = keys.make(case, keys.CONTENT, 0), rows.Rows()
    keys.add_key(batch, key, "hub", hub=house.strongbox.signing)
    theirs = [one for one in map(house.staffing().holder, ("alice", "bob")) if one is not None]
    keys.add_grants(batch, key, theirs, house.strongbox.epoch)
    with house.database.write() as session:
        rows.write(session, [batch])
        cases.accept(session, case, 1, "bob", acting(house, "alice"))
    today = house.now.date()
    for name in ("alice", "bob"):
        set_state(house, name, away_from=today, away_until=today + timedelta(days=30), stand_in="cleo")
    house.now += timedelta(days=9)
    with house.database.write() as session:
        session.get_one(Case, case).remind_on = house.now.date()
        session.flush()
        escalation.escalate(session, house.staffing(), house.now, permits.Settings())
        escalation.remind(session, house.staffing(), house.now)
        for kind in (notices.REPLY, notices.REMIND):
            told = {row.staff for row in session.query(Notice).filter_by(case=case, kind=kind)}
            assert told == {"alice", "bob", "olga"}


def test_a_conflict_once_named_shuts_the_case_for_good(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    with house.database.write() as session:
        after = cases.give_back(session, case, 1, cases.CONFLICT, acting(house, "alice"))
        assert after.assignee in ("bob", "cleo")
        after = cases.give_back(session, case, 2, "full", acting(house, str(after.assignee)))
        version = after.version
        assert after.assignee != "alice"
    for act in (
        lambda session: cases.accept(session, case, version, None, acting(house, "alice")),
        lambda session: cases.accept(session, case, version, "alice", acting(house, "bob")),
        lambda session: assigning.assign(session, case, version, "alice", None, acting(house, "olga")),
    ):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            act(session)
    set_state(house, "bob", stand_in="alice")
    house.now += timedelta(days=9)
    with house.database.write() as session:
        session.get_one(Case, case).assignee = "bob"
        session.query(Notice).delete()
        escalation.escalate(session, house.staffing(), house.now, permits.Settings())
        assert "alice" not in {row.staff for row in session.query(Notice).filter_by(case=case)}
        assert session.query(Recusal).count() == 1


def test_a_zone_nobody_knows_is_the_houses(house: House) -> None:
    set_state(house, "alice", zone="Mars/Olympus")
    assert "alice" in house.staffing().on_duty
    assert house.staffing().zone("alice", rosters.MOSCOW) is rosters.MOSCOW
