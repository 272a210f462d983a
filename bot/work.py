"""
One update, or a run of one chat's (:mod:`bot.runs`), from the spool to its commit.

A worker takes an update out, lets the conversation answer, and hands everything that follows to the writer
as one transaction: sealed items, the state of the conversation, replies in the outbox, and the spool row
marked done. Until that commit nothing has happened, so any failure means: again, from the start. An update
that cannot be read, or that breaks our code five times (once, when it is two days old), is quarantined:
its words go, without their sender, into the case of its chat and are named to the coordinators. No update
is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from telegram import Update
from telegram.error import TelegramError

from bot import runs, spool
from bot.answer import Answerer, Prepared, claim_writing
from bot.dispatch import Worked
from bot.doors import Doors
from bot.errors import BotError, UnreadableError
from bot.fetch import Fetcher, NotYetError
from bot.health import Health
from bot.hear import Heard, Standing, crowd, hear, note, standing
from bot.sifting import sift
from bot.sound import is_sound
from bot.spool import AlreadyWorkedError, Spool, Spooled
from bot.taps import Taps
from bot.telegram import Door
from bot.writer import Writer
from casework.errors import NotFoundError, SchemaMismatchError

log = logging.getLogger(__name__)

# Tries of an update that breaks our own code, and the age from which one try is enough.
TRIES = 5
OLD = timedelta(hours=48)
# Seconds until an update is tried again: after a fault of ours (doubling), and while the database is away.
FIRST_PAUSE, LONGEST_PAUSE, AWAY_PAUSE = 0.5, 300.0, 1.0

AWAY = (OperationalError, InterfaceError, SchemaMismatchError, BotError, OSError)

# Erases a case; NotFoundError when it is gone already.
Erase = Callable[[bytes, datetime], object]


def _is_update(thing: int | bytes) -> bool:
    return isinstance(thing, int)


class Taken(NamedTuple):
    """An update taken out of the spool, as far as one thread could work it."""

    spooled: Spooled
    update: Update | None  # none: nobody can read it
    heard: Heard | None = None  # none: there is nothing to answer
    prepared: Prepared | None = None  # none: a file is to be fetched first
    numbers: Sequence[int] = ()  # this update and those after it that were answered along with it


class Worker:
    """Works updates (by number) and cases left in writing (by id)."""

    def __init__(
        self,
        doors: Doors,
        spool: Spool,
        writer: Writer,
        answerer: Answerer,
        fetcher: Fetcher,
        taps: Taps,
        health: Health,
        clock: Callable[[], datetime],
        erase: Erase,
        committed: Callable[[], None],
    ) -> None:
        self._doors = doors
        self._spool = spool
        self._writer = writer
        self._answerer = answerer
        self._fetcher = fetcher
        self._taps = taps
        self._health = health
        self._clock = clock
        self._erase = erase
        self._committed = committed

    async def work(self, things: Sequence[int | bytes]) -> Worked:
        """Work the first of *things* and those that go with it; return how many, and when to try again."""
        thing = things[0]
        updates = [one for one in takewhile(_is_update, things) if isinstance(one, int)]
        done = 1
        try:
            if isinstance(thing, bytes):
                await self._file_idle(thing)
            else:
                done = await self._answer(updates)
        except NotYetError as wait:
            return 0, wait.wait
        except AWAY:
            self._health.trouble("work", "cannot_store")
            return 0, AWAY_PAUSE
        except Exception as error:  # noqa: BLE001  our own fault must not hold up the chat for ever
            if len(updates) > 1:
                return await self.work(things[:1])  # it may have been another's fault
            if isinstance(error, AlreadyWorkedError):
                return 1, None
            log.error("work.broke %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            again = await self._count(thing)
            return (1, None) if again is None else (0, again)
        self._health.ok("work")
        self._committed()
        return done, None

    async def _count(self, thing: int | bytes) -> float | None:
        """Remember a try that broke our code; a case left in writing is found again by its tick."""
        if isinstance(thing, bytes):
            return None
        try:
            await self._spool.count_try(thing)
            spooled = await asyncio.to_thread(self._spool.read, thing)
        except AWAY:
            return AWAY_PAUSE
        return float(min(FIRST_PAUSE * 2 ** min(spooled.tries if spooled else 0, 16), LONGEST_PAUSE))

    async def _answer(self, numbers: Sequence[int]) -> int:
        """Answer the first of *numbers* and those that go with it, and return how many."""
        number = numbers[0]
        taken = await asyncio.to_thread(self._take_up, numbers)
        if taken is None:
            return 1
        spooled, update, heard, prepared, answered = taken
        if update is None:
            await self._quarantine(spooled)
            return 1
        if heard is None:
            await self._pass_over(number, update)
            return 1
        if heard.query is not None:
            self._taps.answer(self._door(number), heard.query)
        if prepared is None:
            heard = await self._fetcher.fill(heard, spooled.taken, self._clock())
            prepared = await asyncio.to_thread(self._answerer.answer, heard, spooled.taken)
        await self._erase_first(prepared)

        await self._writer.do(
            lambda session: self._finish(session, answered, prepared),
            prepared.rows,
            lambda session: self._answerer.commit(session, prepared, self._clock().date()),
        )
        return len(answered)

    def _take_up(self, numbers: Sequence[int]) -> Taken | None:
        """Read the first of *numbers* and answer it and its run, all in one thread; None when it is done."""
        found = self._spool.read_all(numbers)
        spooled = found.get(numbers[0])
        if spooled is None:
            return None
        try:
            update, heard = self._hear(spooled)
        except UnreadableError:
            return Taken(spooled, None)
        if heard is None or (heard.file_id is not None and not self._answerer.is_muted(heard.chat)):
            return Taken(spooled, update, heard, numbers=numbers[:1])
        run = [(heard, spooled.taken)]
        if runs.is_plain(heard):
            run += self._following([found.get(number) for number in numbers[1:]], heard)
        answered, prepared = self._answerer.answer_run(run)
        return Taken(spooled, update, heard, prepared, numbers[:answered])

    def _following(self, spooled: Sequence[Spooled | None], first: Heard) -> list[tuple[Heard, datetime]]:
        """Return what can be answered along with *first*: up to whatever is not plain, or not readable."""
        run = []
        for one in spooled:
            try:
                heard = None if one is None else self._hear(one)[1]
            except UnreadableError:
                break
            if one is None or heard is None or not runs.is_plain(heard) or heard.door != first.door:
                break
            run.append((heard, one.taken))
        return run

    def _door(self, number: int) -> Door:
        """Return the door an update came in by; where the house has it no more, the first."""
        return self._doors.at(spool.door_of(number)) or self._doors.first

    def _finish(self, session: Session, numbers: Sequence[int], prepared: Prepared) -> None:
        spool.finish_all(session, numbers)
        self._answerer.withdraw(session, prepared)
        if len(self._doors) > 1:
            # Whoever writes here can be answered here, though another of our bots was blocked.
            self._answerer.open(session, prepared.chat)

    async def _pass_over(self, number: int, update: Update) -> None:
        """Say and keep nothing; a note of Telegram's goes with the sweep, a group is left."""
        group = crowd(update)
        if group is not None:
            with contextlib.suppress(TelegramError):
                await self._door(number).leave_chat(group)
        stands = standing(update)
        if stands is not None and not (stands.is_blocked and len(self._doors) > 1):
            await self._stand(number, stands)
            return
        left = note(update)
        if left is not None:
            left = replace(left, door=spool.door_of(number))
        rows = None if left is None else await asyncio.to_thread(self._answerer.sweep_note, left)
        await self._writer.do(lambda session: spool.finish(session, number), rows)

    async def _stand(self, number: int, stands: Standing) -> None:
        """Hold or release what waits for a chat that closed or opened."""
        audience = await asyncio.to_thread(self._answerer.audience)
        await self._writer.do(
            lambda session: spool.finish(session, number),
            after=lambda session: self._answerer.stand(session, stands, audience),
        )

    def _hear(self, spooled: Spooled) -> tuple[Update, Heard | None]:
        """
        Read an update.

        Raises:
            UnreadableError: it is not what Telegram's documentation says, in whatever way, or breaks us.
        """
        is_old = self._clock() - spooled.taken > OLD
        if spooled.body is None or spooled.tries >= (1 if is_old else TRIES):
            raise UnreadableError
        try:
            update = Update.de_json(spooled.body, self._door(spooled.number))
            heard = hear(update)
            sound = all(map(is_sound, (heard, note(update), standing(update), crowd(update))))
        except Exception as error:  # noqa: BLE001  whatever the library makes of bytes from outside
            log.warning("work.unreadable %s", type(error).__name__)
            raise UnreadableError from None
        if not sound:
            log.warning("work.unsound")
            raise UnreadableError
        return update, heard and replace(heard, door=spool.door_of(spooled.number))

    async def _erase_first(self, prepared: Prepared) -> None:
        """Erase what was asked to be erased, before the tipster is told so."""
        case = prepared.outcome.erase
        if case is None:
            return
        try:
            await asyncio.to_thread(self._erase, case, self._clock())
        except NotFoundError:
            return  # a crash came between the erasure and telling so

    async def _quarantine(self, spooled: Spooled) -> None:
        """Seal the words that are left into the case of their chat, tell the coordinators, and answer."""
        log.warning("work.quarantined")
        left = sift(spooled.body, spool.door_of(spooled.number))
        try:
            prepared = await asyncio.to_thread(self._answerer.quarantine, left, spooled.taken)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  a case that breaks must not hold up its chat for ever
            log.error("work.apart %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            prepared = await asyncio.to_thread(self._answerer.quarantine_apart, left, spooled.taken)
        await self._writer.do(
            lambda session: self._finish_unread(session, spooled.number, prepared),
            prepared.rows,
            lambda session: self._answerer.commit(session, prepared, self._clock().date()),
        )

    def _finish_unread(self, session: Session, number: int, prepared: Prepared) -> None:
        spool.finish(session, number)
        if prepared.outcome.severs:
            self._answerer.withdraw(session, prepared)

    async def _file_idle(self, case: bytes) -> None:
        prepared = await asyncio.to_thread(self._answerer.file_idle, case)
        if prepared is not None:
            await self._writer.do(
                lambda session: claim_writing(session, case),
                prepared.rows,
                lambda session: self._answerer.remember(session, prepared.outcome),
            )
