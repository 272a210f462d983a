"""
Citations as a hand-made list writes them, in parentheses at the end of what they vouch for.

* ``(Mediazona, Apr 7)``
* ``(Baza, May 10, 2023)`` with a year, ``(Baza, 10 May)`` with the day first
* ``(Meduza, Mar 24 / Mar 26)`` and ``(Meduza, Mar 24; Mar 26)``: two reports
* ``(DOXA, May 15: 1, 2, 3)``: three links
* ``(BBC, Apr 1; CIT, Apr 2)``, with a comma as well: two outlets
* ``(BBC, The Insider, Apr 1)``: two outlets of one day. A name that holds a comma is read as two, unless what
  follows begins small or is a firm's "Inc."

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
# Word processors write a fixed space between month and day; hands write two.
_BLANK = r"[ \u00a0\u202f]"
_BLANKS = rf"{_BLANK}++"  # gives none back, or a hostile line would take years
_MONTH = r"[^\W\d_]{3,9}\.?"
_YEAR = rf"(?:,?{_BLANKS}(?:19|20)\d\d)?"
_DAY = rf"(?:{_MONTH}{_BLANKS}\d{{1,3}}(?!\w)|\d{{1,2}}{_BLANKS}{_MONTH}(?=[,/:;)]|{_BLANK}|$)){_YEAR}"
_GROUP = re.compile(
    rf"(?:(?P<outlets>[^,;:()]*(?:,{_BLANKS}(?!{_DAY})[^,;:()]+)*),{_BLANKS})?"
    rf"(?P<days>{_DAY}(?:{_BLANK}*/{_BLANK}*{_DAY})*)"
    rf"(?P<links>:{_BLANK}*\d{{1,2}}(?:,{_BLANK}*\d{{1,2}}(?!\d|{_BLANK}*[^\W\d]))*)?"
)
_BETWEEN = re.compile(rf"{_BLANK}*[;,]{_BLANK}*")
_NAMED = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*"
# "May" needs more: "(on Friday, May 5, he left)" is a sentence.
_BROKEN = re.compile(
    rf"[,;]{_BLANK}*(?:{_NAMED}\.?{_BLANK}*\d|\d{{1,2}}(?:st|nd|rd|th)?{_BLANKS}{_NAMED}|May{_BLANK}\d{{1,2}}:)"
)
# What ends like a citation, whatever stands before it.
_ENDING = re.compile(rf",{_BLANK}(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?{_BLANK}\d{{1,2}}\)")
_ONE_DAY = re.compile(
    rf"(?:(?P<month>[^\W\d_]{{3,9}})\.?{_BLANKS}(?P<day>\d{{1,3}})"
    rf"|(?P<day_first>\d{{1,2}}){_BLANKS}(?P<month_last>[^\W\d_]{{3,9}})\.?)"
    rf"(?:,?{_BLANKS}(?P<year>\d{{4}}))?"
)
# How the name of a further outlet begins: with a capital, a figure, a mark, or as "iStories" does.
_NAME = re.compile(r"\W*(?:[^\W\d_a-zа-яёіїєґ]|\d|[a-z][A-Z])")
_FIRM = re.compile(r"(?:Inc|Ltd|LLC|GmbH|AG|SA|Jr|Sr)\.?")
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
    groups = _groups(inside)
    if not groups:
        if _BROKEN.search(inside):
            raise CitationError("a citation cannot be read to its end")
        return ()
    months = [_month_of(day) for group in groups for day in _days(group["days"])]
    if not any(_month(month) for month in months):
        if any(_is_nearly_a_month(month) for month in months):
            raise CitationError("a citation names a month that does not exist")
        return ()
    found: list[Source] = []
    outlets: list[str] = []
    for group in groups:
        if group["outlets"] is not None:
            outlets = _outlets(group["outlets"])
        found += _of_group(group, outlets, as_written, year)
    return tuple(found)


def _groups(inside: str) -> list[re.Match[str]]:
    """Cut one parenthesis into outlets with their days; nothing where it cannot be cut to its end."""
    found: list[re.Match[str]] = []
    place, end = len(inside) - len(inside.lstrip()), len(inside.rstrip())
    while group := _GROUP.match(inside, place, end):
        found.append(group)
        if group.end() == end:
            return found if found[0]["outlets"] is not None else []
        between = _BETWEEN.match(inside, group.end(), end)
        if between is None:
            return []
        place = between.end()
    return []


def _outlets(text: str) -> list[str]:
    """Name every outlet that reported on one day; a comma may also stand inside a name."""
    found: list[str] = []
    for part in (one.strip() for one in text.split(",")):
        name = part.removeprefix("and ").strip() if found else part
        if found and (not _NAME.match(name) or _FIRM.fullmatch(name)):
            found[-1] += f", {part}"
        else:
            found.append(name)
    if not all(found):
        raise CitationError("a citation names no outlet")
    return found


def _of_group(group: re.Match[str], outlets: list[str], as_written: str, year: int | None) -> list[Source]:
    numbers: list[int | None] = [int(n) for n in re.findall(r"\d+", group["links"] or "")]
    return [
        Source(outlet=outlet, day=_date(day, year), day_as_written=day, as_written=as_written, link_no=number)
        for outlet in outlets
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


def _month_of(day: str) -> str:
    match = _ONE_DAY.fullmatch(day)
    return (match["month"] or match["month_last"]) if match else ""


def _date(text: str, year: int | None) -> date | None:
    match = _ONE_DAY.fullmatch(text)
    month = _month(_month_of(text))
    if match is None or month is None:
        raise CitationError("a citation names a month that does not exist")
    stated = int(match["year"]) if match["year"] else year
    try:
        # 2024 was a leap year: where no year is known, February 29 may be right.
        day = date(stated or 2024, month, int(match["day"] or match["day_first"]))
    except ValueError:
        raise CitationError("a citation names a day that does not exist") from None
    return day if stated else None
