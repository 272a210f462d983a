"""What a coordinator tells the public of a month: rounded, signed, nobody else's word."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework import releases
from casework.errors import NotAllowedError
from casework.releases import figures
from casework.tables import Figures
from tests.cases import acts, as_
from tests.house import House


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


def told(house: House) -> tuple[str, int, int] | None:
    with house.database.read() as session:
        row = releases.told_figures(session, house.staffing())
        return None if row is None else (row.month, row.hours, row.waiting)


def test_a_month_is_told_rounded_and_signed(house: House) -> None:
    month = f"{house.now:%Y-%m}"
    assert told(house) is None
    with house.database.write() as session:
        releases.tell_figures(session, month, 31, 17, as_(house, "olga"))
        assert "figures" in acts(session)
    with house.database.read() as session:
        row = session.scalars(select(Figures)).one()
        assert (row.hours, row.waiting) == (30, 15)  # what was counted stands nowhere
    assert told(house) == (month, 30, 15)


def test_the_newest_month_is_told_and_telling_again_replaces(house: House) -> None:
    with house.database.write() as session:
        for month, hours in (("2025-12", 48), ("2025-11", 12), ("2025-12", 54)):
            releases.tell_figures(session, month, hours, 0, as_(house, "olga"))
    assert told(house) == ("2025-12", 54, 0)


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "erin"])
def test_only_a_coordinator_tells(who: str, house: House) -> None:
    with house.database.write() as session, pytest.raises(NotAllowedError):
        releases.tell_figures(session, "2025-12", 6, 0, as_(house, who))


def test_figures_that_mallory_wrote_or_changed_are_not_told(house: House) -> None:
    with house.database.write() as session:
        releases.tell_figures(session, "2025-11", 12, 0, as_(house, "olga"))
        releases.tell_figures(session, "2025-12", 12, 0, as_(house, "olga"))
        session.get_one(Figures, "2025-12").hours = 6
    assert told(house) == ("2025-11", 12, 0)


def test_what_was_told_outlives_the_coordinators_key(house: House) -> None:
    with house.database.write() as session:
        releases.tell_figures(session, "2025-12", 12, 0, as_(house, "olga"))
    house.revoke("olga")
    assert told(house) == ("2025-12", 12, 0)


@pytest.mark.parametrize("month", ["2025-13", "2025", "2999-01", "2025-12\n"])
def test_what_is_no_month_that_was_is_refused(month: str, house: House) -> None:
    with house.database.write() as session, pytest.raises(ValueError, match="no figures"):
        releases.tell_figures(session, month, 6, 0, as_(house, "olga"))


@pytest.mark.parametrize(
    ("waiting", "shown"), [(0, 0), (1, 0), (4, 0), (5, 5), (7, 5), (8, 10), (17, 15), (52, 50), (156, 160)]
)
def test_how_many_wait_is_rounded_so_that_one_person_cannot_be_watched(waiting: int, shown: int) -> None:
    assert figures.rounded_people(waiting) == shown


@pytest.mark.parametrize(("hours", "shown"), [(0, 6), (2, 6), (8, 6), (9, 12), (100, 102)])
def test_hours_come_in_steps_of_six(hours: int, shown: int) -> None:
    assert figures.rounded_hours(hours) == shown
