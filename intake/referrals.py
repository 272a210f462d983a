"""Where else people may turn when this house is full: a dated list the house keeps, ``referrals.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("referrals.toml")


@dataclass(frozen=True)
class Place:
    """One place: its name and how to reach it, by language; Russian where there is none of another."""

    name: Mapping[str, str]
    how: Mapping[str, str]

    def line(self, language: str) -> str:
        """Return what is shown of it in *language*."""
        return f"• {self.name.get(language, self.name['ru'])}: {self.how.get(language, self.how['ru'])}"


@dataclass(frozen=True)
class Referrals:
    """The list as it stands. *reviewed_by* is whoever of the house checked it; none: nobody yet."""

    as_of: date
    reviewed_by: str | None
    places: tuple[Place, ...]


@cache
def load() -> Referrals:
    """Return the house's list."""
    return parse(FILE.read_text(encoding="utf-8"))


def parse(text: str) -> Referrals:
    """
    Read a list.

    Raises:
        ValueError: it has no day, or a place without its Russian words.
    """
    told = tomllib.loads(text)
    places = tuple(Place(one.get("name", {}), one.get("how", {})) for one in told.get("place", ()))
    if not isinstance(told.get("as_of"), date) or not all("ru" in p.name and "ru" in p.how for p in places):
        raise ValueError("intake: the list of other places lacks its day or its words")
    return Referrals(told["as_of"], told.get("reviewed_by") or None, places)


def unreviewed() -> tuple[str, ...]:
    """Return what nobody checked, for whoever looks after the house; an empty list needs no one."""
    found = load()
    return ("referrals",) if found.places and found.reviewed_by is None else ()
