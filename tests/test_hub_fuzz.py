"""Whatever comes by the Telegram door, the hub goes on: no exception of ours, no dead end, no stuck chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from telegram.request import BaseRequest, RequestData

from bot import fetch, telegram
from bot.doors import Doors
from bot.emulator import phones
from bot.emulator.app import App
from bot.emulator.media import put_media
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from bot.hub import Hub
from bot.telegram import Endpoint, build
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Spool
from tests.fuzzing import Drawer, bend
from tests.hubs import TOKEN, Brisk, counts, given_to_hub, until
from tests.stage import Stage, buttons, posts, settled, staged

PEOPLE = 12
BATCH = 250
BENT = 0.3  # of all updates
# What the log says when something of ours broke that nobody foresaw.
BROKEN = (".broke", "tick.failed", "outbox.unreadable", "deletions.unreadable")


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


class Straight(BaseRequest):
    """Every call of the library, answered by the stand-in's application without a line between them."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None:
        return

    async def shutdown(self) -> None:
        return

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Ask the application as its server would."""
        files = request_data.multipart_data if request_data else None
        data = request_data.json_parameters if request_data else None
        asked = httpx.Request(method, url, data=data, files=files)
        told: list[Any] = []
        bodies = [asked.read()]

        async def receive() -> Any:
            return {"type": "http.request", "body": bodies.pop()} if bodies else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            told.append(message)

        heads = [(name.lower(), value) for name, value in asked.headers.raw]
        scope = {
            "type": "http",
            "method": method,
            "path": asked.url.path,
            "query_string": b"",
            "headers": heads,
        }
        await self._app(scope, receive, send)
        return told[0]["status"], b"".join(one.get("body", b"") for one in told[1:])


@asynccontextmanager
async def hub_without_a_line(stage: Stage) -> AsyncIterator[None]:
    """Run a hub whose calls reach the stand-in's application without a socket between them."""
    strongbox = Strongbox.load(stage.folder / "state", stage.folder / "runtime", stage.clock())
    stage.house.strongbox = strongbox
    line = Straight(App(stage.emulator.world))
    doors = Doors(build(TOKEN, Endpoint("http://127.0.0.1"), line, line))
    house = stage.house
    given = given_to_hub(house.database, strongbox, house.anchor, doors, stage.folder, stage.clock)
    stop = asyncio.Event()
    running = asyncio.ensure_future(Hub(replace(given, pace=Brisk), [stage.ringing()]).run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


def tappable(stage: Stage, chat: int) -> list[tuple[Any, str]]:
    """Return every button that stands in a chat, with its message."""
    bot = next(iter(stage.emulator.world.bots.values()))
    standing = [one for one in bot.chats[chat].posts.values() if one.deleted_by is None][-6:]
    return [(one.message, data) for one in standing for data in buttons(one)]


def things(stage: Stage) -> list[Any]:
    """Return what messages may carry that can be fetched, as Telegram describes it."""
    world = stage.emulator.world
    bot = next(iter(world.bots.values()))
    kinds = ("document", "voice", "video", "audio", "video_note", "animation", "sticker")
    return [put_media(world, bot, kind, Upload("a.bin", "", b"x" * 40), {}) for kind in kinds]


async def worked(stage: Stage) -> None:
    """Wait until all that came in is worked; looked at seldom, because looking costs more than working."""
    queue = next(iter(stage.emulator.world.bots.values())).queue
    new = select(Spool.update_id).where(Spool.state == "new").limit(1)
    async with asyncio.timeout(300):
        while True:
            with stage.house.database.read() as session:
                if len(queue) == 0 and session.scalar(new) is None:
                    return
            await asyncio.sleep(0.1)


async def fuzz(stage: Stage, described: dict[str, Any], count: int, seed: int) -> list[Hand]:
    """Let *count* updates come in, batch after batch, each worked and answered before the next."""
    random = Random(seed)
    people = [stage.phone(random.choice(("ru", "uk", "en"))) for _ in range(PEOPLE)]
    chats = [one.chat.chat_id for one in people]
    drawer = Drawer(described["types"], random, chats, lambda chat: tappable(stage, chat), things(stage))
    queue = people[0].bot.queue
    done = 0
    while done < count:
        for _ in range(min(BATCH, count - done)):
            update = drawer.update()
            queue.put_raw(bend(update, random) if random.random() < BENT else update)
            done += 1
        await worked(stage)
        stage.forward(minutes=random.choice((0, 0, 1, 20, 90)))
    return people


async def ends_well(stage: Stage, hand: Hand) -> None:
    """Hold that somebody who comes after all that is answered and offered a way on."""
    before = len(posts(hand))
    phones.write(hand, "/start")
    phones.write(hand, "мне нужен человек")
    phones.write(hand, "/menu")
    await settled(stage)
    answers = [one for one in posts(hand)[before:] if one.side == "bot"]
    assert answers
    assert any(buttons(one) for one in answers)


async def run(stage: Stage, shared: Path, count: int, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    path = shared / "telegram" / "api.json"
    if not path.is_file():
        pytest.skip("the description of the Bot API is not beside this checkout")
    described = json.loads(path.read_text(encoding="utf-8"))
    async with hub_without_a_line(stage):
        people = await fuzz(stage, described, count, seed)
        for hand in people:
            # Some were said to have blocked us; nobody has.
            hand.chat.is_blocked = True
            phones.unblock(hand)
        await worked(stage)
        stage.forward(seconds=timedelta(hours=49).total_seconds())
        # Thousands of files never came; each is asked for a last time, then its case says so.
        await until(lambda: counts(stage.house)["outbox"] == 0, seconds=900)
        await settled(stage)
        for hand in people:
            await ends_well(stage, hand)
    broken = [one.getMessage() for one in caplog.records if any(word in one.getMessage() for word in BROKEN)]
    assert broken == []


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait that waits only for Telegram's sake."""
    monkeypatch.setattr(fetch, "PATIENCE", timedelta(0))
    monkeypatch.setattr(fetch, "QUEUED_LATE", 0.1)
    monkeypatch.setattr(telegram, "RATE", 100_000)


async def test_five_hundred_odd_updates_leave_no_chat_stuck(
    stage: Stage, shared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await run(stage, shared, 500, 1, caplog)


@pytest.mark.full
@pytest.mark.timeout(3000)
async def test_fifty_thousand_odd_updates_leave_no_chat_stuck(
    stage: Stage, shared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await run(stage, shared, 50_000, 2, caplog)
