"""
Taking in: what changed among the records since the last time, and which files that touches.

* A record is read once, when its mark is new. What pages and lists need of it goes into the state, with
  everything that must now be made again, in one transaction: a crash loses neither or both.
* What was taken down comes first in everything that is owed. Files that hold every entry must go with it:
  that they must is noted in the same transaction, so no crash leaves one that names it.
* A record that cannot be read is named, stays as it was, and is tried again the next time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from register import bundle
from register.errors import MalformedEntryError
from register.facets import FACETS
from register.records import Published
from register.row import Row, row_of
from register.shelf import REFUSALS, STORIES, Shelf
from register.sources import Source
from register.state import State

# What is owed first: traces of what was taken down, then entries, then the lists that lead to them.
NOW, ENTRIES, LISTS = 0, 1, 2
# Files that hold every entry; they are made in a pass of their own.
BULK = ("data/register.json", "data/register.csv", "data/totals.json")
SEARCH = ("search/", "search0")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a taking-in found: records that changed, how many of them were taken down, and unreadable ones."""

    changed: int
    gone: int
    broken: tuple[str, ...]


def take_in(state: State, source: Source) -> Taken:
    """Bring *state* up to what *source* holds, and note what is to be made again."""
    with state.writing():
        return _Taking(state, source).run()


