"""
A running hub to measure: the stand-in Telegram and the hub each in a process of their own, on loopback.

The house is a fresh SQLite one. Whoever measures plays the phones over the stand-in's control API and reads
there when each call of the hub came; all three processes tell the time by the machine's own clock.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.emulator.client import Remote
from bot.emulator.process import EmulatorProcess
from bot.raw import NUMBER_BITS
from bot.telegram import door_number
from casework.database import connect, create_tables
from casework.tables import Mailbox
from crypto.phrase import Phrase, generate
from tests.house import House, build
from tests.hubs import TOKEN, counts, write_config

DOOR = door_number(TOKEN) << NUMBER_BITS
STARTS_WITHIN, DRAINS_WITHIN = 60.0, 240.0  # seconds

Figures = dict[str, float]
Json = dict[str, Any]


@dataclass
class Stand:
    """A running hub, the stand-in it talks to, and the phones."""

    house: House
    remote: Remote
    phones: list[int]
    hub: asyncio.subprocess.Process
    rows: sqlite3.Connection

    async def write(self, phones: Sequence[int], messages: int) -> range:
        """Let *phones* write so many messages at once, in turns; return the numbers of the updates."""
        written = await self.remote.call("POST", "/much", phones=list(phones), messages=messages)
        return range(written["first"], written["next"])

    async def text(self, phone: int, text: str) -> None:
        """Let one phone write."""
        await self.remote.call("POST", f"/phones/{phone}/text", text=text)

    def committed(self, numbers: range) -> int:
        """Return how many of these updates are worked and committed."""
        query = "SELECT count(*) FROM spool WHERE state = 'done' AND update_id BETWEEN ? AND ?"
        found: int = self.rows.execute(query, [DOOR + numbers[0], DOOR + numbers[-1]]).fetchone()[0]
        return found

    async def taken(self, numbers: range) -> None:
        """Wait until all these updates are in the spool, sealed and committed, worked or not."""
        query = "SELECT count(*) FROM spool WHERE update_id BETWEEN ? AND ?"
        async with asyncio.timeout(DRAINS_WITHIN + len(numbers) / 10):
            while self.rows.execute(query, [DOOR + numbers[0], DOOR + numbers[-1]]).fetchone()[0] < len(
                numbers
            ):
                await asyncio.sleep(0.005)

    async def drained(self, numbers: range) -> None:
        """Wait until all these updates are committed."""
        async with asyncio.timeout(DRAINS_WITHIN + len(numbers) / 10):
            while self.committed(numbers) < len(numbers):
                await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """Wait until everything owed was said."""
        async with asyncio.timeout(DRAINS_WITHIN):
            while True:
                left = await asyncio.to_thread(counts, self.house)
                if left["waiting"] == left["outbox"] == 0:
                    return
                await asyncio.sleep(0.1)

    def phrases(self, number: int) -> list[Phrase]:
        """Give so many cases a code phrase each, and return them."""
        made = [generate(os.urandom) for _ in range(number)]
        cases = [row[0] for row in self.rows.execute('SELECT id FROM "case" LIMIT ?', [number])]
        with self.house.database.write() as session:
            for case, phrase in zip(cases, made, strict=True):
                box = phrase.mailbox()
                recipient, route = box.identity.recipient.raw, box.seal_route(case)
                session.add(Mailbox(id=box.id, recipient=recipient, route=route, kind="phrase"))
        return made


@dataclass
class Wire:
    """Reads, as they come, the messages that the hub sends."""

    remote: Remote
    heard: Callable[[int, str, float], None]  # chat, words, instant
    seen: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read until stopped."""
        while not self._stop.is_set():
            for call in await self.remote.calls("sendMessage", self.seen):
                self.seen = call["number"]
                if call["status"] == 200:
                    self.heard(int(call["params"]["chat_id"]), call["params"]["text"], call["clock"])
            await asyncio.sleep(0.1)

    def stop(self) -> None:
        """End reading with the look at hand."""
        self._stop.set()


@asynccontextmanager
async def child(*argv: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a Python module as a child, and end it."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        await running.wait()


@asynccontextmanager
async def telegram() -> AsyncIterator[tuple[Remote, str]]:
    """Run a stand-in with one bot."""
    with EmulatorProcess() as emulator:
        async with Remote(emulator.base_url) as remote:
            await remote.call("POST", "/bots", token=TOKEN)
            yield remote, emulator.base_url


@asynccontextmanager
async def standing(chats: int) -> AsyncIterator[Stand]:
    """Lay out a house, run a hub on it, and have every phone begin a tip."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        house = build(database, folder, now=datetime.now(UTC))
        async with telegram() as (remote, base_url):
            phones = [(await remote.phone(language_code="ru")).phone_id for _ in range(chats)]
            async with child("tests.chaos_hub", str(write_config(folder, house, base_url))) as hub:
                rows = sqlite3.connect(f"file:{folder / 'house.db'}?mode=ro", uri=True, isolation_level=None)
                stand = Stand(house, remote, phones, hub, rows)
                await stand.drained(await stand.write(phones, chats))
                await stand.quiet()
                yield stand
                rows.close()
        database.close()


def processor_time(process: asyncio.subprocess.Process) -> float:
    """Return the seconds of processor time a child has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: asyncio.subprocess.Process) -> float:
    """Return the MiB a child has in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def quantiles(latencies: list[float], name: str = "") -> Figures:
    """Return the median and the slow ends, in milliseconds."""
    if len(latencies) < 2:
        return {}
    cuts = statistics.quantiles(latencies, n=100)
    return {f"{name}p{n}_ms": 1000 * cuts[n - 1] for n in (50, 95, 99)}


async def at_rate(rate: float, seconds: float, act: Callable[[int], Any]) -> None:
    """Begin *act* so many times a second, whether the one before has ended or not."""
    began, n = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while time.perf_counter() - began < seconds:
            group.create_task(act(n))
            n += 1
            await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
