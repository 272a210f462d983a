"""
How fast the hub takes tips in, and how soon it says so: ``python -m benchmarks.intake --json``.

The stand-in Telegram runs here, the hub in a process of its own on a fresh SQLite house, all on loopback.

* *burst*: so many messages from so many chats at once; seconds until all are sealed and committed.
* *steady*: messages at a steady rate; milliseconds from a message on the phone to the first "received"
  that covers it on the wire, with all pacing on.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click

from bot.emulator import Emulator, phones
from bot.emulator.phones import Hand
from casework.database import connect, create_tables
from intake import texts
from intake.replies import Receipt
from tests.house import House, build
from tests.hubs import TOKEN, counts

LOOK = 0.004  # seconds between looks at what was sent: the resolution of the latencies


@asynccontextmanager
async def hub(folder: Path, house: House, address: str) -> AsyncIterator[None]:
    """Run a hub process on *house*."""
    (folder / "token").write_text(TOKEN)
    config = {
        "database": house.database.engine.url.render_as_string(hide_password=False),
        "state_dir": str(folder / "state"),
        "runtime_dir": str(folder / "runtime"),
        "token_file": str(folder / "token"),
        "api_base_url": address,
        "root": house.anchor.roots[0].hex(),
    }
    (folder / "hub.json").write_text(json.dumps(config))
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos_hub", str(folder / "hub.json"), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.terminate()
        await running.wait()


async def burst(house: House, hands: list[Hand], messages: int) -> dict[str, float]:
    """Send *messages* at once and wait until all are committed."""
    before = (await asyncio.to_thread(counts, house))["item"]
    began = time.perf_counter()
    for n in range(messages):
        phones.write(hands[n % len(hands)], f"message {n} with some words in it")
    while (await asyncio.to_thread(counts, house))["item"] < before + messages:
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    return {"messages": messages, "seconds": round(seconds, 3), "per_second": round(messages / seconds, 1)}


async def steady(emulator: Emulator, hands: list[Hand], rate: float, seconds: float) -> dict[str, float]:
    """Send at *rate* for *seconds*, and measure when each message is acknowledged."""
    waiting: dict[int, deque[float]] = defaultdict(deque)
    latencies: list[float] = []
    stop = asyncio.Event()
    watcher = asyncio.ensure_future(_watch(emulator, waiting, latencies, stop))
    random, began, n = Random(1), time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        hand = random.choice(hands)
        waiting[hand.chat.chat_id].append(time.perf_counter())
        phones.write(hand, f"steady {n}")
        n += 1
        await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
    deadline = time.perf_counter() + 30
    while any(waiting.values()) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    stop.set()
    await watcher
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "rate": rate,
        "messages": n,
        "unacknowledged": sum(map(len, waiting.values())),
        "acknowledged_per_second": round(len(latencies) / (time.perf_counter() - began), 1),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p95_ms": round(cuts[94] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
    }


async def _watch(
    emulator: Emulator, waiting: dict[int, deque[float]], latencies: list[float], stop: asyncio.Event
) -> None:
    """Match receipts on the wire with the messages they cover, oldest first."""
    meanings = {texts.render(Receipt(messages=m), "ru").text: m for m in range(1, 200)}
    seen = max((call.number for call in emulator.world.calls), default=0)
    while not stop.is_set():
        for call in emulator.world.calls.since(seen, "sendMessage"):
            seen = max(seen, call.number)
            now = time.perf_counter()
            chat = waiting[int(call.params["chat_id"])]
            covered = min(meanings.get(call.params["text"], 0), len(chat))
            latencies += [now - chat.popleft() for _ in range(covered)]
        await asyncio.sleep(LOOK)


async def measure(messages: int, chats: int, rate: float, seconds: float) -> dict[str, dict[str, float]]:
    """Lay out a house, run both parts, and return their figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        house = build(database, folder, now=datetime.now(UTC))
        async with Emulator() as emulator:
            emulator.world.add_bot(TOKEN)
            made = [emulator.world.add_phone({"language_code": "ru"}) for _ in range(chats)]
            hands = [phones.hold(emulator.world, phone.phone_id) for phone in made]
            async with hub(folder, house, emulator.base_url):
                for hand in hands:
                    phones.write(hand, "the first words of a tip")
                while True:
                    left = await asyncio.to_thread(counts, house)
                    if left["case"] == chats and left["waiting"] == left["outbox"] == 0:
                        break
                    await asyncio.sleep(0.1)
                even = await steady(emulator, hands, rate, seconds)
                figures = {"steady": even, "burst": await burst(house, hands, messages)}
        database.close()
    return figures


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--messages", default=2000, show_default=True, help="Messages of the burst.")
@click.option("--chats", default=100, show_default=True)
@click.option("--rate", default=15.0, show_default=True, help="Messages per second of the steady part.")
@click.option("--seconds", default=20.0, show_default=True, help="Length of the steady part.")
def main(as_json: bool, messages: int, chats: int, rate: float, seconds: float) -> None:
    """Measure intake on this machine."""
    figures = asyncio.run(measure(messages, chats, rate, seconds))
    if as_json:
        print(json.dumps(figures))
        return
    for part, values in figures.items():
        print(part, *(f"{name}={value}" for name, value in values.items()))


if __name__ == "__main__":
    main()
