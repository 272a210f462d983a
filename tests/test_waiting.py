"""Chores ask one cheap question first: it must say yes whenever there is something to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from casework.database import Database
from casework.tables import (
    Answer,
    Approval,
    Base,
    Draft,
    HandIn,
    JournalRow,
    Manifest,
    Notice,
    Press,
    Published,
    Request,
    TakeDown,
    Verdict,
)
from subrosa import waiting
from tests.house import NOON

DAY, ID = NOON.date(), bytes(16)
SIGNED: dict[str, Any] = {"number": 1, "day": DAY, "signature": b"s"}
JOURNAL: dict[str, Any] = SIGNED | {"act": "note", "actor": "alice", "previous": b"", "head": b""}
DRAFT = Draft(id=ID, public_id="p", status="review", author="carol", day=DAY, sealed=b"")

WAITING: list[tuple[str, list[Base]]] = [
    ("DESKS", [Request(id=ID, staff="alice", number=1, body=b"", signature=b"", at=NOON)]),
    ("DESKS", [Answer(request=ID, sealed=b"", at=NOON)]),
    (
        "DESKS",
        [HandIn(id=ID, staff="alice", number=1, key=1, sealed=b"", signature=b"", state="new", at=NOON)],
    ),
    ("SIGNED", [JournalRow(n=1, roster=1, **JOURNAL), JournalRow(n=2, **JOURNAL)]),
    ("SIGNED", [JournalRow(n=1, **JOURNAL), JournalRow(n=2, roster=1, **JOURNAL)]),
    (
        "SIGNED",
        [
            DRAFT,
            Verdict(
                id=ID, draft=ID, digest=b"", half="editor", level="pass", staff="c", sealed=b"", **SIGNED
            ),
        ],
    ),
    ("SIGNED", [DRAFT, Approval(draft=ID, digest=b"", staff="carol", role="author", **SIGNED)]),
    ("TAKE_DOWNS", [TakeDown(public_id="p", staff="carol", code="safety", **SIGNED)]),
    ("PRESS", [Press(id=ID, draft=ID, digest=b"", due=DAY, sealed=b"")]),
    ("PRESS", [Manifest(digest=b"d", body=b"", day=DAY, state="released")]),
    ("PRESS", [Published(public_id="e", digest=b"", day=DAY, state="printing")]),
    ("NOTICES", [Notice(id=ID, staff="alice", kind="new", due=NOON)]),
]

SETTLED: list[tuple[str, list[Base]]] = [
    ("SIGNED", [JournalRow(n=1, roster=1, **JOURNAL)]),
    ("PRESS", [Press(id=ID, draft=ID, digest=b"", due=DAY, sealed=b"", why="unreadable")]),
    ("PRESS", [Manifest(digest=b"d", body=b"", day=DAY, state="public")]),
    ("PRESS", [Published(public_id="e", digest=b"", day=DAY, state="published")]),
    ("NOTICES", [Notice(id=ID, staff="alice", kind="new", due=NOON + timedelta(seconds=1))]),
]


def _ask(database: Database, question: str, rows: list[Base]) -> bool:
    with database.write() as session:
        for row in rows:
            session.merge(row)
            session.flush()
    with database.read() as session:
        return waiting.waits(session, getattr(waiting, question), NOON)


@pytest.mark.parametrize(("question", "rows"), WAITING)
def test_no_chore_overlooks_what_waits(question: str, rows: list[Base], database: Database) -> None:
    assert not _ask(database, question, [])
    assert _ask(database, question, rows)


@pytest.mark.parametrize(("question", "rows"), SETTLED)
def test_what_is_settled_wakes_no_chore(question: str, rows: list[Base], database: Database) -> None:
    assert not _ask(database, question, rows)
