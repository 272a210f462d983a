"""
How fast the hub takes tips in, and how soon it says so: ``python -m benchmarks.intake --json``.

The stand-in Telegram and the phones are this process; the hub is one of its own on a fresh SQLite house, and
so is the bot it is compared with, all on loopback.

* *burst*: so many messages from so many chats at once; seconds until all are sealed and committed, and the
  hub's own processor time for each.
* *clients*: so many people who write, wait until their message is committed, and write again at once.
* *steady*: messages at a steady rate; milliseconds from a message on the phone to the first "received" that
  covers it on the wire, with all pacing on. Receipts that follow within three seconds are merged on purpose.
* *plain*: the same burst into a bot that stores nothing (:mod:`benchmarks.plain_bot`), which answers every
  message with a line, or drops it.

Bursts of the hub and of the plain bot take turns; their figures are medians over the rounds, and *ratio* is
the hub's rate by the plain bot's.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click

from bot.emulator import Emulator, phones
from bot.emulator.phones import Hand
from bot.raw import NUMBER_BITS
from bot.telegram import door_number
from casework.database import connect, create_tables
from intake import texts
from intake.replies import Receipt
from tests.house import House, build
from tests.hubs import TOKEN, counts, write_config

DOOR = door_number(TOKEN)
LOOK = 0.004  # seconds between looks at what was sent: the resolution of the latencies
STARTS_WITHIN, DRAINS_WITHIN = 20.0, 60.0  # seconds

Figures = dict[str, float]


@dataclass
class Stand:
    """A running hub, the stand-in it talks to, and the phones."""

    house: House
    emulator: Emulator
    hands: list[Hand]
    hub: asyncio.subprocess.Process
    rows: sqlite3.Connection

    def next_number(self) -> int:
        """Return the number the next update will carry."""
        return next(iter(self.emulator.world.bots.values())).queue.next_id

    def committed(self, numbers: list[int]) -> set[int]:
        """Return which of these updates are worked and committed."""
        door = DOOR << NUMBER_BITS
        marks = ",".join("?" * len(numbers))
        query = f"SELECT update_id FROM spool WHERE state = 'done' AND update_id IN ({marks})"
        return {row[0] - door for row in self.rows.execute(query, [door + number for number in numbers])}


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
async def standing(chats: int) -> AsyncIterator[Stand]:
    """Lay out a house, run a hub on it, and have every phone begin a tip."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        house = build(database, folder, now=datetime.now(UTC))
        async with Emulator() as emulator:
            emulator.world.add_bot(TOKEN)
            hands = [_phone(emulator) for _ in range(chats)]
            async with child("tests.chaos_hub", str(write_config(folder, house, emulator.base_url))) as hub:
                rows = sqlite3.connect(f"file:{folder / 'house.db'}?mode=ro", uri=True, isolation_level=None)
                for hand in hands:
                    phones.write(hand, "the first words of a tip")
                await _drained(house, chats)
                yield Stand(house, emulator, hands, hub, rows)
                rows.close()
        database.close()


def _phone(emulator: Emulator) -> Hand:
    return phones.hold(emulator.world, emulator.world.add_phone({"language_code": "ru"}).phone_id)


async def _drained(house: House, cases: int) -> None:
    """Wait until so many cases stand, and everything owed was said."""
    async with asyncio.timeout(STARTS_WITHIN + DRAINS_WITHIN):
        while True:
            left = await asyncio.to_thread(counts, house)
            if left["case"] == cases and left["waiting"] == left["outbox"] == 0:
                return
            await asyncio.sleep(0.1)


