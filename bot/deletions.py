"""
Taking words back out of the chat.

A deletion is due at its own time, or with the sweep of its chat, and at the latest 47 hours after the
message: at 48 Telegram refuses. Failures are tried again until then. What is left after that is given up,
and the count says so; the person is told once how to do it by hand. Deletions yield to answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot import outcomes
from bot import rows as build
from bot.doors import Doors
from bot.errors import BotError
from bot.health import Health
from bot.telegram import Door, seconds
from bot.writer import Writer
from casework.database import Database
from casework.errors import CaseworkError
from casework.strongbox import Strongbox
from casework.tables import Deletion
from crypto.errors import CryptoError

log = logging.getLogger(__name__)

LOOK_AGAIN = 1.0  # seconds between looks at the table
LOAD = 300  # rows a look
CALL = 100  # messages that one call may delete
YIELD = 5.0  # seconds that answers may hold deletions up at a time
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 1800.0  # seconds between tries of one row
SLOWED_PAUSE = 30.0

# Called with a chat where something could not be deleted in time.
Tell = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Entry:
    """One row of what is due: the messages it stands for, and the reply whose words they carry."""

    row: Deletion
    messages: list[int]
    reply: str | None

    def __repr__(self) -> str:
        return f"<Entry {len(self.messages)}>"


class Deletions:
    """Deletes what is due."""

    def __init__(
        self,
        doors: Doors,
        database: Database,
        writer: Writer,
        strongbox: Strongbox,
        clock: Callable[[], datetime],
        health: Health,
        is_busy: Callable[[], bool],
        tell: Tell | None = None,
    ) -> None:
        self._doors = doors
        self._database = database
        self._writer = writer
        self._strongbox = strongbox
        self._clock = clock
        self._health = health
        self._is_busy = is_busy
        self._tell = tell
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that rows may have become due."""
        self._wake.set()

    async def run(self) -> None:
        """Delete until cancelled."""
        while True:
            self._wake.clear()
            pause = LOOK_AGAIN
            try:
                await self._yield_to_answers()
                pause = await self.once()
            except (SQLAlchemyError, CaseworkError, BotError):
                self._health.trouble("deletions", "cannot_store")
            except Exception as error:  # noqa: BLE001  what can be deleted tomorrow must not stop today's answers
                log.error("deletions.broke %s", type(error).__name__)  # noqa: TRY400  it may quote a row
                self._health.trouble("deletions", "broke")
                pause = SLOWED_PAUSE
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the wake.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def once(self) -> float:
        """Delete what is due now, and return the seconds until the next look."""
        now = self._clock()
        due = await asyncio.to_thread(self._due, now)
        chats: dict[tuple[int | None, int], list[Entry]] = defaultdict(list)
        dropped = []
        for row in due:
            try:
                payload = build.open_deletion(self._strongbox.spools, row.id, row.locked)
                place, messages = (payload.get("door"), payload["chat"]), payload["messages"]
            except (CryptoError, KeyError, TypeError):
                log.warning("deletions.unreadable")
                dropped.append(row.id)
                continue
            if row.due is None and payload.get("keep"):
                dropped.append(row.id)
                continue
            chats[place].append(Entry(row, messages, payload.get("reply")))
        if dropped:
            await self._writer.do(lambda session: _drop(session, dropped))
        refused: set[int | None] = set()
        for (door, chat), entries in chats.items():
            try:
                if not await self._clear(door, chat, entries, now):
                    refused.add(door)
            except RetryAfter as error:
                return seconds(error)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                # A fault of ours in this one chat: it must not hold up the others.
                log.error("deletions.broke %s", type(error).__name__)  # noqa: TRY400  it may quote a row
                again = [(entry.row.id, _again(entry.row, now)) for entry in entries]
                await self._writer.do(lambda session: _settle(session, [], again))  # noqa: B023  used at once
        if refused:
            self._health.trouble("deletions", "token_refused")
        else:
            self._health.ok("deletions")
        return 0.0 if len(due) == LOAD else LOOK_AGAIN

    def _due(self, now: datetime) -> list[Deletion]:
        """Return rows whose time has come: their own, or the last at which Telegram still deletes."""
        with self._database.read() as session:
            return list(
                session.scalars(
                    select(Deletion)
                    .where(or_(Deletion.due <= now, Deletion.deadline <= now))
                    .order_by(Deletion.deadline)
                    .limit(LOAD)
                )
            )

    async def _yield_to_answers(self) -> None:
        """Let answers go first, for a while."""
        waited = 0.0
        while self._is_busy() and waited < YIELD:
            await asyncio.sleep(0.1)
            waited += 0.1

    async def _clear(self, door: int | None, chat: int, entries: Sequence[Entry], now: datetime) -> bool:
        """
        Delete the messages of one chat, a hundred a call, one by one where a call is refused.

        Returns whether the door they stand with is open to us; where it is not they are tried again later,
        and hold up no other door's.
        """
        at = self._doors.first if door is None else self._doors.at(door)
        is_open = at is not None
        for part in _calls(entries):
            gone: list[Entry] = []
            if at is not None and is_open:
                try:
                    gone = await self._delete(at, chat, part)
                except InvalidToken:
                    is_open = False
            left = [entry for entry in part if entry not in gone]
            late = [entry for entry in left if entry.row.deadline <= now]
            if late:
                log.warning("deletions.given_up %d", len(late))
                if self._tell is not None:
                    await self._tell(chat)
            done = [entry.row.id for entry in [*gone, *late]]
            again = [(entry.row.id, _again(entry.row, now)) for entry in left if entry not in late]
            replies = {entry.reply for entry in gone if entry.reply is not None}

            def settle(
                session: Session,
                done: list[bytes] = done,
                again: list[tuple[bytes, datetime]] = again,
                replies: set[str] = replies,
            ) -> None:
                _settle(session, done, again)
                for reply in replies - self._standing(session, chat, replies):
                    outcomes.gone(session, bytes.fromhex(reply))

            await self._writer.do(settle)
        return is_open

    def _standing(self, session: Session, chat: int, replies: set[str]) -> set[str]:
        """Return which of *replies* have words left in *chat*."""
        if not replies:
            return set()
        tags = [*build.tags_of(self._strongbox, chat), *build.fixed_tags_of(self._strongbox, chat)]
        standing = set()
        for row in session.scalars(select(Deletion).where(Deletion.tag.in_(tags))):
            try:
                standing.add(build.open_deletion(self._strongbox.spools, row.id, row.locked).get("reply"))
            except CryptoError:
                continue
        return {reply for reply in standing if reply is not None}

    async def _delete(self, door: Door, chat: int, entries: Sequence[Entry]) -> list[Entry]:
        """Return what is gone from the chat now."""
        messages = [number for entry in entries for number in entry.messages]
        try:
            await door.delete_messages(chat, messages)
        except BadRequest:
            return await self._delete_singly(door, chat, entries)
        except (RetryAfter, InvalidToken):
            raise
        except TelegramError:
            return []  # blocked too, which may end before the deadline
        return list(entries)

    async def _delete_singly(self, door: Door, chat: int, entries: Sequence[Entry]) -> list[Entry]:
        gone: list[Entry] = []
        for entry in entries:
            standing = 0
            for number in entry.messages:
                try:
                    await door.delete_message(chat, number)
                except BadRequest as error:
                    standing += "not found" not in error.message.lower()
                except (RetryAfter, InvalidToken):
                    raise
                except TelegramError:
                    standing += 1
            if not standing:
                gone.append(entry)
        return gone


def _calls(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cut *entries* into parts of at most :data:`CALL` messages."""
    part: list[Entry] = []
    for entry in entries:
        if part and sum(len(one.messages) for one in (*part, entry)) > CALL:
            yield part
            part = []
        part.append(entry)
    if part:
        yield part


def _again(row: Deletion, now: datetime) -> datetime:
    """Return when to try *row* again: ever later, but once more before the deadline."""
    pause = timedelta(seconds=min(FIRST_PAUSE * 2**row.tries, LONGEST_PAUSE))
    return min(now + pause, max(row.deadline, now + timedelta(seconds=FIRST_PAUSE)))


def _settle(session: Session, done: list[bytes], again: list[tuple[bytes, datetime]]) -> None:
    _drop(session, done)
    for row, due in again:
        session.execute(update(Deletion).where(Deletion.id == row).values(due=due, tries=Deletion.tries + 1))


def _drop(session: Session, ids: list[bytes]) -> None:
    session.execute(delete(Deletion).where(Deletion.id.in_(ids)))
