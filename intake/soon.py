"""
When something is to happen, as far as words say it: "tomorrow", "by Thursday", "on the 16th", "in 3 days".

Pure: the words and the day they were said, nothing else. What lies behind is no answer, and what is more than
a few weeks ahead is none either. The words stand in ``intake/topics/soon.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from intake import topics

# A day of the month without its month is within a month; what is farther off was meant as over.
FARTHEST = 25
# In December somebody speaks of January.
TURN = 300

_NUMBERED = re.compile(r"(\d{1,2})(-?(?:го|е|му|th|st|nd|rd))?")
_DAYS_OF_MONTH = range(1, 32)


@cache
def any_of(words: str) -> re.Pattern[str]:
    """Write "феврал*|лютого" as a pattern of one word."""
    return re.compile("|".join(re.escape(one).replace(r"\*", r"\w*") for one in words.split("|")))


def ahead(words: Sequence[str], today: date) -> Iterator[tuple[int, int]]:
    """Yield the place of every time that is to come, and in how many days it is."""
    for place in range(len(words)):
        days = _days(words, place, today)
        if days is not None and 0 <= days <= FARTHEST:
            yield place, days


def _days(words: Sequence[str], place: int, today: date) -> int | None:
    word, before = words[place], words[place - 1] if place else ""
    named = _data()
    if named["later"].fullmatch(word) or (before == "after" and named["tomorrow"].fullmatch(word)):
        return 2
    if named["tomorrow"].fullmatch(word):
        return 1
    if named["today"].fullmatch(word):
        return 0
    weekday = _place(named["weekdays"], word)
    if weekday is not None and before in named["before"]:
        return (weekday - today.weekday()) % 7
    if named["week"].fullmatch(word) and before in named["before_week"]:
        return 7
    dated = _dated(words, place, today)
    return _counted(words, place) if dated is None else dated


def _dated(words: Sequence[str], place: int, today: date) -> int | None:
    """Return the days to "16 марта", "March 16", "16.03", "до 17го"."""
    written = _NUMBERED.fullmatch(words[place])
    if written is None or int(written[1]) not in _DAYS_OF_MONTH:
        return None
    before, behind = words[place - 1] if place else "", (*words[place + 1 : place + 2], "")[0]
    named = _data()
    for beside in (behind, before):
        month = _place(named["months"], beside)
        if month is not None:
            return _until(today, int(written[1]), month + 1)
    if re.fullmatch(r"0\d|1[0-2]", behind) and before in named["before"]:
        return _until(today, int(written[1]), int(behind))
    is_meant = before in named["before"] and (written[2] is not None or behind in ("число", "числа"))
    return _next(today, int(written[1])) if is_meant else None


def _until(today: date, day: int, month: int) -> int | None:
    try:
        then = date(today.year, month, day)
        if (today - then).days > TURN:
            then = then.replace(year=today.year + 1)
    except ValueError:
        return None
    return (then - today).days


def _next(today: date, day: int) -> int | None:
    return next((days for days in range(FARTHEST) if (today + timedelta(days)).day == day), None)


def _counted(words: Sequence[str], place: int) -> int | None:
    """Return the days to "через три дня", "осталась неделя", "in 5 days"; "три дня назад" is over."""
    named = _data()
    unit = next((days for days, unit in named["units"].items() if unit.fullmatch(words[place])), None)
    if unit is None:
        return None
    at, count = place - 1, 1
    number = None if at < 0 else _number(words[at])
    if number is not None:
        at, count = at - 1, number
    before, behind = words[max(0, at - 1) : at + 1], words[place + 1 : place + 2]
    if count == 1 and behind and _number(behind[0]) is not None:  # "недели две"
        count, behind = _number(behind[0]) or 1, words[place + 2 : place + 6]
    is_to_come = named["ahead"].intersection(before) or named["behind"].intersection(behind)
    return None if named["over"].intersection(behind) or not is_to_come else count * unit


def _number(word: str) -> int | None:
    if word.isdecimal():
        return int(word[:3])
    return next((number for number, said in _data()["numbers"].items() if said.fullmatch(word)), None)


def _place(patterns: Sequence[re.Pattern[str]], word: str) -> int | None:
    return next((at for at, one in enumerate(patterns) if one.fullmatch(word)), None)


@cache
def _data() -> dict[str, Any]:
    with (topics.FOLDER / "soon.toml").open("rb") as source:
        data = tomllib.load(source)
    read: dict[str, Any] = {name: any_of(data[name]) for name in ("today", "tomorrow", "later", "week")}
    read |= {
        name: frozenset(data[name].split()) for name in ("before", "before_week", "ahead", "behind", "over")
    }
    read |= {name: tuple(any_of(one) for one in data[name]) for name in ("weekdays", "months")}
    read |= {name: {int(at): any_of(one) for at, one in data[name].items()} for name in ("units", "numbers")}
    return read
