"""Until when somebody answers; and a clock that ran out is heard once per step."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework import clocks, escalation, notices, queues
from casework.clocks import GRAIN, MOSCOW, Hours, Times
from casework.permits import Settings
from casework.tables import Clock, Notice, StaffState
from tests import cases
from tests.house import House

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TIMES = Times()


@given(INSTANTS, st.sampled_from(["now", "days"]))
def test_a_clock_is_rounded_up_to_a_quarter_hour_and_never_short(now: datetime, urgency: str) -> None:
    exact = now + {"now": timedelta(hours=1), "days": timedelta(hours=12)}[urgency]
    due = clocks.due(urgency, now, TIMES)
    assert exact <= due < exact + GRAIN
    assert (due.minute % 15, due.second, due.microsecond) == (0, 0, 0)


@given(INSTANTS)
def test_three_working_days_hold_three_working_days(now: datetime) -> None:
    due = clocks.due("normal", now, TIMES)
    days = [now.astimezone(MOSCOW).date() + timedelta(days=n) for n in range(1, 8)]
    last = [day for day in days if clocks.is_weekday(day)][2]
    whole = datetime.combine(last, now.astimezone(MOSCOW).time(), MOSCOW)
    assert whole <= due < whole + GRAIN


def test_a_house_that_keeps_a_holiday_waits_a_day_longer() -> None:
    monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    holiday = Times(working_day=lambda day: clocks.is_weekday(day) and day != date(2026, 3, 10))
    assert clocks.due("normal", monday, holiday) - clocks.due("normal", monday, TIMES) == timedelta(days=1)


def test_with_somebody_on_duty_the_honest_hour_is_the_clock() -> None:
    sunday_night = datetime(2026, 3, 8, 22, 20, tzinfo=UTC)
    assert clocks.honest_hour(sunday_night, "now", 1, TIMES, Hours()) == datetime(2026, 3, 9, tzinfo=UTC)


def test_with_nobody_on_duty_waiting_begins_when_the_house_opens() -> None:
    friday_night = datetime(2026, 3, 6, 20, tzinfo=UTC)
    expected = datetime.combine(date(2026, 3, 9), time(10), MOSCOW)
    assert clocks.honest_hour(friday_night, "now", 0, TIMES, Hours()) == expected


@given(INSTANTS)
def test_a_house_opens_on_a_working_day_within_its_hours(now: datetime) -> None:
    opening = clocks.next_opening(now, Hours()).astimezone(MOSCOW)
    assert opening >= now
    assert clocks.is_weekday(opening.date())
    assert time(9) <= opening.time() < time(21)


def climb(house: House, **later: int) -> int:
    """Let the tick run so much later."""
    now = house.now + timedelta(**later)
    with house.database.write() as session:
        return escalation.escalate(session, house.staffing(), now, Settings())


def told(house: House) -> dict[str, str]:
    """Return who has which notice waiting, and forget them."""
    with house.database.write() as session:
        rows = session.scalars(select(Notice)).all()
        for row in rows:
            session.delete(row)
        return {row.staff: row.kind for row in rows}


def test_an_unaccepted_case_climbs_stand_in_duty_coordinator_and_stays_there(house: House) -> None:
    with house.database.write() as session:
        cases.put(session, house, urgency="now", assignee="alice")
        session.get_one(StaffState, "alice").stand_in = "bob"
    assert climb(house, minutes=59) == 0
    assert climb(house, hours=2) == 1
    assert told(house) == {"bob": "duty"}
    assert climb(house, hours=2, minutes=1) == 0
    assert climb(house, hours=4) == 1
    assert told(house) == {"alice": "duty", "bob": "duty"}
    for hour in (6, 8, 200):
        assert climb(house, hours=hour) == 1
        assert told(house) == {"olga": "duty"}


def test_a_hub_that_slept_for_a_week_fires_each_step_once(house: House) -> None:
    with house.database.write() as session:
        cases.put(session, house, urgency="now")
    assert [climb(house, days=7), climb(house, days=7)] == [1, 0]


def mark(house: House, case: bytes) -> str:
    with house.database.read() as session:
        return max(session.scalars(select(Clock.missed).where(Clock.case == case)), default="")


def test_a_step_told_late_is_marked_late_until_the_clock_is_met(house: House) -> None:
    with house.database.write() as session:
        late = cases.put(session, house, urgency="now")
        kept = cases.put(session, house, status="accepted")
        clocks.restart(session, kept, clocks.REPLY, house.now + timedelta(hours=8))
    assert mark(house, late) == ""
    climb(house, hours=8)
    assert (mark(house, late), mark(house, kept)) == (clocks.TOLD_LATE, clocks.TOLD)
    climb(house, hours=9)
    assert mark(house, late) == clocks.TOLD_LATE, "later steps in time unsay nothing"
    with house.database.read() as session:
        seen = queues.overview(session, house.staffing(), house.now + timedelta(hours=9))
        (line,) = [one for one in seen.unaccepted if one.case.id == late]
    assert (seen.overdue, seen.told_late, line.missed) == (2, 1, clocks.TOLD_LATE)
    with house.database.write() as session:
        clocks.stop(session, late)
    assert mark(house, late) == ""


def test_an_accepted_case_left_silent_is_named_to_both_who_hold_it(house: House) -> None:
    with house.database.write() as session:
        case = cases.put(session, house, status="accepted")
        clocks.restart(session, case, clocks.REPLY, house.now)
    assert climb(house, minutes=1) == 1
    assert told(house) == {"alice": "reply", "bob": "reply"}


def test_a_clock_that_runs_already_is_never_put_off(house: House) -> None:
    with house.database.write() as session:
        case = cases.put(session, house, status="accepted")
        clocks.restart(session, case, clocks.REPLY, house.now)
        clocks.restart(session, case, clocks.REPLY, house.now + timedelta(hours=9))
        assert session.get_one(Clock, (case, clocks.REPLY)).due == house.now


def test_cases_of_somebody_arrested_go_to_the_second_and_proposals_to_the_others(house: House) -> None:
    hub = house.actor("olga")
    with house.database.write() as session:
        accepted = cases.put(session, house, status="open")
        proposed = cases.put(session, house, assignee="alice")
        session.get_one(StaffState, "alice").suspended_until = house.now + timedelta(hours=24)
    staffing = house.staffing()
    with house.database.write() as session:
        assert escalation.free_suspended(session, staffing, house.book(), hub, house.now) == 2
    with house.database.write() as session:
        assert escalation.free_suspended(session, staffing, house.book(), hub, house.now) == 0
        assert session.get_one(cases.Case, accepted).assignee == "bob"
        assert session.get_one(cases.Case, proposed).assignee is None
    assert told(house) == {"bob": "duty", "olga": "duty"}


def test_a_case_with_nobody_left_is_named_to_the_coordinator_every_day(house: House) -> None:
    with house.database.write() as session:
        cases.put(session, house, status="open", assignee="alice", second=None)
        session.get_one(StaffState, "alice").suspended_until = house.now + timedelta(days=9)
    for day in (0, 2):
        with house.database.write() as session:
            escalation.free_suspended(
                session, house.staffing(), house.book(), house.actor("olga"), house.now + timedelta(days=day)
            )
        climb(house, days=day)
        assert told(house) == {"olga": notices.DUTY}
        assert climb(house, days=day) == 0
