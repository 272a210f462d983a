"""
Citations as a hand-made list writes them, in parentheses at the end of what they vouch for.

``(Mediazona, Apr 7)`` · ``(Meduza, Mar 24 / Mar 26)`` two reports · ``(DOXA, May 15: 1, 2, 3)`` three links
· ``(BBC, Apr 1; CIT, Apr 2)`` two outlets · a year may follow: ``(Baza, May 10, 2023)``.

Parentheses that hold anything else are text. What looks like a citation and is none is a fault, because a
source lost in silence is worse than a list refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process

from register.entry import Source

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = {
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "sept",
}
_PARENTHESES = re.compile(r"\(([^()\n]*)\)")
# Word processors write a fixed space between month and day.
_BLANK = r"[ \u00a0\u202f]"
_DAY = rf"[^\W\d_]{{3,9}}\.?{_BLANK}\d{{1,3}}(?:,{_BLANK}(?:19|20)\d\d)?"
_GROUP = re.compile(
    rf"(?P<outlet>[^,;:()]*(?:,{_BLANK}(?!{_DAY})[^,;:()]+)*),{_BLANK}"
    rf"(?P<days>{_DAY}(?:{_BLANK}?/{_BLANK}?{_DAY})*)"
    rf"(?P<links>:{_BLANK}?\d{{1,2}}(?:,{_BLANK}?\d{{1,2}})*)?"
)
# "May" needs more: "(on Friday, May 5, he left)" is a sentence.
_BROKEN = re.compile(
    rf",{_BLANK}(?:(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?{_BLANK}\d|May{_BLANK}\d{{1,2}}:)"
)
# What ends like a citation, whatever stands before it.
_ENDING = re.compile(rf",{_BLANK}(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?{_BLANK}\d{{1,2}}\)")
_ONE_DAY = re.compile(
    rf"(?P<month>[^\W\d_]{{3,9}})\.?{_BLANK}(?P<day>\d{{1,3}})(?:,{_BLANK}(?P<year>\d{{4}}))?"
)
# A misspelt month keeps most of its letters.
_SAME_MONTH = 75.0


@dataclass(frozen=True, slots=True)
class Citation:
    """One parenthesis, where it stands in its line, and the sources it names."""

    start: int
    end: int
    as_written: str
    sources: tuple[Source, ...]


class CitationError(ValueError):
    """A parenthesis that looks like a citation and is none."""


def find(text: str, year: int | None) -> tuple[Citation, ...]:
    """
    Find every citation in *text*; days without a year get *year*, or no date where it is ``None``.

    Raises:
        CitationError: a citation with an impossible day, an unknown month, no outlet, or others inside it.
    """
    found: list[Citation] = []
    for match in _PARENTHESES.finditer(text):
        sources = _sources(match[1], match[0], year)
        if sources:
            found.append(Citation(match.start(), match.end(), match[0], sources))
    ends = {citation.end for citation in found}
    if any(match.end() not in ends for match in _ENDING.finditer(text)):
        raise CitationError("a citation cannot be read to its end")
    return tuple(found)


def _sources(inside: str, as_written: str, year: int | None) -> tuple[Source, ...]:
    groups = [_GROUP.fullmatch(part.strip()) for part in inside.split(";")]
    if not all(groups):
        if _BROKEN.search(inside):
            raise CitationError("a citation cannot be read to its end")
        return ()
    months = [_ONE_DAY.fullmatch(day) for group in groups if group for day in _days(group["days"])]
    if not any(day and _month(day["month"]) for day in months):
        if any(day and _is_nearly_a_month(day["month"]) for day in months):
            raise CitationError("a citation names a month that does not exist")
        return ()
    return tuple(source for group in groups if group for source in _of_group(group, as_written, year))


def _of_group(group: re.Match[str], as_written: str, year: int | None) -> list[Source]:
    outlet = group["outlet"].strip()
    if not outlet:
        raise CitationError("a citation names no outlet")
    numbers: list[int | None] = [int(n) for n in re.findall(r"\d+", group["links"] or "")]
    return [
        Source(outlet=outlet, day=_date(day, year), day_as_written=day, as_written=as_written, link_no=number)
        for day in _days(group["days"])
        for number in (numbers or [None])
    ]


def _days(text: str) -> list[str]:
    return [day.strip() for day in text.split("/")]


def _month(word: str) -> int | None:
    word = word.casefold()
    if len(word) > 3 and word not in _FULL:
        return None
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else None


def _is_nearly_a_month(word: str) -> bool:
    if len(word) == 3:
        return word.istitle()
    return process.extractOne(word.casefold(), _FULL, scorer=fuzz.ratio, score_cutoff=_SAME_MONTH) is not None


def _date(text: str, year: int | None) -> date | None:
    match = _ONE_DAY.fullmatch(text)
    month = _month(match["month"]) if match else None
    if match is None or month is None:
        raise CitationError("a citation names a month that does not exist")
    stated = int(match["year"]) if match["year"] else year
    try:
        # 2024 was a leap year: where no year is known, February 29 may be right.
        day = date(stated or 2024, month, int(match["day"]))
    except ValueError:
        raise CitationError("a citation names a day that does not exist") from None
    return day if stated else None
