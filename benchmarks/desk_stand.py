"""
A house with many cases to measure the desk in: some of them real, the others laid down as they would lie.

Cases of whoever is measured are sealed, opened and signed for real. The others' are rows that nobody opens,
as many as they would be and in the order of their keys, laid down without sealing or signing:

* Their items have the same :data:`SHORT` bytes instead of some 2,700 each. What is measured finds its own
  rows through indexes, which are as large as they would be, and reads only those.
* Their rows in the journal follow each other as they must, with the same bytes for every signature. Whoever
  reads the journal passes them over: what reading it takes is for :mod:`benchmarks.vault` to say.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources
from itertools import islice
from typing import Any, cast

from sqlalchemy import delete, insert, select, text

from casework import journal, keys, rows
from casework.actors import Actor, subject_of
from casework.database import Database
from casework.tables import Case, Clock, Grant, Item, JournalRow, SealingKey
from crypto.signature import SigningKey
from tests.deskhouse import DeskHouse

MESSAGES = 20
LONG = 200
# Waiting for somebody to take them up: a quiet morning of such a service.
WAITING = 40
CAST = {"alice": {"lawyer"}, "bob": {"lawyer"}, "cleo": {"lawyer"}, "olga": {"coordinator"}}
PORTION = 20_000
# Bytes of an item nobody opens.
SHORT = 600


def vocabulary() -> list[str]:
    """Return some ten thousand Russian words to write messages with."""
    text = resources.files("casework.redaction").joinpath("data/places.tsv").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"[а-яё]{4,}", text.lower())))[:10_000]


def sentence(words: list[str], lot: random.Random, length: int = 40) -> str:
    """Return *length* words, the first ones of the list oftener than the last."""
    return " ".join(words[int(len(words) * lot.random() ** 3)] for _ in range(length))


def fill(database: Database, desk: DeskHouse, count: int, lot: random.Random) -> None:
    """Add *count* cases of others: rows as they would lie, with bytes nobody opens."""
    day, epoch = desk.house.now.date(), desk.house.strongbox.epoch.number
    sealed, locked, recipient = os.urandom(SHORT), os.urandom(1759), os.urandom(1216)
    cases, clocks, public, grants = [], [], [], []
    for n, case in enumerate(sorted(lot.randbytes(16) for _ in range(count))):
        waits, active = n % (count // WAITING) == 0, n % 8 == 0
        status = "new" if waits else "open" if active else "closed"
        who = None if waits else lot.choice(("bob", "cleo"))
        cases.append(
            {
                "id": case, "kind": "legal", "team": "legal", "status": status, "urgency": "normal",
                "language": "ru", "assignee": who, "second": "cleo" if who == "bob" else None,
                "opened": day - timedelta(n % 700), "touched": day - timedelta(n % 300), "version": 3,
                "may_summarise": True, "may_quote": False, "may_share": False, "wrote_before": False,
            }
        )  # fmt: skip
        if active and not waits:
            clocks.append({"case": case, "kind": "reply", "due": desk.house.now + timedelta(hours=n % 72)})
        public.append(
            {
                "owner": case, "compartment": "content", "generation": 1, "recipient": recipient,
                "made_by": "bob", "signature": b"",
            }
        )  # fmt: skip
        grants += [
            {
                "owner": case, "compartment": "content", "generation": 1, "staff": one, "number": 1,
                "epoch": epoch, "locked": locked,
            }
            for one in ("bob", "cleo")
        ]  # fmt: skip
    for table, batch in ((Case, cases), (SealingKey, public), (Grant, grants), (Clock, clocks)):
        for some in portions(batch):
            with database.write() as session:
                session.execute(insert(table), some)
    items = sorted((lot.randbytes(16), case["id"], at) for case in cases for at in range(MESSAGES + 1))
    lay_items(
        database, ((id_, case, "cover" if not at else "message", day, sealed) for id_, case, at in items)
    )
    journalled(database, desk, [(one["id"], one["assignee"], one["status"]) for one in cases])


def portions(batch: list[Any]) -> Iterator[list[Any]]:
    """Cut a long list into what one transaction writes."""
    for at in range(0, len(batch), PORTION):
        yield batch[at : at + PORTION]


def lay_items(database: Database, items: Iterator[tuple[bytes, bytes, str, date, bytes]]) -> None:
    """Lay down millions of items in the order of their ids; their indexes are made at the end."""
    indexes = list(Item.__table__.indexes)  # type: ignore[attr-defined]
    for index in indexes:
        index.drop(database.engine)
    names = ("id", "case", "kind", "day", "sealed", "compartment", "generation", "author", "size", "chunks")
    same = ("content", 1, "tipster")
    columns = ", ".join(f'"{name}"' for name in names)
    connection = database.engine.raw_connection()
    cursor: Any = connection.cursor()
    if database.is_sqlite:
        cursor.execute("PRAGMA synchronous=OFF")
        marks = ", ".join("?" for _ in names)
        while some := list(islice(items, PORTION)):
            laid = [(*one[:3], one[3].isoformat(), one[4], *same, len(one[4]), 0) for one in some]
            cursor.execute("BEGIN")
            cursor.executemany(f"INSERT INTO item ({columns}) VALUES ({marks})", laid)
            cursor.execute("COMMIT")
        cursor.execute("PRAGMA synchronous=FULL")
    else:
        with cursor.copy(f"COPY item ({columns}) FROM STDIN") as copy:
            for one in items:
                copy.write_row((*one, *same, len(one[4]), 0))
        connection.commit()
    connection.close()
    for index in indexes:
        index.create(database.engine)


class Blank:
    """Signs nothing: the same bytes under everything."""

    def sign(self, _tag: str, _message: bytes) -> bytes:
        """Return as many bytes as a signature has."""
        return bytes(64)


def journalled(database: Database, desk: DeskHouse, cases: list[tuple[bytes, str | None, str]]) -> None:
    """Write what the journal would at least say of these cases: who accepted and closed them."""
    day, roster = desk.house.now.date(), desk.house.roster
    blank = cast("SigningKey", Blank())
    names = JournalRow.__table__.columns.keys()
    with database.read() as session:
        last = session.scalars(select(JournalRow).order_by(JournalRow.n.desc()).limit(1)).one_or_none()
    laid: list[dict[str, Any]] = []
    for case, who, status in cases:
        if who is None:
            continue
        acts = ("accept", "second", "close") if status == "closed" else ("accept", "second")
        for act in acts:
            subject = subject_of("cleo" if who == "bob" else "bob") if act == "second" else None
            last = journal.sign(last, act, by=Actor(who, 1, blank), day=day, case=case, subject=subject)
            journal.take(last, blank, roster)
            laid.append({name: getattr(last, name) for name in names})
        if len(laid) >= PORTION:
            with database.write() as session:
                session.execute(insert(JournalRow), laid)
            laid.clear()
    with database.write() as session:
        session.execute(insert(JournalRow), laid)


def write_mine(
    database: Database, desk: DeskHouse, count: int, words: list[str], lot: random.Random
) -> bytes:
    """Give Alice *count* cases with messages that open; return the long one."""
    long = b""
    for n in range(count):
        case = desk.file_case("legal", "alice", sentence(words, lot), push=False)
        with database.write() as session:
            row = session.get_one(Case, case)
            row.status, row.second = "open", "bob"
            by, day = desk.house.actor("alice"), desk.house.now.date()
            journal.write(session, "accept", by=by, day=day, case=case)
            journal.write(session, "second", by=by, day=day, case=case, subject=subject_of("bob"))
            # As accepting leaves it: nobody else of the team holds it.
            session.execute(delete(Grant).where(Grant.owner == case, Grant.staff == "cleo"))
            public = keys.public_of(session.get_one(SealingKey, (case, keys.CONTENT, 0)))
        batch = rows.Rows()
        for seq in range(1, LONG if n == 0 else MESSAGES):
            keys.seal_item(
                batch, public, kind="message", author="tipster", day=desk.house.now.date(),
                payload={"text": sentence(words, lot), "at": desk.house.now.isoformat(), "seq": seq},
                signing=desk.house.strongbox.signing,
            )  # fmt: skip
        with database.write() as session:
            rows.write(session, [batch])
        long = long or case
    return long


def settle(database: Database) -> None:
    """Do at once what a PostgreSQL server does by itself some minutes after much was written."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
