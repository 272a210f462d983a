"""
The hub is killed under load, again and again; Telegram's stand-in lives on in a process of its own.

Afterwards every text and file that was sent lies in the house exactly once, and every "received" that is
owed has been said.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from bot.emulator.client import Remote, RemotePhone
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Case
from intake import texts
from intake.replies import Receipt
from tests.house import House, build
from tests.hubs import TOKEN, counts, opened, until, write_config

ROOT = Path(__file__).parents[1]
ALBUM_FILE = 3_000  # bytes
FILE = 40_000  # bytes; several chunks of the sealed stream, small enough to send many
DRAIN = 180.0  # seconds the last hub has to say everything that is owed; a busy machine needs them


@dataclass
class Play:
    """What the phones sent so far."""

    texts: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    by_phone: Counter[int] = field(default_factory=Counter)


Trouble = Callable[[House, Path, Random], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def no_trouble(_house: House, _folder: Path, _random: Random) -> AsyncIterator[None]:
    """Let nothing but the kill go wrong."""
    yield


@asynccontextmanager
async def full_disk(_house: House, folder: Path, random: Random) -> AsyncIterator[None]:
    """Let the database not grow by a page for a while before the kill, half of the times until after it."""
    (folder / "full").touch()
    try:
        await asyncio.sleep(random.uniform(0.2, 1.0))
        if random.random() < 0.5:
            (folder / "full").unlink()
        yield
    finally:
        (folder / "full").unlink(missing_ok=True)


@asynccontextmanager
async def locked_database(house: House, _folder: Path, random: Random) -> AsyncIterator[None]:
    """Let somebody else hold the database for a while before the kill, half of the times until after it."""
    other = sqlite3.connect(
        str(house.database.engine.url.database), isolation_level=None, timeout=60, check_same_thread=False
    )
    try:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(random.uniform(0.2, 1.0))
        if random.random() < 0.5:
            other.execute("ROLLBACK")
        yield
    finally:
        other.close()


@asynccontextmanager
async def process(*argv: str, output: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a Python module as a child, and end it."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *argv,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE if output else asyncio.subprocess.DEVNULL,
        stderr=None if os.environ.get("CHAOS_LOG") else asyncio.subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def send(phone: RemotePhone, play: Play, number: int, random: Random, stop: asyncio.Event) -> None:
    """Send texts, files, albums and corrections from one phone until told to stop."""
    n = 0
    await phone.start()
    while not stop.is_set():
        mark = f"слово {number}-{n}"
        roll = random.random()
        if roll < 0.2:
            content = mark.encode().ljust(FILE, b".")
            await phone.send("document", content, "a.txt")
            play.files.append(content)
            play.by_phone[number] += 1
        elif roll < 0.3:
            album = [f"{mark}-{k}".encode().ljust(ALBUM_FILE, b".") for k in range(3)]
            items = [{"kind": "document", "content_base64": base64.b64encode(one).decode()} for one in album]
            await phone.act("album", items=items)
            play.files += album
            play.by_phone[number] += len(album)
        else:
            (message,) = await phone.text(mark)
            play.texts.append(mark)
            play.by_phone[number] += 1
            if roll > 0.85:
                await phone.act("edit", message_id=message, text=f"{mark} исправлено")
                play.texts.append(f"{mark} исправлено")
        n += 1
        await asyncio.sleep(random.uniform(0.1, 0.5))


async def chaos(
    house: House,
    folder: Path,
    *,
    kills: int,
    seed: int,
    phones: int,
    reboots: bool = False,
    trouble: Trouble | None = None,
) -> tuple[Play, list[Counter[str]]]:
    """Kill the hub *kills* times under load; return what was sent, and what each phone was told."""
    random = Random(seed)
    async with process("bot.emulator", "--port", "0", output=True) as emulator:
        assert emulator.stdout is not None
        address = (await emulator.stdout.readline()).decode().strip()
        config = write_config(folder, house, address)
        play = Play()
        async with Remote(address) as remote:
            await remote.call("POST", "/bots", token=TOKEN)
            hands = [await remote.phone(language_code="ru") for _ in range(phones)]
            stop = asyncio.Event()
            senders = [
                asyncio.ensure_future(send(hand, play, n, random, stop)) for n, hand in enumerate(hands)
            ]
            for _ in range(kills):
                async with process("tests.chaos_hub", str(config)) as hub:
                    await _settle_in(folder)
                    async with (trouble or no_trouble)(house, folder, random):
                        await asyncio.sleep(random.uniform(0.1, 1.5))
                        assert hub.returncode is None
                        hub.send_signal(signal.SIGKILL)
                        await hub.wait()
                if reboots:
                    shutil.rmtree(folder / "runtime")
                (folder / "runtime" / "health.json").unlink(missing_ok=True)
            stop.set()
            await asyncio.gather(*senders)
            async with process("tests.chaos_hub", str(config)) as hub:
                await _drained(remote, house)
                hub.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(hub.wait(), 60) == 0
            told = [await _told(remote, hand) for hand in hands]
    house.strongbox = Strongbox.load(folder / "state", folder / "runtime", datetime.now(UTC))
    return play, told


async def _settle_in(folder: Path) -> None:
    """Wait until the hub has begun to take something in: a kill before that tests nothing."""
    await until((folder / "runtime" / "health.json").exists)


async def _drained(remote: Remote, house: House) -> None:
    """Wait until nothing waits at Telegram, in the spool or in the outbox."""
    async with asyncio.timeout(DRAIN):
        while True:
            bots = (await remote.call("GET", "/bots"))["bots"]
            left = await asyncio.to_thread(counts, house)
            if bots[0]["pending"] == left["waiting"] == left["outbox"] == 0:
                return
            await asyncio.sleep(0.2)


async def _told(remote: Remote, hand: RemotePhone) -> Counter[str]:
    """Return what the bot said to one phone, deleted or not."""
    return Counter(line.text for line in await hand.lines() if line.from_bot)


def acknowledged(told: Counter[str]) -> int:
    """Return how many messages and files all receipts told to one phone add up to."""
    meanings = _receipts()
    return sum(meanings[line] * times for line, times in told.items() if line in meanings)


@cache
def _receipts() -> dict[str, int]:
    """Return every receipt there may be, with how many messages and files it speaks of."""
    return {
        texts.render(Receipt(messages=m, files=f), "ru").text: m + f
        for m in range(40)
        for f in range(40)
        if m + f
    }


def check(house: House, play: Play, told: list[Counter[str]]) -> None:
    """Hold the claims."""
    items = opened(house)
    assert Counter(one.payload["text"] for one in items if one.kind == "message") == Counter(play.texts)
    assert Counter(one.content for one in items if one.kind == "file") == Counter(play.files)
    for number, lines in enumerate(told):
        assert acknowledged(lines) >= play.by_phone[number]


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> House:
    return build(sqlite_database, tmp_path, now=datetime.now(UTC))


def _cases(house: House) -> int:
    with house.database.read() as session:
        return len(session.scalars(select(Case.id)).all())


@pytest.mark.timeout(600)
async def test_three_kills_lose_and_double_nothing(house: House, tmp_path: Path) -> None:
    play, told = await chaos(house, tmp_path, kills=3, seed=11, phones=5)
    assert len(play.files) > 3
    check(house, play, told)
    assert _cases(house) == 5


@pytest.mark.timeout(600)
async def test_a_reboot_at_any_moment_loses_and_doubles_no_word(house: House, tmp_path: Path) -> None:
    play, told = await chaos(house, tmp_path, kills=2, seed=5, phones=3, reboots=True)
    check(house, play, told)
    assert 3 <= _cases(house) <= 9  # a thread lost to a reboot begins a new case


@pytest.mark.parametrize("trouble", [full_disk, locked_database])
@pytest.mark.timeout(600)
async def test_a_kill_while_nothing_can_be_written_loses_and_doubles_nothing(
    house: House, tmp_path: Path, trouble: Trouble
) -> None:
    play, told = await chaos(house, tmp_path, kills=1, seed=3, phones=3, trouble=trouble)
    check(house, play, told)
    assert _cases(house) == 3


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("kills", "seed", "trouble"),
    [(20, 1, no_trouble), (14, 2, no_trouble), (10, 7, full_disk), (10, 8, locked_database)],
)
async def test_fifty_kills_lose_and_double_nothing(
    house: House, tmp_path: Path, kills: int, seed: int, trouble: Trouble
) -> None:
    play, told = await chaos(house, tmp_path, kills=kills, seed=seed, phones=12, trouble=trouble)
    check(house, play, told)
    assert _cases(house) == 12
