"""
Federal subjects: codes, names in three languages, and the tile each has on the map.

Only the 83 subjects within internationally recognised borders; an occupied territory is a place in Ukraine.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "data" / "subjects.tsv"


@dataclass(frozen=True, slots=True)
class Subject:
    """One federal subject and its tile."""

    code: str
    ru: str
    en: str
    uk: str
    column: int
    row: int
    also: tuple[str, ...]

    def name(self, language: str) -> str:
        """Return the name in *language*."""
        return {"ru": self.ru, "uk": self.uk}.get(language, self.en)

    @property
    def letters(self) -> str:
        """The letters of the ISO code, as the tile shows them."""
        return self.code.removeprefix("RU-")


@cache
def subjects() -> dict[str, Subject]:
    """Read the table; the keys are ISO 3166-2 codes."""
    rows = csv.DictReader(
        (line for line in _TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")),
        delimiter="\t",
    )
    return {
        row["code"]: Subject(
            code=row["code"],
            ru=row["ru"],
            en=row["en"],
            uk=row["uk"],
            column=int(row["col"]),
            row=int(row["row"]),
            also=tuple(filter(None, row["also"].split("|"))),
        )
        for row in rows
    }


def subject_named(code: str) -> Subject:
    """
    Return the subject with this ISO code.

    Raises:
        ValueError: there is no such subject.
    """
    try:
        return subjects()[code]
    except KeyError:
        raise ValueError("register: this is not the code of a federal subject") from None


@cache
def _by_name() -> dict[str, str]:
    return {
        name.casefold(): subject.code
        for subject in subjects().values()
        for name in (subject.en, subject.ru, subject.uk, *subject.also)
    }


def subject_of(name: str) -> str | None:
    """Return the code of the subject that *name* (a subject or a town, in English) belongs to, if known."""
    plain = name.casefold().removeprefix("the ").strip()
    for candidate in (plain, plain.split(" (")[0], plain.rsplit(", ", 1)[-1]):
        if candidate in _by_name():
            return _by_name()[candidate]
    return None


def names() -> tuple[tuple[str, str], ...]:
    """Return every English name with its code, longest first, so that a region wins over its town."""
    found = [(name, subject.code) for subject in subjects().values() for name in (subject.en, *subject.also)]
    return tuple(sorted(found, key=lambda pair: (-len(pair[0]), pair[0])))
