"""Polling: nothing is confirmed to Telegram before it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import health as healths
from bot import poll as polling
from bot.emulator import Emulator, phones
from bot.emulator.phones import Hand
from bot.health import Health
from bot.telegram import Door, Endpoint, build, close
from tests.house import NOON

TOKEN = "5550001:practice-token-for-polls"


class Shelf:
    """Takes batches; *troubles* are raised first, one a batch."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.numbers: list[int] = []
        self.texts: list[str] = []

    async def take(self, updates: Sequence[dict[str, Any]]) -> None:
        if updates and self.troubles:
            raise self.troubles.pop(0)
        for update in updates:
            self.numbers.append(update["update_id"])
            self.texts.append(update.get("message", {}).get("text", ""))


def disk_full() -> OperationalError:
    return OperationalError("INSERT", None, Exception("database or disk is full"))


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        running.world.add_bot(TOKEN)
        yield running


@pytest.fixture
async def door(emulator: Emulator) -> AsyncIterator[Door]:
    made = build(TOKEN, Endpoint(emulator.base_url))
    yield made
    await close(made)


@pytest.fixture
def tess(emulator: Emulator) -> Hand:
    phone = emulator.world.add_phone({"first_name": "Tess", "language_code": "ru"})
    return phones.hold(emulator.world, phone.phone_id)


@asynccontextmanager
async def running(door: Door, shelf: Shelf, health: Health) -> AsyncIterator[None]:
    task = asyncio.ensure_future(polling.poll(door, shelf.take, health))
    try:
        yield
    finally:
        task.cancel()


@pytest.fixture
def health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Health:
    monkeypatch.setattr(polling, "FIRST_PAUSE", 0.01)
    return Health(tmp_path, lambda: NOON)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_cannot_be_stored_is_asked_for_again(
    door: Door, tess: Hand, health: Health, tmp_path: Path
) -> None:
    shelf = Shelf(disk_full(), disk_full())
    phones.write(tess, "one")
    phones.write(tess, "two")
    async with running(door, shelf, health):
        await until(lambda: shelf.texts == ["one", "two"])
        assert shelf.troubles == []
        await until(lambda: healths.read(tmp_path)["intake"]["state"] == "ok")


async def test_trouble_is_told_while_it_lasts(door: Door, tess: Hand, health: Health, tmp_path: Path) -> None:
    shelf = Shelf(*[disk_full() for _ in range(1000)])
    phones.write(tess, "one")
    async with running(door, shelf, health):
        await until(lambda: healths.read(tmp_path).get("intake", {}).get("state") == "cannot_store")


async def test_a_stored_batch_is_confirmed_and_not_sent_again(
    door: Door, emulator: Emulator, tess: Hand, health: Health
) -> None:
    shelf = Shelf()
    phones.write(tess, "one")
    bot = next(iter(emulator.world.bots.values()))
    async with running(door, shelf, health):
        await until(lambda: shelf.texts == ["one"] and len(bot.queue) == 0)
        phones.write(tess, "two")
        await until(lambda: shelf.texts == ["one", "two"])
    assert len(set(shelf.numbers)) == 2


async def test_numbers_that_restart_are_heard(
    door: Door, emulator: Emulator, tess: Hand, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    monkeypatch.setattr("bot.telegram.HOLD", 0)
    bot = next(iter(emulator.world.bots.values()))
    bot.queue.renumber(800_000)
    async with running(door, shelf, health):
        phones.write(tess, "before")
        await until(lambda: shelf.texts == ["before"])
        await asyncio.sleep(0.2)  # a quiet week
        bot.queue.renumber(17)
        phones.write(tess, "after")
        await until(lambda: shelf.texts == ["before", "after"])


async def test_an_update_no_library_can_read_hides_no_other(
    door: Door, emulator: Emulator, tess: Hand, health: Health
) -> None:
    shelf = Shelf()
    bot = next(iter(emulator.world.bots.values()))
    bot.queue.put_raw({"message": {"message_id": "not a number", "chat": "not a chat"}})
    phones.write(tess, "one")
    async with running(door, shelf, health):
        await until(lambda: shelf.texts == ["", "one"])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "unauthorized"}, "token_refused"),
        ({"kind": "error", "code": 500}, "unreachable"),
        ({"kind": "lost_answer"}, "unreachable"),
        ({"kind": "flood", "retry_after": 1}, "slowed"),
    ],
)
async def test_each_fault_is_named_and_survived(
    door: Door,
    emulator: Emulator,
    tess: Hand,
    health: Health,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.02)
    emulator.world.faults.order({"method": "getUpdates", **fault})
    shelf = Shelf()
    phones.write(tess, "one")
    async with running(door, shelf, health):
        await until(lambda: shelf.texts == ["one"])
    assert f"intake.{code}" in caplog.text
    assert TOKEN.split(":")[1] not in caplog.text


def test_a_door_never_shows_its_token() -> None:
    assert TOKEN not in repr(build(TOKEN, Endpoint()))
    assert TOKEN not in str(build(TOKEN, Endpoint()))
