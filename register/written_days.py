"""
Days as a hand-made list writes them, in English, Russian and Ukrainian.

* ``Apr 7``, ``7 April``, ``7 апреля``, ``7 квітня``; with a year: ``Apr 7, 2022``, ``7 апр. 2022 г.``
* ``07.04.2022`` and ``07.04``, the day first; ``2022-04-07``
* ``April 2022``: a month alone, which gives no date
* ``1 March 2024 / 3 March``: a day without a year has that of its neighbour
* ``Dec 31 / Jan 2``: nobody can tell which year ended, so neither has a date
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from rapidfuzz import fuzz, process

# Word processors write a fixed space between month and day; hands write two.
BLANK = r"[ \u00a0\u202f]"
BLANKS = rf"{BLANK}++"  # gives none back, or a hostile line would take years
_WORDS = """
jan january янв январь января січ січень січня
feb february фев февр февраль февраля лют лютий лютого
mar march мар март марта бер берез березень березня
apr april апр апрель апреля квіт квітень квітня
may май мая трав травень травня
jun june июн июнь июня черв червень червня
jul july июл июль июля лип липень липня
aug august авг август августа серп серпень серпня
sep sept september сен сент сентябрь сентября вер верес вересень вересня
oct october окт октябрь октября жовт жовтень жовтня
nov november ноя нояб ноябрь ноября лист листоп листопад листопада
dec december дек декабрь декабря груд грудень грудня
"""
_MONTHS = {word: n for n, line in enumerate(_WORDS.split("\n")) for word in line.split()}
_LONG = [word for word in _MONTHS if len(word) > 4]
# A misspelt month keeps most of its letters.
_SAME_MONTH = 75.0
# Reports are not always told in their order; a step back as long as this went over New Year.
_OVER_NEW_YEAR = timedelta(days=183)

_MONTH = r"[^\W\d_]{3,9}\.?"
_IN_FULL = rf"(?:19|20)\d\d(?!\d)(?:{BLANK}?(?:года|року|г|р)\b\.?)?"
_WORDED = (
    rf"(?:{_MONTH}{BLANKS}\d{{1,3}}(?!\w)|\d{{1,2}}{BLANKS}{_MONTH}(?=[,/:;)]|{BLANK}|$))"
    rf"(?:(?:,{BLANK}*|{BLANKS}){_IN_FULL})?"
)
# Without a year only with both noughts and a month that exists: "7.62" is a calibre, "19.30" an hour.
_FIGURES = (
    rf"\d{{1,2}}\.\d{{1,2}}\.(?:{_IN_FULL}|\d\d(?![\d.]))"
    r"|\d\d\.(?:0[1-9]|1[0-2])(?![\d.])|(?:19|20)\d\d-\d\d-\d\d(?![\d-])"
)
# One day in any of these forms, as a part of a longer pattern.
DAY = rf"(?:{_WORDED}|{_FIGURES}|{_MONTH}{BLANKS}{_IN_FULL})"

_MONTH_BEHIND = re.compile(
    rf"[,;]{BLANK}*(?:\d{{1,2}}(?:st|nd|rd|th)?(?:-|{BLANKS}))?"
    r"(?:(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*|May)\b"
)
_BEHIND = re.compile(rf"[,;]{BLANK}*(?P<day>{_WORDED}|{_FIGURES})")
_YEAR = rf"(?:(?:,{BLANK}*|{BLANKS})(?P<year>\d{{4}})\D*)?"
_READ = [
    re.compile(pattern)
    for pattern in (
        rf"(?P<month>[^\W\d_]{{3,9}})\.?{BLANKS}(?P<day>\d{{1,3}}){_YEAR}",
        rf"(?P<day>\d{{1,2}}){BLANKS}(?P<month>[^\W\d_]{{3,9}})\.?{_YEAR}",
        r"(?P<day>\d{1,2})\.(?P<number>\d{1,2})(?:\.(?P<year>\d{4}|\d\d)\D*)?",
        r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)",
        rf"(?P<month>[^\W\d_]{{3,9}})\.?{BLANKS}(?P<year>\d{{4}})\D*",
    )
]


class NoSuchDayError(ValueError):
    """What is written like a day is none."""


def is_day(text: str) -> bool:
    """Tell whether *text*, which has the form of a day, names a month there is."""
    found = _parts(text)
    return found.get("number") is not None or found.get("month", "") in _MONTHS


def stands_in(text: str) -> bool:
    """Tell whether a day or a month stands behind a comma in *text*."""
    return any(is_day(match["day"]) for match in _BEHIND.finditer(text)) or bool(_MONTH_BEHIND.search(text))


def is_misspelt(text: str) -> bool:
    """Tell whether *text*, which has the form of a day, may name a month that somebody misspelt."""
    word = _parts(text).get("month") or ""
    if len(word) == 3:
        # A capital is how English writes a month, and short words of other tongues do not get one.
        return word.isascii() and word.capitalize() in text
    return process.extractOne(word, _LONG, scorer=fuzz.ratio, score_cutoff=_SAME_MONTH) is not None


def is_month(text: str) -> bool:
    """Tell whether *text* is the name of a month and no more."""
    return text.rstrip(".").casefold() in _MONTHS


def read_together(texts: Sequence[str], year: int | None) -> list[date | None]:
    """
    Return the days that one bracket names, in its order; one without a year has that of the last before it.

    Where none before it says its year, the next one does, or else *year*. What would lie half a year and more
    before the day it stands behind has no date, nor has that one. A day with another's year has none where
    half a year and more lies between the two, or where that year has no such day.

    Raises:
        NoSuchDayError: as :func:`read`.
    """
    stated = [_year(text) for text in texts]
    places = range(len(texts))
    lender = [
        next((at for at in (*reversed(places[: place + 1]), *places[place:]) if stated[at]), None)
        for place in places
    ]
    years = [year if at is None else stated[at] for at in lender]
    days: list[date | None] = []
    for place, text in enumerate(texts):
        try:
            days.append(read(text, years[place]))
        except NoSuchDayError:
            read(text, None)  # there is such a day in some year, or this raises
            if lender[place] in (None, place):
                raise
            days.append(None)
    found = list(days)
    for place, (one, after) in enumerate(pairwise(days)):
        if one and after and one - after > _OVER_NEW_YEAR:
            found[place] = one if stated[place] else None
            found[place + 1] = after if stated[place + 1] else None
    # A neighbour that names a month alone counts as its first day.
    near = [_first(text, of) for text, of in zip(texts, years, strict=True)]
    for place, at in enumerate(lender):
        day, other = near[place], None if at is None else near[at]
        if day and other and abs(day - other) > _OVER_NEW_YEAR:
            found[place] = None
    return found


def read(text: str, year: int | None) -> date | None:
    """
    Return the day that *text* names, in *year* where it says none; ``None`` where no year or no day is known.

    Raises:
        NoSuchDayError: there is no such month, or no such day in it.
    """
    found = _parts(text)
    month = int(found["number"]) if found.get("number") else _MONTHS.get(found.get("month") or "")
    if month is None:
        raise NoSuchDayError("a citation names a month that does not exist")
    stated = _year(text) or year
    try:
        # 2024 was a leap year: where no year is known, February 29 may be right.
        day = date(stated or 2024, month, int(found.get("day") or 1))
    except ValueError:
        raise NoSuchDayError("a citation names a day that does not exist") from None
    return day if stated and found.get("day") else None


def _first(text: str, year: int | None) -> date | None:
    """Return the day that *text* names, or the first of the month it names alone; none if there is none."""
    found = _parts(text)
    month = int(found["number"]) if found.get("number") else _MONTHS.get(found.get("month") or "")
    stated = _year(text) or year
    try:
        return date(stated, month, int(found.get("day") or 1)) if stated and month else None
    except ValueError:
        return None


def _year(text: str) -> int | None:
    written = _parts(text).get("year")
    return int(f"20{written}"[-4:]) if written else None


def _parts(text: str) -> dict[str, str]:
    match = next((match for one in _READ if (match := one.fullmatch(text))), None)
    return {name: part.casefold() for name, part in match.groupdict().items() if part} if match else {}
