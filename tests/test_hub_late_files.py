"""A file that Telegram does not give for hours: the words come first, the file by itself, or a clear word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import fetch
from bot import rows as build
from bot.emulator import phones
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from casework import erasure
from casework.actors import HUB, Actor
from casework.database import Database
from casework.tables import Case, Item, Notice, Outbox
from intake import texts
from tests.hubs import opened, until
from tests.stage import CANARY, Stage, said, settled, staged, tap
from tests.test_intake_coaching import PLACED

CONTENT = b"%PDF-1.4 " + b"x" * 300_000
NAME, CAPTION = f"{CANARY}-rapport.pdf", f"caption {CANARY}"


@pytest.fixture
async def stage(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(fetch, "PATIENCE", timedelta(0))
    async with staged(sqlite_database, tmp_path) as made:
        made.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": None, "code": 500})
        yield made


async def _send(stage: Stage) -> Hand:
    """Tess writes, sends a file that cannot be had, and hands her case over."""
    tess = stage.phone()
    phones.write(tess, "text")
    await tap(tess, "now")
    phones.send_file(tess, "document", Upload(NAME, "application/pdf", CONTENT), CAPTION)
    await until(lambda: any("пока не отдал" in line for line in said(tess)))
    return tess


def _waiting(stage: Stage) -> list[dict[str, Any]]:
    with stage.house.database.read() as session:
        rows = list(session.scalars(select(Outbox)))
    found = [build.open_outgoing(stage.house.strongbox.spools, row.id, row.locked) for row in rows]
    return [one for one in found if one["do"] == build.FETCH]


def _files(stage: Stage) -> list[bytes | None]:
    return [one.content for one in opened(stage.house) if one.kind == "file"]


async def test_the_words_come_first_and_the_file_hours_later_after_a_restart(stage: Stage) -> None:
    """What is kept for it names nobody; the case shows the file missing until it is there."""
    async with stage.hub():
        await _send(stage)
        notes = [one for one in opened(stage.house) if one.payload.get("missing")]
        assert [(one.payload["missing"], one.payload["text"]) for one in notes] == [("coming", CAPTION)]
        (kept,) = _waiting(stage)
        assert CANARY not in repr(kept)
        assert "chat" not in kept
        for _hours in range(3):
            stage.forward(hours=1)
            await until(lambda: _is_put_off(stage))
        assert _files(stage) == []
    with stage.house.database.write() as session:
        for notice in session.scalars(select(Notice)):
            session.delete(notice)
    stage.emulator.world.faults.cancel()
    async with stage.hub():
        stage.forward(hours=1)
        await until(lambda: _files(stage) == [CONTENT])
        await settled(stage)
    (file,) = [one for one in opened(stage.house) if one.kind == "file"]
    (note,) = [one for one in opened(stage.house) if one.payload.get("missing")]
    assert (file.payload["mime"], file.payload["seq"]) == ("application/pdf", note.payload["seq"])
    with stage.house.database.read() as session:
        item = session.scalars(select(Item.id).where(Item.id == bytes.fromhex(file.payload["of"]))).one()
        assert item is not None
        # Somebody hears of it, as of a message.
        assert session.scalars(select(Notice.kind)).all() != []


async def test_after_two_days_the_case_says_that_it_never_came(stage: Stage) -> None:
    async with stage.hub():
        await _send(stage)
        stage.forward(hours=49)
        await until(lambda: not _waiting(stage))
        await settled(stage)
    late = [one.payload for one in opened(stage.house) if one.kind == "late"]
    assert [one["missing"] for one in late] == ["never"]


async def test_an_erased_case_awaits_nothing(stage: Stage) -> None:
    async with stage.hub():
        await _send(stage)
        house = stage.house
        with house.database.read() as session:
            case = session.scalars(select(Case.id)).one()
        erasure.erase(
            house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing),
            now=stage.clock(), mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
        )  # fmt: skip
        assert _waiting(stage) == []
        stage.emulator.world.faults.cancel()
        stage.forward(hours=1)
        await settled(stage)
    assert opened(stage.house) == []


async def test_what_a_late_file_gives_away_is_said_when_its_chat_is_heard_and_can_be_dropped(
    stage: Stage,
) -> None:
    """Once, also after a restart; nothing on the disk says whose file it was."""
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "text")
        await tap(tess, "now")
        phones.send_file(tess, "document", Upload("IMG_1.jpg", "image/jpeg", PLACED), "паспорт")
        await until(lambda: any(texts.say("coach.papers", "ru") in line for line in said(tess)))
        (kept,) = _waiting(stage)
        assert set(kept["thread"]) == {"key", "remember", "tag"}
        assert str(tess.chat) not in repr(kept)
        stage.emulator.world.faults.cancel()
        stage.forward(hours=1)
        await until(lambda: _files(stage) == [PLACED])
        await settled(stage)
    async with stage.hub():
        assert not any(texts.say("coach.place", "ru") in line for line in said(tess))
        phones.write(tess, "more")
        await until(lambda: any(texts.say("coach.place", "ru") in line for line in said(tess)))
        phones.write(tess, "and more")
        await settled(stage)
        assert sum(texts.say("coach.place", "ru") in line for line in said(tess)) == 1
        await tap(tess, "x.place")
        await until(lambda: _files(stage) == [])


async def test_a_file_whose_note_was_dropped_before_it_came_is_not_kept(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "text")
        await tap(tess, "now")
        phones.send_file(tess, "document", Upload("IMG_1.jpg", "image/jpeg", PLACED), "паспорт")
        await until(lambda: any(texts.say("coach.papers", "ru") in line for line in said(tess)))
        await tap(tess, "x.papers")
        await until(lambda: not [one for one in opened(stage.house) if one.payload.get("missing")])
        stage.emulator.world.faults.cancel()
        stage.forward(hours=1)
        await until(lambda: not _waiting(stage))
        await settled(stage)
    assert _files(stage) == []


def _is_put_off(stage: Stage) -> bool:
    """Tell whether the file was asked for and put off again."""
    with stage.house.database.read() as session:
        dues = [row.due for row in session.scalars(select(Outbox)) if row.item is not None]
    return bool(dues) and all(due > stage.clock() for due in dues)
