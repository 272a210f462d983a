"""
The hub: everything that runs while the house is open.

Order at start: known-answer tests, the locks that keep a second hub out, requests and answers of desks
dropped, what the spool holds handed to workers, and only then the first question to Telegram. Reaping
begins when that backlog is worked. Order at the end: polling stops first; what is in work is finished or
left in the spool.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot import identity, link, runs, setbacks
from bot.answer import Answerer
from bot.deletions import Deletions
from bot.dispatch import Dispatcher
from bot.doors import Doors
from bot.errors import BotError
from bot.fetch import Fetcher
from bot.guard import sole_hub
from bot.health import BEAT, Health
from bot.late import LateFiles
from bot.outbox import Outbox
from bot.pace import Pace
from bot.poll import poll
from bot.rows import Numbers
from bot.rush import Rush
from bot.spool import Spool
from bot.taps import Taps
from bot.telegram import BATCH, close
from bot.ticks import Tick, ticking
from bot.work import Erase, Worker
from bot.writer import Writer
from casework import keeper
from casework.clocks import Hours, Times
from casework.database import Database
from casework.errors import CaseworkError
from casework.strongbox import Strongbox
from crypto import selftest
from crypto.roster import Anchor
from intake import snapshot
from intake.limits import Budgets
from intake.outage import Outage

log = logging.getLogger(__name__)

# Updates in work at once. Sealing holds one core; the rest is waiting for files and commits.
WIDTH = 16
# Seconds between looks for tips left in writing, and between reapings.
IDLE_EVERY, REAP_EVERY = 60.0, 3600.0
# Seconds that work in hand may take at the end before it is left in the spool.
LAST_WORK = 10.0


@dataclass(frozen=True)
class House:
    """What a hub is given: the house it serves and the way out of it."""

    database: Database
    strongbox: Strongbox
    anchor: Anchor
    doors: Doors
    state_dir: Path
    runtime_dir: Path
    clock: Callable[[], datetime]
    erase: Erase
    times: Times = field(default_factory=Times)
    hours: Hours = field(default_factory=Hours)
    escrow_days: int = snapshot.ESCROW_DAYS
    outage: Outage | None = None  # hours that a restore lost
    pace: Callable[[], Pace] = Pace
    identity: str = "neutral"  # neutral | none: leave the bot's name and commands as they are


class Hub:
    """One running hub. Make it inside the event loop that runs it."""

    def __init__(self, house: House, ticks: Sequence[Tick] = ()) -> None:
        self._house = house
        self._ticks = ticks
        self.health = Health(house.runtime_dir, house.clock)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Serve until *stop* is set.

        Raises:
            SecondHubError: another hub serves this house.
            SelfTestError: the vault's known answers came out wrong.
            SchemaMismatchError: the database belongs to another version.
        """
        selftest.run()
        house = self._house
        with sole_hub(house.state_dir), Writer(house.database) as writer:
            await writer.do(lambda _session: None)  # takes the database's own lock, or fails here
            await asyncio.to_thread(keeper.clear, house.database)
            try:
                await self._serve(writer, stop)
            finally:
                for door in house.doors:
                    await close(door)
        log.info("hub.ended")

    async def _serve(self, writer: Writer, stop: asyncio.Event) -> None:
        parts = await asyncio.to_thread(Parts, self._house, writer, self.health)
        backlog = await asyncio.to_thread(parts.spool.waiting)
        for arrival in backlog:
            parts.work.put(arrival.lane, arrival.number)
        log.info("hub.started %d", len(backlog))
        async with asyncio.TaskGroup() as group:
            polling = [
                group.create_task(
                    poll(
                        door, partial(parts.take, door.number), self.health, _part(place), parts.tell_refused
                    )
                )
                for place, door in enumerate(self._house.doors, 1)
            ]
            runs = [
                parts.work.run(),
                parts.outbox.run(),
                parts.deletions.run(),
                parts.taps.run(),
                self._keep_house(parts, writer),
                ticking(self._ticks, self.health),
                setbacks.watch(self._house.clock, writer, parts.wake),
                self._beat(),
            ]
            if self._house.identity == "neutral":
                runs += [identity.put_on(door, self.health) for door in self._house.doors]
            others = [group.create_task(run) for run in runs]
            await stop.wait()
            for poller in polling:
                poller.cancel()
            try:
                async with asyncio.timeout(LAST_WORK):
                    await parts.work.idle()
            except TimeoutError:
                log.warning("hub.left_work %d", parts.work.count)
            for task in others:
                task.cancel()

    async def _beat(self) -> None:
        """Say again and again that the hub is there."""
        while True:
            await asyncio.to_thread(self.health.beat)
            await asyncio.sleep(BEAT)

    async def _keep_house(self, parts: Parts, writer: Writer) -> None:
        """File what was left in writing, and reap, once the backlog of the start is worked."""
        await parts.work.idle()
        reaped = float("-inf")
        loop = asyncio.get_running_loop()
        while True:
            try:
                await parts.queue_idle()
                if loop.time() - reaped > REAP_EVERY:
                    today = self._house.clock().date()
                    await parts.spool.reap()
                    await writer.do(lambda session: link.reap(session, today))  # noqa: B023  used at once
                    reaped = loop.time()
                self.health.ok("keeping")
            except (SQLAlchemyError, CaseworkError, BotError):
                self.health.trouble("keeping", "cannot_store")
            except Exception as error:  # noqa: BLE001  housekeeping must not stop the house
                log.error("keeping.broke %s", type(error).__name__)  # noqa: TRY400  it may quote a row
                self.health.trouble("keeping", "broke")
            await asyncio.sleep(IDLE_EVERY)


