"""A hub beside a stand-in Telegram: sealed on arrival, and "received" only after the commit."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import health as healths
from bot.emulator import phones
from bot.emulator.media import plain_picture
from bot.emulator.params import Upload
from bot.errors import SecondHubError
from casework.database import Database
from casework.tables import Case, Writing
from tests.hubs import TOKEN, counts, opened, until
from tests.stage import (
    CANARY,
    Stage,
    file_with_push,
    reply,
    said,
    settled,
    staged,
    tap,
)
from tests.telegram_api import Specification


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


@pytest.fixture
async def any_stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same on each engine, where what is stored matters."""
    async with staged(database, tmp_path) as made:
        yield made


async def test_a_tip_is_sealed_and_then_said_to_be_received(any_stage: Stage) -> None:
    stage = any_stage
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        before = len(said(tess))
        phones.write(tess, f"сын отказался {CANARY}")
        phones.send_file(tess, "document", Upload("рапорт.pdf", "application/pdf", CANARY.encode() * 50_000))
        await settled(stage)
        assert len(said(tess)) > before
    items = opened(stage.house)
    assert [one.payload["text"] for one in items if one.kind == "message"] == [f"сын отказался {CANARY}"]
    assert [one.content for one in items if one.kind == "file"] == [CANARY.encode() * 50_000]
    assert counts(stage.house)["case"] == 1


async def test_nothing_of_a_tip_stands_in_clear(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, f"сын отказался {CANARY}")
        picture = plain_picture() + CANARY.encode() * 5000
        phones.send_file(tess, "photo", Upload("", "image/jpeg", picture), CANARY)
        await settled(stage)
        chat = str(tess.chat.chat_id)
        lying = b"".join(path.read_bytes() for path in stage.folder.rglob("*") if path.is_file())
    assert len(lying) > 100_000
    for clear in (CANARY, chat, TOKEN.split(":")[1]):
        assert clear.encode() not in lying
        assert clear not in caplog.text


async def test_a_second_hub_is_refused(stage: Stage) -> None:
    async with stage.hub():
        with pytest.raises(SecondHubError):
            async with stage.hub():
                await asyncio.sleep(1)


async def test_idle_writing_is_filed_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import hub as hubs

    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        stage.forward(minutes=61)
        await until(lambda: not _writing(stage))
        await settled(stage)
        await asyncio.sleep(0.2)
    with stage.house.database.read() as session:
        assert session.scalars(select(Case.status)).all() == ["new"]
    assert stage.texts() == ["одно"]


def _writing(stage: Stage) -> int:
    with stage.house.database.read() as session:
        return len(session.scalars(select(Writing.case)).all())


async def test_every_outgoing_call_is_one_the_bot_api_describes(stage: Stage, shared: Path) -> None:
    path = shared / "telegram" / "api.json"
    if not path.is_file():
        pytest.skip("the description of the Bot API is not beside this checkout")
    described = Specification.load(path)
    async with stage.hub(ticks=[stage.ringing()], identity="neutral"):
        tess = stage.phone()
        await file_with_push(stage, tess)
        reply(stage, "ответ")
        await tap(tess, "open")
        await settled(stage)
    calls = stage.emulator.world.calls.since(0, "")
    methods = {call.method for call in calls}
    assert {"getUpdates", "sendMessage", "answerCallbackQuery", "setMyName", "setMyCommands"} <= methods
    for call in calls:
        described.check_call(call.method, call.as_json()["params"])


async def test_the_outside_of_the_bot_is_set_once(stage: Stage) -> None:
    async with stage.hub(identity="neutral"):
        await until(lambda: healths.read(stage.folder / "runtime").get("identity"))
    first = len(stage.emulator.world.calls.since(0, "setMyName"))
    assert first
    async with stage.hub(identity="neutral"):
        await until(lambda: len(stage.emulator.world.calls.since(0, "getMyCommands")) > 4)
    assert len(stage.emulator.world.calls.since(0, "setMyName")) == first


def test_a_hub_never_loads_what_opens_staff_keyrings() -> None:
    check = "import sys, bot.hub, bot.push; sys.exit('crypto.keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=Path(__file__).parents[1]).returncode == 0