class _Taking:
    def __init__(self, state: State, source: Source) -> None:
        self._state = state
        self._db = state.db
        self._source = source
        self._shelf = Shelf(state)
        self._recount: set[tuple[str, str]] = set()

    def run(self) -> Taken:
        for table in ("differing", "touched"):
            self._db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, mark TEXT)")
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        self._db.executemany("INSERT INTO differing VALUES (?, ?)", self._differing())
        changed, gone, broken = 0, 0, []
        for public_id, mark in self._each("SELECT id, mark FROM differing ORDER BY id"):
            try:
                gone += self._take(public_id, mark)
                changed += 1
            except MalformedEntryError:
                broken.append(public_id)
        for (public_id,) in self._each("SELECT id FROM touched ORDER BY id"):
            self._settle(public_id)
        self._count()
        if gone:
            self._state.drop(BULK)
            self._state.drop_between(*SEARCH)
            self._state.banish((bundle.ARCHIVE, bundle.ARCHIVE_NOTE))
        if changed:
            self._state.note("edition", str(int(self._state.fact("edition") or 0) + 1))
        return Taken(changed, gone, tuple(broken))

    def _each(self, query: str) -> Iterator[tuple[str, ...]]:
        """Walk through a table that nothing in the walk changes, without holding it."""
        cursor = self._db.execute(query)
        while lines := cursor.fetchmany(1000):
            yield from lines

    def _differing(self) -> Iterator[tuple[str, str | None]]:
        """Name the records whose mark is new, and without mark those that are no more; both go by id."""
        known = self._each("SELECT id, mark FROM seen ORDER BY id")
        here = next(known, None)
        for public_id, mark in self._source.scan():
            while here is not None and here[0] < public_id:
                yield here[0], None
                here = next(known, None)
            if here is None or here != (public_id, mark):
                yield public_id, mark
            if here is not None and here[0] == public_id:
                here = next(known, None)
        while here is not None:
            yield here[0], None
            here = next(known, None)

    def _take(self, public_id: str, mark: str | None) -> int:
        """Take one record in; return 1 where it was taken down just now."""
        record = None if mark is None else self._source.read(public_id)
        old, was_gone = self._shelf.row(public_id), self._shelf.grave(public_id) is not None
        new = self._put(public_id, record, old)
        is_gone = record is not None and record.is_tombstone
        self._db.execute("DELETE FROM seen WHERE id = ?", (public_id,))
        if mark is not None:
            self._db.execute("INSERT INTO seen VALUES (?, ?)", (public_id, mark))
        self._touch(public_id)
        urgency = ENTRIES if new else NOW
        self._state.owe("entry", [public_id], urgency)
        self._tell_kin(public_id, old, new, urgency)
        return int(is_gone and not was_gone)

    def _put(self, public_id: str, record: Published | None, old: Row | None) -> Row | None:
        """Write what is known of one record, and return its row if it is living."""
        for table in ("entry", "near", "change"):
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", (public_id,))  # noqa: S608 - our own names
        if record is None or (record.entry is not None and not record.entry.is_publishable):
            return None
        row = None if record.entry is None else row_of(record, record.entry)
        if row is not None:
            row = msgspec.structs.replace(row, parts=old.parts if old else 0)
            self._db.executemany(
                "INSERT OR IGNORE INTO near VALUES (?, ?, ?)",
                [(row.id, target, kind) for kind, target in row.near],
            )
        self._db.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                public_id,
                "living" if row else "gone",
                row.place if row else 0,
                record.published.isoformat(),
                record.changed.isoformat(),
                record.reason or "unstated",
                row.parent if row else None,
                msgspec.msgpack.encode(row) if row else b"",
            ),
        )
        self._db.executemany(
            "INSERT INTO change VALUES (?, ?, ?, ?, ?)",
            [
                (change.day.isoformat(), public_id, n, change.kind, " ".join(change.fields))
                for n, change in enumerate(record.changes)
            ],
        )
        return row

    def _tell_kin(self, public_id: str, old: Row | None, new: Row | None, urgency: int) -> None:
        """Owe the pages that mention an entry, where what they show of it changed; touch its kin."""
        if (old and (old.named, old.parent)) == (new and (new.named, new.parent)):
            return
        parents = {one.parent for one in (old, new) if one and one.parent}
        children = {one for (one,) in self._db.execute("SELECT id FROM entry WHERE parent = ?", (public_id,))}
        naming = {one for (one,) in self._db.execute("SELECT id FROM near WHERE target = ?", (public_id,))}
        self._state.owe("entry", sorted(parents | children | naming), urgency)
        for one in parents | children:
            self._touch(one)

    def _touch(self, public_id: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO touched VALUES (?, NULL)", (public_id,))

    def _settle(self, public_id: str) -> None:
        """Bring the lists up to one entry, now that everything around it is known."""
        row = self._shelf.row(public_id)
        before = self._db.execute(
            "SELECT facet, code, place, story, look FROM carried WHERE id = ?", (public_id,)
        ).fetchall()
        after = [] if row is None else self._lines(row)
        if sorted(before) == sorted(after):
            return
        self._db.execute("DELETE FROM carried WHERE id = ?", (public_id,))
        self._db.execute("DELETE FROM figure WHERE id = ?", (public_id,))
        self._db.executemany(
            "INSERT INTO carried VALUES (?, ?, ?, ?, ?, ?)",
            [(facet, code, place, public_id, story, look) for facet, code, place, story, look in after],
        )
        if row is not None:
            self._db.executemany(
                "INSERT INTO figure VALUES (?, ?, ?, ?)",
                [(count.unit, row.place, row.id, n) for n, count in enumerate(row.counts)],
            )
        stood, stands = ({line[:2] + line[3:4] for line in lines} for lines in (before, after))
        self._recount |= {(facet, code) for facet, code, _ in stood ^ stands}
        lists = {f"{facet}/{code}" for facet, code, *_ in (*before, *after) if facet != REFUSALS}
        self._state.owe("list", sorted(lists), LISTS if row else NOW)

    def _count(self) -> None:
        """Count anew the lists that an entry or a story came into or left."""
        for one in sorted(self._recount):
            self._db.execute("DELETE FROM counted WHERE facet = ? AND code = ?", one)
            self._db.execute(
                "INSERT INTO counted SELECT facet, code, count(*), count(DISTINCT story) FROM carried"
                " WHERE facet = ? AND code = ? GROUP BY facet, code",
                one,
            )

    def _lines(self, row: Row) -> list[tuple[str, str, int, str, str]]:
        """Work out in which lists an entry stands, of which story it is, and how it looks there."""
        parent = self._shelf.row(row.parent) if row.parent else None
        story = row.id if parent is None else parent.id
        parts = self._shelf.part_count(row.id)
        if parts != row.parts:
            row = msgspec.structs.replace(row, parts=parts)
        packed = msgspec.msgpack.encode(row)
        self._db.execute("UPDATE entry SET row = ? WHERE id = ?", (packed, row.id))
        look = hashlib.sha256(packed).hexdigest()[:16]
        places: list[tuple[str, str]] = [(facet, code) for facet in FACETS for code in row.codes[facet]]
        places += [(STORIES, "")] if story == row.id else []
        places += [(REFUSALS, "")] if row.is_refusal else []
        return [(facet, code, row.place, story, look) for facet, code in places]
