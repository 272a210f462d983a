"""
What a story says in passing of how soon, of what and for whom: for people who tell it and tap nothing.

Rules:
* It is a guess. What somebody answers, by button or word, stands above it; nothing waits for it and nothing
  is handed over because of it. It counts where nothing was answered until the case is handed over.
* A word that was denied is not what it says; what is over is not to come. Who wants it known and asks for
  nothing is for the editors; whoever also asks, or is in danger, is for a lawyer first.
* What is kept of it between two messages are the names below, no words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from intake import soon, topics
from intake.screens import HOUSE_TIME

# How far apart words may stand that say one thing together, and a time from what is to happen then.
TOGETHER, BESIDE = 9, 9
# Within so many days nobody can wait for a lawyer's next morning; within so many it is a matter of days.
HOURS, DAYS = 2, 14
# A word said oftener is said to keep us busy.
OFTEN = 40
# A longer text is a document, not what somebody tells in passing; only its beginning is read.
READ = 6_000

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_SHORT = re.compile(r"n't\b")

# Where each entry of a line ("держ*|сидит") is said.
Places = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Noticed:
    """What was noticed in a story so far; none where nothing was."""

    kind: str | None = None
    urgency: str | None = None
    matter: str | None = None


def notice(text: str, now: datetime, *, forwarded: bool = False) -> frozenset[str]:
    """Return the names of what *text* says in passing; of a forward not whom it is for."""
    words = _split(text[:READ])
    said = _denied(words)
    places = _find(said)
    names = _named("matter", places)
    urgency = _urgency(words, said, places, now.astimezone(HOUSE_TIME).date())
    if urgency:
        names.add(urgency)
    if not forwarded:
        names |= _named("wants", places) | ({"advice"} if "?" in text else set())
    return frozenset(names)


def answer(stage: str, text: str, now: datetime) -> str | None:
    """Return how a short message answers the question of *stage*, kind or urgency, in words of its own."""
    if len(text) > topics.ANSWER_LENGTH or "?" in text:
        return None
    words = _split(text)
    places = _find(_denied(words))
    if stage == "kind":
        wants = _named("wants", places)
        asks = "advice" in wants and "no_advice" not in wants
        tells = "tell" in wants and "not_tell" not in wants
        return "both" if asks and tells else "legal" if asks else "tell" if tells else None
    haste = _named("haste", places)
    if haste:
        return "normal" if "slack" in haste else "now"
    days = [days for _place, days in soon.ahead(words, now.astimezone(HOUSE_TIME).date())]
    if not days:
        return None
    return "now" if min(days) <= HOURS else "days" if min(days) <= DAYS else "normal"


def add(seems: str, names: Iterable[str]) -> str:
    """Return *seems*, what was noticed of a story so far, with *names* added."""
    return " ".join(sorted({*seems.split(), *names}))


def read(seems: str) -> Noticed:
    """Return what follows from the names noticed in all messages of a story."""
    names = set(seems.split())
    urgency = next((one for one in ("now", "days") if one in names), None)
    matter = next((one for one in _lines("matter") if one in names), None)
    kind = None
    asks = "advice" in names and "no_advice" not in names
    if "tell" in names and not asks and "not_tell" not in names:
        kind = "both" if urgency == "now" else "tell"
    return Noticed(kind, urgency, matter)


def _urgency(words: Sequence[str], said: Sequence[str], places: Places, today: date) -> str | None:
    haste = _named("haste", places)
    if _named("harm", places) or ("haste" in haste and "slack" not in haste):
        return "now"
    past = soon.any_of(_data()["small"]["past"])
    to_come = [
        place
        for lines in _lines("coming").values()
        for line in lines
        for place in places.get(line[0], ())
        if not past.fullmatch(said[place])
    ]
    times = soon.ahead(words, today) if to_come else ()
    near = [days for place, days in times if any(abs(place - one) <= BESIDE for one in to_come)]
    if not near or min(near) > DAYS:
        return None
    return "now" if min(near) <= HOURS else "days"


def _split(text: str) -> list[str]:
    """Return the words as they are compared; "don't" is two."""
    plain = text.lower().replace("ё", "е").replace("’", "'")
    return _WORD.findall(_SHORT.sub(" not", plain))


def _denied(words: Sequence[str]) -> list[str]:
    """Write a denied word as one: "не_едет"; so it is found only by who looks for its denial."""
    said, denies, small = [], False, _small()
    for word in words:
        if word in small["denials"]:
            denies = True
            said.append(word)
        elif denies and word in small["between"]:
            said.append(word)
        else:
            said.append(f"не_{word}" if denies else word)
            denies = False
    return said


def _named(table: str, places: Places) -> set[str]:
    """Return the names of *table* of which one line is said."""
    return {name for name, lines in _lines(table).items() if any(_holds(line, places) for line in lines)}


def _holds(line: tuple[str, ...], places: Places) -> bool:
    """Tell whether all of *line* is said close together."""
    found = [places.get(one, ()) for one in line]
    first, *others = found
    return all(found) and any(
        all(any(abs(at - one) <= TOGETHER for one in other) for other in others) for at in first
    )


def _find(said: Sequence[str]) -> Places:
    """Return where each entry of the lines is said."""
    whole, beginnings = _index()
    places: dict[str, list[int]] = {}
    for place, word in enumerate(said):
        entries = whole.get(word, frozenset()).union(
            *(beginnings.get(word[:end], ()) for end in range(2, len(word) + 1))
        )
        for entry in entries:
            found = places.setdefault(entry, [])
            if len(found) < OFTEN:
                found.append(place)
    return places


@cache
def _index() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """Return the entries by the words they hold, whole ones and beginnings."""
    whole: dict[str, frozenset[str]] = {}
    beginnings: dict[str, frozenset[str]] = {}
    entries = {
        entry
        for table in ("matter", "coming", "harm", "haste", "wants")
        for lines in _lines(table).values()
        for line in lines
        for entry in line
    }
    for entry in entries:
        for word in entry.split("|"):
            to = beginnings if word.endswith("*") else whole
            bare = word.removesuffix("*")
            to[bare] = to.get(bare, frozenset()) | {entry}
    return whole, beginnings


@cache
def _lines(table: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return the lines of one table by name: entries, each with its "|" and "*" as written."""
    return {name: tuple(tuple(line.split()) for line in lines) for name, lines in _data()[table].items()}


@cache
def _small() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(_data()["small"][name].split()) for name in ("denials", "between")}


@cache
def _data() -> Mapping[str, Any]:
    with (topics.FOLDER / "passing.toml").open("rb") as source:
        return tomllib.load(source)
