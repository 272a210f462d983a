"""
Working sheets of a case: tasks, timelines, parties, the people of a group, ties, a narrative's redacted copy.

Rules:

* A sheet is a whole list. Every change seals it anew as one item of ``content``; the newest of a name
  counts, older ones stay where they are and die with the case.
* All sheets have one kind in clear. Whoever holds the disk does not learn which case has parties or tasks.
* Which one is newest is said by its number, not by a clock: two desks may differ by minutes, and a change is
  only taken from whoever saw the newest version of the case.
* What cannot be read as a row is left out of the list; nothing in a row is believed to be anything but text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.errors import LimitReachedError, NotFoundError

KIND = "sheet"

TASKS = "tasks"
TIMELINE = "timeline"
PARTIES = "parties"
PEOPLE = "people"
TIES = "ties"
UNSENT = "unsent"
PAPERS = "papers"
COPY = "copy"
NAMES = frozenset({TASKS, TIMELINE, PARTIES, PEOPLE, TIES, UNSENT, PAPERS, COPY})

# A brigade has some hundreds who refuse together; a sheet this long still reads at once.
ROWS = 500

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list as it stands now; *number* counts its versions from 1, 0 is one nobody wrote yet."""

    name: str
    number: int = 0
    rows: tuple[Row, ...] = field(default=(), repr=False)

    def find(self, row: str) -> Row:
        """
        Return the row with this id.

        Raises:
            NotFoundError: there is none.
        """
        for one in self.rows:
            if one["id"] == row:
                return one
        raise NotFoundError

    def with_row(self, **fields: str) -> Sheet:
        """
        Return the sheet with one more row.

        Raises:
            LimitReachedError: it is full.
        """
        return self.with_rows([fields])

    def with_rows(self, added: Iterable[Mapping[str, str]]) -> Sheet:
        """Return the sheet with more rows. Raises as :meth:`with_row`."""
        rows = (*self.rows, *({"id": new_row_id(), **fields} for fields in added))
        if len(rows) > ROWS:
            raise LimitReachedError
        return Sheet(self.name, self.number, rows)

    def with_change(self, row: str, **fields: str) -> Sheet:
        """Return the sheet with *fields* of one row set. Raises as :meth:`find`."""
        self.find(row)
        rows = tuple({**one, **fields} if one["id"] == row else one for one in self.rows)
        return Sheet(self.name, self.number, rows)

    def without(self, row: str) -> Sheet:
        """Return the sheet without one row. Raises as :meth:`find`."""
        self.find(row)
        return Sheet(self.name, self.number, tuple(one for one in self.rows if one["id"] != row))

    def payload(self) -> dict[str, Any]:
        """Return what is sealed as the next version of this sheet."""
        return {"n": self.number + 1, "rows": [dict(row) for row in self.rows], "sheet": self.name}


def newest(name: str, payloads: Iterable[Mapping[str, Any]]) -> Sheet:
    """Return the newest sheet of *name* among the payloads of a case's items of :data:`KIND`."""
    numbered = [
        (number, payload)
        for payload in payloads
        if payload.get("sheet") == name and isinstance(number := payload.get("n"), int)
    ]
    if not numbered:
        return Sheet(name)
    number, payload = max(numbered, key=lambda pair: pair[0])
    return Sheet(name, number, read_rows(payload.get("rows")))


def read_rows(rows: object) -> tuple[Row, ...]:
    """Return the rows of a sealed list: mappings of text that have an id, each id once."""
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        return ()
    found: dict[str, Row] = {}
    for row in rows[:ROWS]:
        if isinstance(row, Mapping) and isinstance(row.get("id"), str):
            found.setdefault(row["id"], {str(name): str(value) for name, value in row.items()})
    return tuple(found.values())


def new_row_id() -> str:
    """Return an id for a new row; it names a row of one sheet, and nothing outside of it."""
    return secrets.token_hex(6)
