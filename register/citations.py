"""
Citations as a hand-made list writes them, in brackets at the end of what they vouch for.

* ``(Mediazona, Apr 7)``; how days may be written says :mod:`register.written_days`
* ``(Meduza, Mar 24 / Mar 26)`` and ``(Meduza, Mar 24; Mar 26)``: two reports
* ``(DOXA, May 15: 1, 2, 3)``: three links
* ``(BBC, Apr 1; CIT, Apr 2)``, with a comma as well: two outlets, and with a slash
* ``(BBC, The Insider, Apr 1)``: two outlets of one day; what is one :mod:`register.outlets` says
* ``[Baza, Apr 7]``: square brackets too, where they hold nothing else; they are glosses otherwise

Brackets that hold anything else are text. What looks like a citation and is none is a fault, because a
source lost in silence is worse than a list refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from register import outlets, written_days
from register.entry import Source
from register.written_days import BLANK, BLANKS, DAY, NoSuchDayError

_BRACKETS = re.compile(r"[(（](?P<round>[^()（）\n]*)[)）]|\[(?P<square>[^\[\]()\n]*)\]")
_GROUP = re.compile(
    rf"(?:(?P<outlets>[^,;:()]*(?:,{BLANKS}(?!{DAY})[^,;:()]+)*),{BLANK}*)?"
    rf"(?P<days>{DAY}(?:{BLANK}*/{BLANK}*{DAY})*)"
    rf"(?P<links>:{BLANK}*\d{{1,2}}(?:,{BLANK}*\d{{1,2}}(?!\d|{BLANK}*[^\W\d]|\.\d))*)?"
)
_BETWEEN = re.compile(rf"{BLANK}*[;,/]{BLANK}*")
_NAMED = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*"
# "May" needs more: it is a word as well.
_BROKEN = re.compile(
    rf"[,;]{BLANK}*(?:{_NAMED}\.?{BLANK}*\d|\d{{1,2}}(?:st|nd|rd|th)?{BLANKS}{_NAMED}|May{BLANK}\d{{1,2}}:)"
)
# A day at the end without the comma before it, after something that begins as a name does and not as
# "(since Apr 4)" and "(On Apr 4)" do.
_WITHOUT_COMMA = re.compile(
    rf"(?!(?:On|In|At|By|Of|To|As|From|Since|Until|Till|Before|After|Early|Late|Mid|Between|Born|Died|With|For|No)\b)"
    rf"[\"“‘«]?[A-ZА-ЯЁІЇЄҐ][^,;()]{{0,60}}?{BLANK}(?:{_NAMED}|May)\b[.,]?{BLANK}*\d{{1,2}}(?:,?{BLANKS}\d{{4}})?"
)
_ONLY_A_MONTH = re.compile(rf"[^,;()]+,{BLANK}*(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?")
# Nobody can tell which of the two is the month.
_SLASHED = re.compile(rf"[,;]{BLANK}*\d{{1,2}}/\d{{1,2}}/\d{{2,4}}(?!\d)")
# What ends like a citation, whatever stands before it.
_ENDING = re.compile(rf",{BLANK}(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?{BLANK}\d{{1,2}}\)")


@dataclass(frozen=True, slots=True)
class Citation:
    """One bracket, where it stands in its line, and the sources it names."""

    start: int
    end: int
    as_written: str
    sources: tuple[Source, ...]


class CitationError(ValueError):
    """A bracket that looks like a citation and is none."""


def find(text: str, year: int | None) -> tuple[Citation, ...]:
    """
    Find every citation in *text*; days without a year get *year*, or no date where it is ``None``.

    Raises:
        CitationError: a citation with an impossible day, an unknown month, no outlet, or others inside it.
    """
    found: list[Citation] = []
    ends: set[int] = set()
    for match in _BRACKETS.finditer(text):
        is_square = match["square"] is not None
        inside = match["square"] if is_square else match["round"]
        groups = _groups(inside)
        if groups:
            ends.add(match.end())
        elif not is_square:
            _refuse_what_is_broken(inside)
        sources = _sources(groups, match[0], year, is_square=is_square)
        if sources:
            found.append(Citation(match.start(), match.end(), match[0], sources))
    if any(match.end() not in ends for match in _ENDING.finditer(text)):
        raise CitationError("a citation cannot be read to its end")
    return tuple(found)


def _refuse_what_is_broken(inside: str) -> None:
    """Raise for what somebody meant as a citation and wrote otherwise."""
    inside = inside.strip()
    if _ONLY_A_MONTH.fullmatch(inside):
        raise CitationError("a citation has a month and no day")
    if _SLASHED.search(inside):
        raise CitationError("the day of a citation can be read in two ways: write the month as a word")
    if _WITHOUT_COMMA.fullmatch(inside):
        raise CitationError("a comma is missing between an outlet and its day")
    first = outlets.named(re.split("[,;]", inside, maxsplit=1)[0])[0]
    # "(on Friday, May 5, he left)" is a sentence.
    is_named = outlets.is_name(first) and not outlets.is_none(first)
    if is_named and "," in inside and written_days.is_month(inside.rpartition(",")[2].strip()):
        raise CitationError("a citation has a month and no day")
    if _BROKEN.search(inside) or (is_named and written_days.stands_in(inside)):
        raise CitationError("a citation cannot be read to its end")


def _sources(
    groups: list[re.Match[str]], as_written: str, year: int | None, *, is_square: bool
) -> tuple[Source, ...]:
    days = [day for group in groups for day in _days(group["days"])]
    if not any(map(written_days.is_day, days)):
        if any(map(written_days.is_misspelt, days)):
            raise CitationError("a citation names a month that does not exist")
        return ()
    named = [None if one["outlets"] is None else outlets.named(one["outlets"]) for one in groups]
    every = [name for names in named if names for name in names]
    if every and all(map(outlets.is_none, every)):
        return ()
    if is_square and not all(map(outlets.is_name, every)):
        return ()
    if not all(every):
        raise CitationError("a citation names no outlet")
    try:
        read = iter(written_days.read_together(days, year))
    except NoSuchDayError as error:
        raise CitationError(str(error)) from None
    found: list[Source] = []
    last: list[str] = []
    for group, names in zip(groups, named, strict=True):
        last = last if names is None else names
        dated = [(day, next(read)) for day in _days(group["days"])]
        found += _of_group(group, last, dated, as_written)
    return tuple(found)


def _groups(inside: str) -> list[re.Match[str]]:
    """Cut one bracket into outlets with their days; nothing where it cannot be cut to its end."""
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


def _of_group(
    group: re.Match[str], names: list[str], days: list[tuple[str, date | None]], as_written: str
) -> list[Source]:
    numbers: list[int | None] = [int(n) for n in re.findall(r"\d+", group["links"] or "")]
    return [
        Source(outlet=name, day=day, day_as_written=written, as_written=as_written, link_no=number)
        for name in names
        for written, day in days
        for number in (numbers or [None])
    ]


def _days(text: str) -> list[str]:
    return [day.strip() for day in text.split("/")]
