"""
The spool: every incoming update, locked, before Telegram is told that we have it.

A row is ``new`` (locked bytes) or ``done`` (only its number, kept :data:`REMEMBERED` so that a repeated
update is known; numbers restart at random after a quiet week, so the highest number means nothing).
A new row is never dropped undone. Every bot counts for itself, so a row's number has its door in front.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from bot import raw
from bot.errors import UnreadableError
from bot.rows import tag_of
from bot.writer import Writer
from casework.database import Database
from casework.rows import table_of
from casework.strongbox import Strongbox
from casework.tables import Spool as SpoolRow
from crypto import lock
from crypto.context import named
from crypto.errors import CryptoError

REMEMBERED = timedelta(days=8)  # Telegram may repeat for 24 h; a week and a day leaves room
NEW, DONE = "new", "done"

# Made once: these are said for every single update.
_TABLE = table_of(SpoolRow)
_THESE = _TABLE.c.update_id.in_(bindparam("numbers", expanding=True))
_READ = select(_TABLE.c.update_id, _TABLE.c.locked, _TABLE.c.taken, _TABLE.c.tries).where(
    _THESE, _TABLE.c.state == NEW
)
_FINISH = (
    update(_TABLE)
    .where(_THESE, _TABLE.c.state == NEW)
    .values(state=DONE, tag=None, taken=None, spool=None, locked=None)
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update that waits: its number, and the lane (one chat) it must be worked in, in order."""

    number: int
    lane: bytes


@dataclass(frozen=True, slots=True)
class Spooled:
    """An update taken out of the spool to be worked."""

    number: int
    raw: bytes  # as Telegram sent it, or still locked where the key is gone
    body: dict[str, Any] | None  # None: these bytes are not an update
    taken: datetime
    tries: int

    def __repr__(self) -> str:
        return f"<Spooled {self.number}>"


class AlreadyWorkedError(Exception):
    """This update was committed before; nothing was written again."""


class Spool:
    """The rows of the spool as the hub uses them."""

    def __init__(
        self, database: Database, writer: Writer, strongbox: Strongbox, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._writer = writer
        self._strongbox = strongbox
        self._clock = clock
        # Lanes live in memory only, so they need a key that outlives no process and no rotation.
        self._lanes = lock.Key.generate(0)

    def lane(self, chat: int | None) -> bytes:
        """Return the lane of *chat* in this process."""
        return lock.tag(self._lanes, "lane", str(chat).encode())

    async def take(self, updates: Sequence[dict[str, Any]], door: int = 0) -> list[Arrival]:
        """
        Store a whole batch that came in by *door* in one transaction; return those not known yet.

        Raises:
            SQLAlchemyError: nothing was stored; the batch must be asked for again.
        """
        now = self._clock()
        key = self._strongbox.spool
        batch = {
            door << raw.NUMBER_BITS | number: update
            for update in updates
            if (number := raw.number_of(update)) is not None
        }
        rows = [_row(key, number, update, now) for number, update in batch.items()]
        new = await self._writer.do(lambda session: _insert_unknown(session, rows))
        return [Arrival(number, self.lane(raw.chat_of(batch[number]))) for number in batch if number in new]

    def waiting(self) -> list[Arrival]:
        """Return everything not worked yet, oldest first: what a crash left behind."""
        waiting = (
            select(SpoolRow.update_id, SpoolRow.locked)
            .where(SpoolRow.state == NEW)
            .order_by(SpoolRow.taken, SpoolRow.update_id)
            .execution_options(yield_per=500)
        )
        keys = self._strongbox.spools
        with self._database.read() as session:
            return [
                Arrival(number, self.lane(_chat_of(keys, number, locked)))
                for number, locked in session.execute(waiting)
            ]

    def read(self, number: int) -> Spooled | None:
        """Return update *number* as :meth:`read_all` does, or None when it is done."""
        return self.read_all((number,)).get(number)

    def read_all(self, numbers: Sequence[int]) -> dict[int, Spooled]:
        """
        Return those of the updates *numbers* that are not done.

        A row whose key is gone or whose bytes are damaged comes back without a body: it is an update
        nobody can read, not one to be forgotten.
        """
        with self._database.read() as session:
            rows = session.execute(_READ, {"numbers": numbers}).all()
        keys = self._strongbox.spools
        found = {}
        for number, locked, taken, tries in rows:
            if locked is None:
                continue
            try:
                opened = _open(keys, number, locked)
                body = _parse(opened)
            except UnreadableError:
                opened, body = locked, None
            found[number] = Spooled(number, opened, body, taken or self._clock(), tries)
        return found

    async def count_try(self, number: int) -> None:
        """Remember that working on *number* failed once more."""
        await self._writer.do(
            lambda session: (
                session.execute(
                    update(SpoolRow).where(SpoolRow.update_id == number).values(tries=SpoolRow.tries + 1)
                )
                and None
            )
        )

    async def reap(self) -> None:
        """Forget the numbers of updates done long ago."""
        before = self._clock().date() - REMEMBERED
        old = delete(SpoolRow).where(SpoolRow.state == DONE, SpoolRow.day < before)
        await self._writer.do(lambda session: session.execute(old) and None)


def door_of(number: int) -> int:
    """Return the number of the door by which the update of row *number* came in."""
    return number >> raw.NUMBER_BITS


def finish(session: Session, number: int) -> None:
    """
    Mark *number* as done, in the transaction that writes what came of it.

    Raises:
        AlreadyWorkedError: it was done before.
    """
    finish_all(session, (number,))


def finish_all(session: Session, numbers: Sequence[int]) -> None:
    """
    Mark all *numbers* as done, or none.

    Raises:
        AlreadyWorkedError: one of them was done before.
    """
    changed = session.execute(_FINISH, {"numbers": numbers})
    if changed.rowcount != len(numbers):  # type: ignore[attr-defined]
        raise AlreadyWorkedError


def _row(key: lock.Key, number: int, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    chat = raw.chat_of(body)
    return {
        "update_id": number,
        "state": NEW,
        "tag": None if chat is None else tag_of(key, chat),
        "taken": now,
        "day": now.date(),
        "spool": key.number,
        "locked": lock.lock(key, json.dumps(body).encode(), named("spool", number)),
    }


def _insert_unknown(session: Session, rows: Sequence[dict[str, Any]]) -> frozenset[int]:
    numbers = [row["update_id"] for row in rows]
    known = frozenset(session.scalars(select(SpoolRow.update_id).where(SpoolRow.update_id.in_(numbers))))
    fresh = [row for row in rows if row["update_id"] not in known]
    if fresh:
        session.execute(insert(table_of(SpoolRow)), fresh)
    return frozenset(row["update_id"] for row in fresh)


def _open(keys: dict[int, lock.Key], number: int, locked: bytes) -> bytes:
    try:
        return lock.unlock(keys[lock.number_of(locked)], locked, named("spool", number))
    except (CryptoError, KeyError):
        raise UnreadableError from None


def _chat_of(keys: dict[int, lock.Key], number: int, locked: bytes | None) -> int | None:
    if locked is None:
        return None
    try:
        body = _parse(_open(keys, number, locked))
    except UnreadableError:
        return None
    return None if body is None else raw.chat_of(body)


def _parse(opened: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(opened)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
