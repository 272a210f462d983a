"""What goes wrong around a hub: nothing is lost, nothing doubled, and somebody is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from bot import fetch, outbox, poll
from bot import health as healths
from bot.emulator import phones
from bot.emulator.params import Upload
from casework.database import Database
from casework.tables import Notice
from tests.hubs import opened, until
from tests.stage import (
    CANARY,
    Stage,
    said,
    settled,
    staged,
)


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


@pytest.fixture
async def any_stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same on each engine, where what is stored matters."""
    async with staged(database, tmp_path) as made:
        yield made


async def test_an_unreadable_update_becomes_a_case_named_to_the_coordinators(any_stage: Stage) -> None:
    stage = any_stage
    bot = next(iter(stage.emulator.world.bots.values()))
    async with stage.hub():
        tess = stage.phone()
        bot.queue.put_raw({"message": {"message_id": "not a number", "chat": "not a chat", "text": CANARY}})
        phones.write(tess, "и ещё одно")
        await settled(stage)
    assert stage.texts() == sorted([CANARY, "и ещё одно"])
    assert len({one.case for one in opened(stage.house)}) == 2
    with stage.house.database.read() as session:
        kinds = session.execute(select(Notice.staff, Notice.kind)).all()
    assert ("olga", "unparsed") in [tuple(row) for row in kinds]


async def test_an_update_that_breaks_our_code_is_kept_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import answer, work

    real = answer.filing.handle

    def fragile(event: Any, *rest: Any) -> Any:
        if getattr(event, "text", "") == "ломает":
            raise LookupError(event.text)
        return real(event, *rest)

    monkeypatch.setattr(answer.filing, "handle", fragile)
    monkeypatch.setattr(work, "FIRST_PAUSE", 0.001)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "ломает")
        phones.write(tess, "не ломает")
        await settled(stage)
        assert stage.texts() == ["ломает", "не ломает"]
    (case,) = {one.case for one in opened(stage.house)}
    assert case


async def test_a_file_that_cannot_be_had_is_told_and_its_caption_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", timedelta(0))
    monkeypatch.setattr(fetch, "FIRST_PAUSE", 0.0)
    stage.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": 1, "code": 500})
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        phones.send_file(tess, "document", Upload("a.pdf", "application/pdf", b"x"), "подпись")
        phones.send_file(tess, "document", Upload("b.zip", "application/zip", b"x" * (21 << 20)))
        await settled(stage)
    heads = {one.payload.get("missing") for one in opened(stage.house) if "missing" in one.payload}
    assert heads == {"coming", "too_large"}
    assert "подпись" in str([one.payload for one in opened(stage.house)])


async def test_a_file_is_tried_again_while_there_is_patience(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "AGAIN", 0.01)
    stage.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": 3, "code": 500})
    stage.emulator.world.faults.order({"kind": "lost_answer", "method": "download", "times": 2})
    async with stage.hub():
        phones.send_file(stage.phone(), "document", Upload("a.pdf", "application/pdf", b"content"))
        await settled(stage)
    assert [one.content for one in opened(stage.house) if one.kind == "file"] == [b"content"]


async def test_a_full_disk_pauses_intake_and_loses_nothing(stage: Stage) -> None:
    pages = [1_000_000]

    @event.listens_for(stage.house.database.engine, "begin")
    def _limit(connection: Any) -> None:
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages[0]}")

    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        before = said(tess)
        pages[0] = 1  # SQLite takes what it has already as the least
        phones.write(tess, "во время")
        phones.write(tess, "и ещё " + "ж" * 4000)
        runtime = stage.folder / "runtime"
        await until(lambda: "cannot_store" in str(healths.read(runtime)))
        assert said(tess) == before
        pages[0] = 1_000_000
        await until(lambda: len(stage.texts()) == 3)
        await settled(stage)
        assert healths.read(runtime)["intake"]["state"] == "ok"


async def test_a_lost_answer_is_sent_again_and_nothing_is_filed_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(outbox, "FIRST_PAUSE", 0.02)
    for method in ("sendMessage", "getUpdates"):
        stage.emulator.world.faults.order({"kind": "lost_answer", "method": method, "times": 2})
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await until(lambda: len(stage.texts()) == 1)
        await settled(stage)
        assert said(tess)
    assert stage.texts() == ["одно"]


async def test_a_flood_answer_is_obeyed(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        stage.emulator.world.faults.order({"kind": "flood", "method": "sendMessage", "retry_after": 1})
        loop = asyncio.get_running_loop()
        began, before = loop.time(), len(said(tess))
        phones.write(tess, "одно")
        await settled(stage)
        assert len(said(tess)) > before
        assert loop.time() - began >= 1.0
