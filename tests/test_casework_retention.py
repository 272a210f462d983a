"""How long a case is kept, who hears before it goes, and that a reminder gives no deadline away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import retention
from casework.retention import Periods
from casework.tables import Case
from tests.cases import put
from tests.house import House

TODAY = date(2026, 3, 10)


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.binary(min_size=1, max_size=1))
def test_a_reminder_is_never_late_and_never_much_too_early(day: date, lot: bytes) -> None:
    moved = retention.jittered(day, lambda _size: lot)
    assert day - timedelta(days=retention.JITTER) <= moved <= day


def test_every_day_of_the_jitter_is_drawn_equally_often() -> None:
    drawn = [retention.jittered(TODAY, lambda _size, lot=lot: bytes([lot])) for lot in range(256)]  # type: ignore[misc]
    assert {drawn.count(day) for day in set(drawn)} == {64}


@pytest.mark.parametrize("team", ["legal", "editors"])
@pytest.mark.parametrize("status", ["closed", "declined", "spam", "merged"])
def test_an_ended_case_has_a_day_it_goes_and_somebody_hears_before(team: str, status: str) -> None:
    case = Case(team=team, status=status)
    retention.end(case, TODAY, Periods(), bytes)
    assert case.erase_on is not None
    assert case.remind_on is not None
    assert TODAY <= case.remind_on <= case.erase_on - retention.NOTICE
    retention.resume(case)
    assert (case.erase_on, case.remind_on) == (None, None)


def test_a_period_shorter_than_the_notice_reminds_today() -> None:
    case = Case(team="legal", status="spam")
    retention.end(case, TODAY, Periods(spam=3), bytes)
    assert (case.remind_on, case.erase_on) == (TODAY, TODAY + timedelta(days=3))


def test_only_ended_cases_whose_day_has_come_are_due(house: House) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    with house.database.write() as session:
        late = put(session, house, status="closed", erase_on=yesterday)
        today = put(session, house, status="declined", erase_on=TODAY)
        put(session, house, status="closed", erase_on=tomorrow)
        put(session, house, status="open", erase_on=yesterday)
        put(session, house, status="closed")
        assert retention.due_erasures(session, TODAY) == [late, today]


def test_reminders_come_the_earliest_first(house: House) -> None:
    with house.database.write() as session:
        second = put(session, house, status="open", remind_on=TODAY)
        first = put(session, house, status="open", remind_on=TODAY - timedelta(days=3))
        put(session, house, status="open", remind_on=TODAY + timedelta(days=1))
        assert [case.id for case in retention.due_reminders(session, TODAY)] == [first, second]
