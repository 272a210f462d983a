"""
Working days of Russia: the holidays of law, and what each year's decree moved.

Dated data (``data/working_days_ru.toml``), renewed once a year with the program. For a year it does not hold,
the law alone is known: a holiday on a weekend moves to the next working day, those of January do not.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources

# Labour Code, article 112: (month, day).
HOLIDAYS = frozenset({*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)})


@dataclass(frozen=True, slots=True)
class Year:
    """What one decree moved: weekdays off beside the holidays, and weekend days that are worked."""

    decree: str
    off: frozenset[date]
    working: frozenset[date]


@functools.cache
def years() -> Mapping[int, Year]:
    """Return every year whose decree is known."""
    text = resources.files("casework").joinpath("data/working_days_ru.toml").read_text(encoding="utf-8")
    return {
        int(year): Year(
            table["decree"],
            frozenset(map(date.fromisoformat, table["off"])),
            frozenset(map(date.fromisoformat, table["working"])),
        )
        for year, table in tomllib.loads(text).items()
    }


def is_known(year: int) -> bool:
    """Tell whether the decree of *year* is among the data."""
    return year in years()


def is_working_day(day: date) -> bool:
    """Tell whether *day* is worked in Russia."""
    known = years().get(day.year)
    if known is not None:
        if day in known.working:
            return True
        return day.weekday() < 5 and not _is_holiday(day) and day not in known.off
    return day.weekday() < 5 and not _is_holiday(day) and not _is_moved_to(day)


def _is_holiday(day: date) -> bool:
    return (day.month, day.day) in HOLIDAYS


def _is_moved_to(day: date) -> bool:
    """Tell whether a holiday of the weekend before is taken on *day*, a Monday, by the law alone."""
    before = (day - timedelta(days=1), day - timedelta(days=2))
    return day.weekday() == 0 and any(_is_holiday(one) and one.month != 1 for one in before)