def _part(place: int) -> str:
    """Return the name of a door in what the hub says of itself."""
    return "intake" if place == 1 else f"intake {place}"


class Parts:
    """The parts of a hub, put together. Reads the database once, for the next number of the outbox."""

    def __init__(self, house: House, writer: Writer, health: Health) -> None:
        database, strongbox, clock, doors = house.database, house.strongbox, house.clock, house.doors
        self.spool = Spool(database, writer, strongbox, clock)
        self.answerer = Answerer(
            database,
            strongbox,
            partial(
                snapshot.read_house,
                strongbox=strongbox,
                anchor=house.anchor,
                times=house.times,
                hours=house.hours,
                escrow_days=house.escrow_days,
                outage=house.outage,
            ),
            Numbers.after(database),
            Budgets(os.urandom(32)),
            clock,
        )
        fetcher = Fetcher(doors, house.state_dir)
        self.outbox = Outbox(
            doors,
            database,
            writer,
            strongbox,
            clock,
            self.spool.lane,
            health,
            self.answerer.audience,
            house.pace(),
            LateFiles(fetcher, writer, self.answerer, clock),
        )
        self.deletions = Deletions(
            doors, database, writer, strongbox, clock, health, lambda: self.outbox.is_busy, self._tell
        )
        self.taps = Taps()
        worker = Worker(
            doors,
            self.spool,
            writer,
            self.answerer,
            fetcher,
            self.taps,
            health,
            clock,
            house.erase,
            self.wake,
        )
        self._rush = Rush(time.monotonic)
        self.work: Dispatcher[int | bytes] = Dispatcher(worker.work, WIDTH, runs.LONGEST, self._rush.over)
        self._writer = writer
        self._queued: set[bytes] = set()

    async def take(self, door: int, updates: Sequence[dict[str, Any]]) -> None:
        """Store a batch that came in by *door*, then hand it to the workers."""
        arrivals = await self.spool.take(updates, door)
        self._rush.took(full=len(updates) >= BATCH)
        for arrival in arrivals:
            self.work.put(arrival.lane, arrival.number)

    async def queue_idle(self) -> None:
        """Hand cases left in writing to the workers, each in the lane of its chat."""
        found = await asyncio.to_thread(self.answerer.idle)
        for case, chat in found:
            if case not in self._queued:
                self.work.put(self.spool.lane(chat), case)
        self._queued = {case for case, _chat in found}

    async def tell_refused(self) -> None:
        """Let the coordinators hear that a bot's token was refused."""
        await self._writer.do(self.answerer.tell_refused)

    def wake(self) -> None:
        """Say that there are new rows to be sent or deleted."""
        self.outbox.wake()
        self.deletions.wake()

    async def _tell(self, chat: int) -> None:
        """Tell a chat that something in it could not be deleted."""
        rows = await asyncio.to_thread(self.answerer.tell, chat, "sweep.left")
        await self._writer.write(rows)
        self.outbox.wake()
