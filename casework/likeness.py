"""
What two cases have in common: the same phone, the same unit, the same person, the same words.

Pure and in memory. Nothing of it is written anywhere: a desk computes it from what its reader has opened and
forgets it with the session.

* A *trace* is something in a text that tells people or events apart. Names are compared by their letters
  without endings, so that Кошкиной and Кошкина are one; two of a name's words must agree.
* One phone or one full name in common means the same person. A unit and a day in common, or texts that share
  most of their rare words, mean the same event. Anything less means nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

PERSON = "person"
EVENT = "event"

PHONE, NAME, UNIT, DAY, PLACE, WORDS = "phone", "name", "unit", "day", "place", "words"

# Two texts are alike from this share of their rare words on.
ALIKE = 0.5
# Fewer rare words than these say nothing, however many of them agree.
FEW = 8

_PHONE = re.compile(r"(?<![\w+])(?:\+?\d[\s().–-]{0,2}){10,12}(?!\w)")
_UNIT = re.compile(r"(?:в/ч|в\.\s?ч\.|войсков\w+ част\w+|част\w+)\s*(?:№\s*)?(\d{4,5})(?!\d)", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(\d{1,2})\.(\d{1,2})\.(20\d\d|\d\d)(?!\d)")
_NAME = re.compile(r"(?<![\w-])[А-ЯЁA-Z][а-яёa-z]{2,}(?:[ -][А-ЯЁA-Z][а-яёa-z]{2,}){1,2}(?![\w-])")
_ENDING = re.compile(r"(?:ого|ому|ему|ыми|ими|ого|ая|ую|ой|ей|ою|ею|ом|ем|ым|им|ых|их|[аяуюыиеойь])$")
_DIGITS = re.compile(r"\D")


@dataclass(frozen=True)
class Traces:
    """What of a case tells people and events apart. Lives in memory only."""

    phones: frozenset[str] = field(default=frozenset(), repr=False)
    names: frozenset[frozenset[str]] = field(default=frozenset(), repr=False)
    units: frozenset[str] = field(default=frozenset(), repr=False)
    days: frozenset[str] = field(default=frozenset(), repr=False)
    places: frozenset[str] = field(default=frozenset(), repr=False)

    def __or__(self, other: Traces) -> Traces:
        return Traces(
            self.phones | other.phones,
            self.names | other.names,
            self.units | other.units,
            self.days | other.days,
            self.places | other.places,
        )


@dataclass(frozen=True)
class Likeness:
    """Why two cases may be about the same: a person or an event, and what says so."""

    what: str
    because: tuple[str, ...]


def phone_of(text: str) -> str:
    """Return the ten digits by which a number is known in its country; empty for what is no phone."""
    digits = _DIGITS.sub("", text)
    return digits[-10:] if 10 <= len(digits) <= 12 else ""


def traces(text: str, places: Iterable[str] = ()) -> Traces:
    """Find what tells people and events apart in *text*."""
    names = [frozenset(map(stem, re.split(r"[ -]", found))) for found in _NAME.findall(text)]
    return Traces(
        phones=frozenset(filter(None, map(phone_of, _PHONE.findall(text)))),
        names=frozenset(name for name in names if len(name) > 1),
        units=frozenset(_UNIT.findall(text)),
        days=frozenset(
            f"20{year[-2:]}-{int(month):02}-{int(day):02}" for day, month, year in _DAY.findall(text)
        ),
        places=frozenset(places),
    )


def stem(word: str) -> str:
    """Return *word* without its ending, as one form of a name is known from another."""
    word = word.lower().replace("ё", "е")
    bare = _ENDING.sub("", word)
    return bare if len(bare) >= 3 else word


def person(one: Traces, other: Traces) -> tuple[str, ...]:
    """Return what says that the same person appears in both; empty if nothing does."""
    found = []
    if one.phones & other.phones:
        found.append(PHONE)
    if any(len(mine & theirs) > 1 for mine in one.names for theirs in other.names):
        found.append(NAME)
    return tuple(found)


def compare(one: Traces, other: Traces, shared: float) -> Likeness | None:
    """Return how two cases are alike, *shared* being what :func:`overlap` says of their words."""
    if same := person(one, other):
        return Likeness(PERSON, same)
    found = []
    if one.units & other.units:
        found.append(UNIT)
    if one.days & other.days:
        found.append(DAY)
    if one.places & other.places:
        found.append(PLACE)
    is_event = UNIT in found and len(found) > 1
    if shared >= ALIKE:
        found.append(WORDS)
        is_event = True
    return Likeness(EVENT, tuple(found)) if is_event else None


def overlap(one: Collection[str], other: Collection[str], spread: Mapping[str, int], cases: int) -> float:
    """
    Return the share of rare words two cases have in common, 0 to 1.

    *spread* says in how many of all *cases* a word occurs. Words weigh by how rare they are, so what every
    letter says weighs nothing.
    """
    mine, theirs = set(one), set(other)
    if min(len(mine), len(theirs)) < FEW:
        return 0.0

    def weigh(words: set[str]) -> float:
        return sum(math.log((1 + cases) / spread.get(word, 1)) for word in words)

    total = min(weigh(mine), weigh(theirs))
    return weigh(mine & theirs) / total if total > 0 else 0.0
