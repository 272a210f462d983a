"""
Dumps of the database: every row that may leave the machine, in one consistent read.

A dump is lines of canonical JSON, the same on either engine, so a house may be restored to the other one. It
leaves out what is locked under the spool key, which is never copied, and what dies within minutes anyway;
sealed and locked columns go as they lie. Whoever has a dump has what a thief of the disk has, less that.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy import MetaData, Table, insert, select
from sqlalchemy.orm import Session

from casework import canonical
from casework.database import SCHEMA
from casework.epoch import NO_EPOCH
from casework.tables import Base, Case, Grant
from subrosa.errors import RestoreError

FORMAT = "subrosa-dump-1"

# Under the spool key, under a key of runtime_dir, or dead within a minute.
LEFT_OUT = frozenset(
    {"spool", "outbox", "deletion", "writing", "link", "request", "answer", "handin", "notice"}
)

_BATCH = 500


def tables() -> list[Table]:
    """Return the tables a dump holds, parents first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def write(session: Session, sink: IO[bytes]) -> dict[str, int]:
    """
    Write a dump of what *session* sees at one moment; return how many rows of each table it holds.

    *session* is fresh: nothing was asked of it before.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Otherwise each table is read as of another moment, and rows arrive without what they belong to.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    sink.write(canonical.dumps({"format": FORMAT, "schema": SCHEMA}) + b"\n")
    counts = {}
    for table in tables():
        counts[table.name] = 0
        for row in session.execute(select(table).execution_options(yield_per=_BATCH)).mappings():
            values = {name: _write(value) for name, value in row.items()}
            sink.write(canonical.dumps({"row": values, "table": table.name}) + b"\n")
            counts[table.name] += 1
    sink.write(canonical.dumps({"end": sum(counts.values())}) + b"\n")
    return counts


def version(source: IO[bytes]) -> int:
    """
    Read the first line of a dump: the version of the house it was taken of.

    Raises:
        RestoreError: it is no dump.
    """
    head = canonical.loads(source.readline().rstrip(b"\n"))
    if head.get("format") != FORMAT or not isinstance(head.get("schema"), int):
        raise RestoreError("the dump is of another form")
    return int(head["schema"])


def read(session: Session, source: IO[bytes]) -> dict[str, int]:
    """
    Insert every row after the first line into the empty tables that lie there, of whatever version.

    Returns how many of each table.

    Raises:
        RestoreError: it is not a whole dump of a house with these tables.
    """
    lying = MetaData()
    lying.reflect(session.connection())
    known = {name: table for name, table in lying.tables.items() if name not in LEFT_OUT}
    counts = dict.fromkeys(known, 0)
    for name, rows in _batches(source, counts):
        session.execute(insert(known[name]), [_row(known[name], row) for row in rows])
    return counts


def epochs_named(session: Session) -> set[int]:
    """Return the epochs that grants and lists of mailboxes name."""
    grants = select(Grant.epoch).distinct()
    cases = select(Case.epoch).where(Case.mailboxes.is_not(None)).distinct()
    named = {*session.scalars(grants), *session.scalars(cases)}
    return {number for number in named if number is not None} - {NO_EPOCH}


def _batches(source: IO[bytes], counts: dict[str, int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Group the lines of a dump into runs of one table, and insist on its last line."""
    name = ""
    rows: list[dict[str, Any]] = []
    for line in source:
        entry = canonical.loads(line.rstrip(b"\n"))
        if "end" in entry:
            if rows:
                yield name, rows
            if entry["end"] != sum(counts.values()):
                raise RestoreError("the dump is not whole")
            return
        if entry["table"] not in counts:
            raise RestoreError("the dump holds an unknown table")
        if rows and (entry["table"] != name or len(rows) >= _BATCH):
            yield name, rows
            rows = []
        name = entry["table"]
        rows.append(entry["row"])
        counts[name] += 1
    raise RestoreError("the dump is not whole")


def _write(value: Any) -> Any:
    """Write one value in a form JSON keeps."""
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    if set(row) != {column.name for column in table.columns}:
        raise RestoreError("the dump holds an unknown column")
    return {name: _read(value) for name, value in row.items()}


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    if kind == "b":
        return base64.b64decode(text)
    return datetime.fromisoformat(text) if kind == "t" else date.fromisoformat(text)