def processor_time(process: asyncio.subprocess.Process) -> float:
    """Return the seconds of processor time a child has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def burst(stand: Stand, messages: int) -> Figures:
    """Send *messages* at once and wait until all are committed."""
    first, used, began = stand.next_number(), processor_time(stand.hub), time.perf_counter()
    for n in range(messages):
        phones.write(stand.hands[n % len(stand.hands)], f"message {n} with some words in it")
    last = list(range(first, first + messages))
    async with asyncio.timeout(DRAINS_WITHIN + messages / 10):
        while len(stand.committed(last)) < messages:
            await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    used = processor_time(stand.hub) - used
    return {"per_second": messages / seconds, "processor_ms_each": 1000 * used / messages}


async def clients(stand: Stand, number: int, seconds: float) -> Figures:
    """Let *number* people write one message after the other, each when the one before is committed."""
    pending: dict[int, tuple[float, Hand]] = {}
    latencies: list[float] = []
    began = time.perf_counter()

    def write(hand: Hand) -> None:
        pending[stand.next_number()] = (time.perf_counter(), hand)
        phones.write(hand, "one more sentence of a tip")

    for hand in stand.hands[:number]:
        write(hand)
    while pending:
        done, now = stand.committed(list(pending)), time.perf_counter()
        for update in done:
            sent, hand = pending.pop(update)
            latencies.append(now - sent)
            if now - began < seconds:
                write(hand)
        await asyncio.sleep(LOOK)
    return {
        "clients": number,
        "per_second": len(latencies) / (time.perf_counter() - began),
        **_quantiles(latencies),
    }


async def steady(stand: Stand, rate: float, seconds: float) -> Figures:
    """Send at *rate* for *seconds*, and measure when each message is acknowledged."""
    waiting: dict[int, deque[float]] = defaultdict(deque)
    latencies: list[float] = []
    firsts: list[float] = []
    stop = asyncio.Event()
    watcher = asyncio.ensure_future(_watch(stand.emulator, waiting, latencies, firsts, stop))
    random, began, n = Random(1), time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        hand = random.choice(stand.hands)
        waiting[hand.chat.chat_id].append(time.perf_counter())
        phones.write(hand, f"steady {n}")
        n += 1
        await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
    deadline = time.perf_counter() + DRAINS_WITHIN
    while any(waiting.values()) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    stop.set()
    await watcher
    first = {f"first_{name}": value for name, value in _quantiles(firsts).items()}
    return {"rate": rate, "unacknowledged": sum(map(len, waiting.values())), **first, **_quantiles(latencies)}


async def _watch(
    emulator: Emulator,
    waiting: dict[int, deque[float]],
    latencies: list[float],
    firsts: list[float],
    stop: asyncio.Event,
) -> None:
    """Match receipts on the wire with the messages they cover, oldest first; *firsts* opened a burst."""
    meanings = {texts.render(Receipt(messages=m), "ru").text: m for m in range(1, 200)}
    seen = max((call.number for call in emulator.world.calls), default=0)
    quiet_since: dict[int, float] = {}
    while not stop.is_set():
        for call in emulator.world.calls.since(seen, "sendMessage"):
            seen = max(seen, call.number)
            now, number = time.perf_counter(), int(call.params["chat_id"])
            covered = min(meanings.get(call.params["text"], 0), len(waiting[number]))
            for at in range(covered):
                sent = waiting[number].popleft()
                latencies.append(now - sent)
                if at == 0 and sent - quiet_since.get(number, 0.0) > 5.0:
                    firsts.append(now - sent)
            if covered:
                quiet_since[number] = now
        await asyncio.sleep(LOOK)


async def plain(chats: int, messages: int, answer: str) -> Figures:
    """Send the same burst into a bot that stores nothing."""
    async with Emulator() as emulator:
        emulator.world.add_bot(TOKEN)
        hands = [_phone(emulator) for _ in range(chats)]
        argv = (emulator.base_url, TOKEN, str(messages), answer)
        async with child("benchmarks.plain_bot", *argv) as bot:
            async with asyncio.timeout(STARTS_WITHIN):
                while not emulator.world.calls.since(0, "getUpdates"):
                    await asyncio.sleep(0.02)
            used, began = processor_time(bot), time.perf_counter()
            for n in range(messages):
                phones.write(hands[n % len(hands)], f"message {n} with some words in it")
            assert bot.stdout is not None
            async with asyncio.timeout(DRAINS_WITHIN + messages / 10):
                await bot.stdout.readline()
            seconds, used = time.perf_counter() - began, processor_time(bot) - used
    return {"per_second": messages / seconds, "processor_ms_each": 1000 * used / messages}


def _quantiles(latencies: list[float]) -> Figures:
    if len(latencies) < 2:
        return {}
    cuts = statistics.quantiles(latencies, n=100)
    return {f"p{n}_ms": 1000 * cuts[n - 1] for n in (50, 95, 99)}


def _medians(rounds: list[Figures]) -> Figures:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


async def measure(
    messages: int, chats: int, people: int, rate: float, seconds: float, rounds: int
) -> dict[str, Figures]:
    """Run all parts and return their figures."""
    found: dict[str, list[Figures]] = defaultdict(list)
    async with standing(chats) as stand:
        found["steady"].append(await steady(stand, rate, seconds))
        for _ in range(rounds):
            found["burst"].append(await burst(stand, messages))
            found["plain_reply"].append(await plain(chats, messages, "reply"))
            found["plain_drop"].append(await plain(chats, messages, "drop"))
            found["clients"].append(await clients(stand, people, seconds / 2))
    figures = {part: _medians(all_) for part, all_ in found.items()}
    figures["ratio"] = {
        part: figures["burst"]["per_second"] / figures[part]["per_second"]
        for part in ("plain_drop", "plain_reply")
    }
    return {part: {k: round(v, 2) for k, v in one.items()} for part, one in figures.items()}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--messages", default=1000, show_default=True, help="Messages of a burst.")
@click.option("--chats", default=100, show_default=True)
@click.option("--clients", "people", default=8, show_default=True, help="People who wait for the commit.")
@click.option("--rate", default=15.0, show_default=True, help="Messages per second of the steady part.")
@click.option("--seconds", default=20.0, show_default=True, help="Length of the steady part.")
@click.option("--rounds", default=3, show_default=True, help="Bursts of hub and plain bot, in turns.")
def main(
    as_json: bool, messages: int, chats: int, people: int, rate: float, seconds: float, rounds: int
) -> None:
    """Measure intake on this machine."""
    figures = asyncio.run(measure(messages, chats, people, rate, seconds, rounds))
    figures["machine"] = {"cores": os.cpu_count() or 0, "load": round(os.getloadavg()[0], 1)}
    if as_json:
        click.echo(json.dumps(figures))
        return
    for part, values in figures.items():
        click.echo(" ".join([part, *(f"{name}={value}" for name, value in values.items())]))


if __name__ == "__main__":
    main()
