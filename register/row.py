"""One living entry as lists know it: what they show of it and are sorted by, worked out once."""

from __future__ import annotations

import hashlib
from datetime import date

import msgspec

from register.entry import Count, Entry, Words, line
from register.facets import FACETS, Facet, codes, when
from register.prose import snippet
from register.records import Published
from register.vocabulary import Grade, ItemType, Language, RelationType

_SNIPPET = 220  # letters; three lines on a phone
# More than a day's ordinal ever gets, so that what has no date stands behind everything that has.
_UNDATED = 10_000_000


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One living entry without its text. ``key`` changes when anything public of it does."""

    id: str
    key: str
    item_type: ItemType
    grade: Grade
    original: Language
    tongues: tuple[Language, ...]
    titles: Words
    snippets: Words
    codes: dict[Facet, tuple[str, ...]]
    when: date | None
    published: date
    changed: date
    is_corrected: bool
    is_refusal: bool
    parent: str | None
    near: tuple[tuple[RelationType, str], ...]
    counts: tuple[Count, ...]
    parts: int = 0

    def tongue(self, language: Language) -> Language:
        """Return the language its text is shown in to a reader of *language*."""
        return language if language in self.tongues else self.original

    def title(self, language: Language) -> str:
        """Return its title for a reader of *language*."""
        return chosen(self.titles, language, self.original)

    def snippet(self, language: Language) -> str:
        """Return how its text begins."""
        return self.snippets.get(self.tongue(language), "")

    @property
    def place(self) -> int:
        """What it is sorted by: newest first; what has no date of its own last, by its publication."""
        return -(self.when or self.published).toordinal() + (0 if self.when else _UNDATED)

    @property
    def named(self) -> tuple[Words, Language, tuple[Language, ...]]:
        """What a page that only mentions it shows."""
        return self.titles, self.original, self.tongues


def row_of(record: Published, entry: Entry) -> Row:
    """Work out what lists need of *entry*."""
    return Row(
        id=entry.id,
        key=hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()[:24],
        item_type=entry.item_type,
        grade=entry.corroboration.grade,
        original=entry.original,
        tongues=tuple(entry.body),
        titles=entry.title,
        snippets={language: _beginning(entry, language) for language in entry.body},
        codes={facet: codes(entry, facet) for facet in FACETS},
        when=when(entry),
        published=record.published,
        changed=record.changed,
        is_corrected=record.is_corrected,
        is_refusal=entry.is_refusal,
        parent=entry.parent,
        near=tuple((relation.type, relation.target) for relation in entry.relations),
        counts=entry.counts,
    )


def chosen(words: Words, language: Language, original: Language) -> str:
    """Return what is there for *language*: its own words, the original's, or any."""
    return words.get(language) or words.get(original) or next(iter(words.values()), "")


def _beginning(entry: Entry, language: Language) -> str:
    return snippet(" ".join(line(block) for block in entry.body[language][:3]), _SNIPPET)
