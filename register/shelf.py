"""Everything published, in order: what a page may ask of the entries without reading them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zlib import crc32

import msgspec

from register.facets import FACETS, Facet
from register.records import Change
from register.row import Row
from register.state import State
from register.vocabulary import OVERLAPPING, RetractionReason, Unit

# Lists that are no facet: whole stories, and stories of refusals. Their one code is empty.
STORIES, REFUSALS = "story", "refusal"

_decode_row = msgspec.msgpack.Decoder(Row).decode
_DOUBTFUL = tuple(sorted(OVERLAPPING - {"part_of"}))


@dataclass(frozen=True, slots=True)
class Gone:
    """One entry that was taken down."""

    id: str
    day: date
    reason: RetractionReason


class Shelf:
    """Reads the entries of a state; every answer is as of the last taking-in."""

    def __init__(self, state: State) -> None:
        self._db = state.db

    def row(self, public_id: str | None) -> Row | None:
        """Return one living entry, or ``None``."""
        found = self._db.execute(
            "SELECT row FROM entry WHERE id = ? AND state = 'living'", (public_id,)
        ).fetchone()
        return _decode_row(found[0]) if found else None

    def rows(self, ids: Sequence[str]) -> list[Row]:
        """Return living entries in the order asked for."""
        return [row for row in map(self.row, ids) if row is not None]

    def parts(self, public_id: str) -> list[Row]:
        """Return the public parts of an entry, by id."""
        found = self._db.execute(
            "SELECT row FROM entry WHERE parent = ? AND state = 'living' ORDER BY id", (public_id,)
        )
        return [_decode_row(row) for (row,) in found]

    def part_count(self, public_id: str) -> int:
        """Return how many public parts an entry has."""
        return self._number("SELECT count(*) FROM entry WHERE parent = ? AND state = 'living'", public_id)

    def newest(self, number: int) -> list[Row]:
        """Return the entries last published, newest first."""
        found = self._db.execute(
            "SELECT row FROM entry WHERE state = 'living' ORDER BY published DESC, id DESC LIMIT ?", (number,)
        )
        return [_decode_row(row) for (row,) in found]

    def ids(self) -> Iterator[str]:
        """Name everything that is or was public, by id."""
        return (one for (one,) in self._db.execute("SELECT id FROM entry ORDER BY id"))

    def ids_newest_first(self) -> Iterator[str]:
        """Name every living entry in the order of lists."""
        found = self._db.execute("SELECT id FROM entry WHERE state = 'living' ORDER BY place, id")
        return (one for (one,) in found)

    def living(self) -> int:
        """Return how many entries are public."""
        return self._number("SELECT count(*) FROM entry WHERE state = 'living'")

    def gone(self) -> Iterator[Gone]:
        """Return what was taken down, in the order in which it was."""
        found = self._db.execute(
            "SELECT id, changed, reason FROM entry WHERE state = 'gone' ORDER BY changed, id"
        )
        for public_id, day, reason in found:
            yield Gone(public_id, date.fromisoformat(day), reason)

    def grave(self, public_id: str) -> Gone | None:
        """Return the tombstone of an entry, or ``None``."""
        found = self._db.execute(
            "SELECT id, changed, reason FROM entry WHERE id = ? AND state = 'gone'", (public_id,)
        ).fetchone()
        return Gone(found[0], date.fromisoformat(found[1]), found[2]) if found else None

    def changes(self, number: int) -> list[tuple[str, Change]]:
        """Return the last changes of all entries with their ids, newest first."""
        found = self._db.execute(
            "SELECT id, day, kind, fields FROM change ORDER BY day DESC, id DESC, n DESC LIMIT ?", (number,)
        )
        return [
            (one, Change(day=date.fromisoformat(day), kind=kind, fields=tuple(fields.split())))
            for one, day, kind, fields in found
        ]

    def corrections(self) -> int:
        """Return how many corrections there were of all that is or was public."""
        return self._number("SELECT count(*) FROM change WHERE kind = 'corrected'")

    def listed(self, facet: str, code: str) -> list[tuple[str, str]]:
        """Return the ids in one list, newest first, each with what changes when its line does."""
        return self._db.execute(
            "SELECT id, look FROM carried WHERE facet = ? AND code = ? ORDER BY place, id", (facet, code)
        ).fetchall()

    def counted(self) -> dict[tuple[Facet, str], int]:
        """Return how many entries carry every code."""
        found = self._db.execute("SELECT facet, code, entries FROM counted")
        return {(facet, code): number for facet, code, number in found if facet in FACETS}

    def stories_by(self) -> dict[Facet, dict[str, int]]:
        """Return how many stories carry every code, themselves or in a part; most first."""
        found = self._db.execute("SELECT facet, code, stories FROM counted")
        by: dict[Facet, dict[str, int]] = {facet: {} for facet in FACETS}
        for facet, code, number in sorted(found, key=lambda line: (-line[2], line[1])):
            if facet in FACETS:
                by[facet][code] = number
        return by

    def stories(self) -> int:
        """Return how many stories there are: a story with its parts is one."""
        return self._number("SELECT coalesce(sum(entries), 0) FROM counted WHERE facet = ?", STORIES)

    def refusals(self) -> int:
        """Return how many stories tell of a refusal, themselves or in a part."""
        return self._number("SELECT coalesce(sum(stories), 0) FROM counted WHERE facet = ?", REFUSALS)

    def figures(self, unit: Unit, number: int = -1) -> Iterator[tuple[Row, int, bool]]:
        """Return who gives a figure in *unit*, which of their figures it is, and whether it may overlap."""
        marks = ", ".join("?" * len(_DOUBTFUL))
        found = self._db.execute(
            "SELECT row, n, EXISTS (SELECT 1 FROM near WHERE near.id = figure.id"  # noqa: S608 - marks only
            f" AND type IN ({marks}) UNION ALL SELECT 1 FROM near WHERE near.target = figure.id"
            f" AND type IN ({marks}))"
            " FROM figure JOIN entry USING (id) WHERE unit = ? ORDER BY figure.place, figure.id, n LIMIT ?",
            (*_DOUBTFUL, *_DOUBTFUL, unit, number),
        )
        for row, n, overlaps in found:
            yield _decode_row(row), n, bool(overlaps)

    def figure_count(self, unit: Unit) -> int:
        """Return how many figures there are in *unit*."""
        return self._number("SELECT count(*) FROM figure WHERE unit = ?", unit)

    def _number(self, query: str, *values: str) -> int:
        (number,) = self._db.execute(query, values).fetchone()
        return int(number)


def chunks(listed: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    """
    Cut a list, newest first, into pages whose borders stay where they are when an entry comes or goes.

    Borders lie behind ids that a hash picks, counted from the oldest, so a change touches one or two pages
    and not every page after it. The newest page may be short; it then takes the next one in.
    """
    borders, length = [0], 0
    for place, (public_id, _) in enumerate(reversed(listed), 1):
        length += 1
        picked = length >= _SHORTEST and crc32(public_id.encode()) % _BORDER == 0
        if picked or length == _LONGEST:
            borders.append(place)
            length = 0
    if len(borders) > 1 and length < _SHORTEST:
        borders.pop()
    borders.append(len(listed))
    whole = len(listed)
    return [listed[whole - end : whole - start] for start, end in pairwise(borders)][::-1]


# A page stays under 60 KB with forty rows and the short page it took in.
_SHORTEST, _LONGEST, _BORDER = 12, 32, 12
