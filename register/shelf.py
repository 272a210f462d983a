"""Everything published, put in order: stories with their parts, tombstones apart, neighbours by id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import msgspec

from register.entry import Entry, Words, line
from register.facets import FACETS, Facet, codes, when
from register.prose import snippet
from register.records import Published
from register.vocabulary import Language

_SNIPPET = 220  # letters; three lines on a phone


@dataclass(frozen=True)
class Row:
    """One living entry, with what lists need of it worked out once."""

    record: Published
    entry: Entry

    @cached_property
    def codes(self) -> dict[Facet, tuple[str, ...]]:
        """What the entry carries under each heading."""
        return {facet: codes(self.entry, facet) for facet in FACETS}

    @cached_property
    def when(self) -> date | None:
        """The day it is put in order by."""
        return when(self.entry)

    @cached_property
    def key(self) -> str:
        """A fingerprint of everything a page can show of it."""
        return hashlib.sha256(msgspec.json.encode(self.record, order="sorted")).hexdigest()

    def tongue(self, language: Language) -> Language:
        """Return the language its text is shown in to a reader of *language*."""
        return language if language in self.entry.body else self.entry.original

    def title(self, language: Language) -> str:
        """Return its title for a reader of *language*."""
        return chosen(self.entry.title, language, self.entry.original)

    def snippet(self, language: Language) -> str:
        """Return how its text begins."""
        blocks = self.entry.body.get(self.tongue(language), ())
        return snippet(" ".join(line(block) for block in blocks[:3]), _SNIPPET)


class Shelf:
    """The published register in memory."""

    def __init__(self, published: Iterable[Published]) -> None:
        records = sorted(published, key=lambda record: record.id)
        self.records = tuple(
            record for record in records if record.entry is None or record.entry.is_publishable
        )
        living = [Row(record, record.entry) for record in self.records if record.entry is not None]
        self.rows = {row.entry.id: row for row in sorted(living, key=_newest_first)}
        self.tombstones = tuple(record for record in self.records if record.entry is None)
        self.parts: dict[str, list[Row]] = defaultdict(list)
        for row in living:
            if row.entry.parent in self.rows:
                self.parts[row.entry.parent or ""].append(row)

    @property
    def stories(self) -> tuple[Row, ...]:
        """Entries that are not part of another public one, newest first."""
        return tuple(row for row in self.rows.values() if row.entry.parent not in self.rows)

    @cached_property
    def by_code(self) -> dict[tuple[Facet, str], tuple[Row, ...]]:
        """Stories and parts under every code that any carries, newest first."""
        found: dict[tuple[Facet, str], list[Row]] = defaultdict(list)
        for row in self.rows.values():
            for facet, carried in row.codes.items():
                for code in carried:
                    found[facet, code].append(row)
        return {place: tuple(rows) for place, rows in found.items()}


def chosen(words: Words, language: Language, original: Language) -> str:
    """Return what is there for *language*: its own words, the original's, or any."""
    return words.get(language) or words.get(original) or next(iter(words.values()), "")


def chunks(rows: tuple[Row, ...]) -> list[tuple[Row, ...]]:
    """
    Cut a list, newest first, into pages whose borders stay where they are when an entry comes or goes.

    Borders lie behind ids that a hash picks, counted from the oldest, so a change touches one or two pages
    and not every page after it. The newest page may be short; it then takes the next one in.
    """
    pages: list[list[Row]] = [[]]
    for row in reversed(rows):
        pages[-1].append(row)
        picked = hashlib.sha256(row.entry.id.encode()).digest()[0] % _BORDER == 0
        if (picked and len(pages[-1]) >= _SHORTEST) or len(pages[-1]) == _LONGEST:
            pages.append([])
    if len(pages) > 1 and len(pages[-1]) < _SHORTEST:
        newest = pages.pop()
        pages[-1].extend(newest)
    return [tuple(reversed(page)) for page in reversed(pages)]


# A page stays under 60 KB with forty rows and the short page it took in.
_SHORTEST, _LONGEST, _BORDER = 12, 32, 12


def _newest_first(row: Row) -> tuple[int, int, str]:
    """What has no date of its own stands last, newest publication first."""
    day = row.when or row.record.published
    return int(row.when is None), -day.toordinal(), row.entry.id
