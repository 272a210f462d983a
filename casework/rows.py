"""
Rows to be written: what a worker hands to the writer.

A worker has no database in hand. It returns a :class:`Rows`, and the writer commits many of them in one
transaction: first all inserts (parents before children), then changes, then drops, each by ``executemany``.
Two Rows in one batch never touch the same case, because one chat has at most one update in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Delete, Insert, Table, Update, bindparam, delete, insert, update
from sqlalchemy.orm import Session

from casework.tables import Base

Step = Callable[[Session], object]


def table_of(kind: type[Base]) -> Table:
    """Return the Core table behind a declarative class."""
    table = kind.__table__
    if not isinstance(table, Table):
        raise TypeError("casework: internal error: not a table")
    return table


class Rows:
    """Inserts, changes and drops of one act, in no particular order among themselves."""

    def __init__(self) -> None:
        self.inserts: list[tuple[Table, dict[str, Any]]] = []
        self.changes: list[tuple[Table, dict[str, Any], dict[str, Any]]] = []
        self.drops: list[tuple[Table, dict[str, Any]]] = []
        self.steps: list[Step] = []

    def __repr__(self) -> str:
        return f"<Rows +{len(self.inserts)} ~{len(self.changes)} -{len(self.drops)}>"

    def add(self, kind: type[Base], /, **values: Any) -> None:
        """Insert one row; columns left out take their declared default."""
        self.inserts.append((table_of(kind), values))

    def change(self, kind: type[Base], where: Mapping[str, Any], /, **values: Any) -> None:
        """Set *values* on the rows equal to *where* in every column it names."""
        self.changes.append((table_of(kind), dict(where), values))

    def drop(self, kind: type[Base], /, **where: Any) -> None:
        """Delete the rows equal to *where* in every column it names."""
        self.drops.append((table_of(kind), where))

    def then(self, step: Step) -> None:
        """Do *step* in the same transaction, once everything else of the batch is written."""
        self.steps.append(step)

    def fold(self) -> None:
        """Keep of changes to the same columns of the same rows only the last."""
        last = {
            (table.name, tuple(sorted(where.items())), tuple(sorted(values))): (table, where, values)
            for table, where, values in self.changes
        }
        self.changes = list(last.values())

    def extend(self, other: Rows) -> None:
        """Take over everything *other* would write."""
        self.inserts += other.inserts
        self.changes += other.changes
        self.drops += other.drops
        self.steps += other.steps


def write(session: Session, batch: Iterable[Rows]) -> None:
    """Carry out all *batch* in the open transaction of *session*."""
    everything = Rows()
    for rows in batch:
        everything.extend(rows)
    for table, group in _grouped(everything.inserts):
        session.execute(_insertion(table), group)
    for statement, changed in _in_turn(everything.changes):
        session.execute(statement, changed)
    for table, where in everything.drops:
        session.execute(_removal(table, tuple(where)), {f"at_{k}": v for k, v in where.items()})
    for step in everything.steps:
        step(session)


def _grouped(inserts: list[tuple[Table, dict[str, Any]]]) -> Iterable[tuple[Table, list[dict[str, Any]]]]:
    """Group inserts by table and by set of columns, parents first."""
    order = _order()
    groups: dict[tuple[int, tuple[str, ...]], tuple[Table, list[dict[str, Any]]]] = {}
    for table, values in inserts:
        shape = (order[table.name], tuple(sorted(values)))
        groups.setdefault(shape, (table, []))[1].append(values)
    return [groups[shape] for shape in sorted(groups)]


def _in_turn(
    changes: list[tuple[Table, dict[str, Any], dict[str, Any]]],
) -> Iterable[tuple[Update, list[dict[str, Any]]]]:
    """Group changes of one shape; none goes ahead of another that sets the same columns of its table."""
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], tuple[Update, list[dict[str, Any]]]] = {}
    for table, where, values in changes:
        shape = (table.name, tuple(where), tuple(values))
        if shape not in groups:
            if any(name == table.name and not values.keys().isdisjoint(set_) for name, _at, set_ in groups):
                yield from groups.values()
                groups = {}
            groups[shape] = (_change(table, tuple(where), tuple(values)), [])
        row = {f"new_{k}": v for k, v in values.items()} | {f"at_{k}": v for k, v in where.items()}
        groups[shape][1].append(row)
    yield from groups.values()


# Made once: the same few statements are said for every single message.
@cache
def _order() -> Mapping[str, int]:
    return {table.name: n for n, table in enumerate(Base.metadata.sorted_tables)}


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _change(table: Table, where: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    return statement.where(*(table.c[name] == bindparam(f"at_{name}") for name in where))


@cache
def _removal(table: Table, where: tuple[str, ...]) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(f"at_{name}") for name in where))
