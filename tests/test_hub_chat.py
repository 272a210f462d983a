"""What the hub says into a chat, and how it takes it back out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.emulator import phones
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from bot.outbox import RECEIPT_GAP
from bot.pace import Pace
from bot.rows import DEADLINE
from casework.database import Database
from casework.tables import Deletion
from intake import texts
from intake.replies import Receipt
from tests.hubs import counts, until
from tests.stage import (
    CANARY,
    Stage,
    file_with_push,
    posts,
    reply,
    said,
    settled,
    staged,
    state_of,
    tap,
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


async def test_what_is_due_leaves_the_chat_and_the_deadline_takes_the_rest(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        assert all(p.deleted_by is None for p in posts(tess))
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: all(p.deleted_by == "bot" for p in posts(tess)))
        await until(lambda: counts(stage.house)["deletion"] == 0)


async def test_clean_now_clears_both_sides(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        await tap(tess, "menu")
        await settled(stage)
        await tap(tess, "clean")
        await settled(stage)
        await until(lambda: all(p.deleted_by == "bot" for p in posts(tess) if p.side == "phone"))


async def test_deletions_are_tried_again_until_the_deadline_and_then_told(stage: Stage) -> None:
    stage.emulator.world.faults.order(
        {"kind": "error", "method": "deleteMessages", "times": None, "code": 400}
    )
    stage.emulator.world.faults.order(
        {"kind": "error", "method": "deleteMessage", "times": None, "code": 400}
    )
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        before = len(said(tess))
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: len(said(tess)) > before)
        await settled(stage)


async def test_deletions_stand_under_no_chat_id(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        with stage.house.database.read() as session:
            rows = session.scalars(select(Deletion)).all()
    assert rows
    assert len({row.tag for row in rows}) == 1
    for row in rows:
        assert str(tess.chat.chat_id).encode() not in row.locked + row.tag


async def test_a_reply_rings_neutrally_and_is_shown_after_the_tap_and_a_reboot(
    any_stage: Stage,
) -> None:
    stage = any_stage
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        assert CANARY not in "".join(said(tess))
    stage.reboot()
    async with stage.hub(ticks=[stage.ringing()]):
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await until(lambda: state_of(stage, item)[0] == "shown")
        await settled(stage)
        stage.forward(hours=2)
        await until(lambda: CANARY not in "".join(said(tess)))


async def test_a_reply_to_somebody_who_blocked_the_bot_says_so(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        phones.block(tess)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item) == ("failed", "blocked"))


async def test_receipts_of_a_burst_become_few_and_count_all(stage: Stage) -> None:
    async with stage.hub(pace=Pace):
        tess = stage.phone()
        await settled(stage)
        loop = asyncio.get_running_loop()
        began = loop.time()
        phones.write(tess, "первое")
        await until(lambda: acknowledged(tess) == 1)
        for n in range(8):
            phones.write(tess, f"ещё {n}")
        phones.send_file(tess, "document", Upload("a.txt", "text/plain", b"content"))
        await until(lambda: acknowledged(tess) == 10)
        await settled(stage)
        took = loop.time() - began
    assert acknowledged(tess) == 10
    assert len(receipts(tess)) <= 2 + took / RECEIPT_GAP


async def test_a_flood_of_one_command_is_answered_a_few_times_only(stage: Stage) -> None:
    bot = next(iter(stage.emulator.world.bots.values()))
    async with stage.hub(pace=Pace):
        mallory = stage.phone()
        await settled(stage)
        before = len(said(mallory))
        for _ in range(100):
            phones.write(mallory, "/help")
        await until(lambda: len(bot.queue) == 0 and counts(stage.house)["waiting"] == 0)
        stage.forward(minutes=2)
        await settled(stage)
        assert 1 <= len(said(mallory)) - before <= 25
    assert counts(stage.house)["outbox"] == 0


def receipts(hand: Hand) -> list[int]:
    """Return how many messages and files each receipt on the phone acknowledges."""
    meanings = {
        texts.render(Receipt(messages=m, files=f), "ru").text: m + f
        for m in range(12)
        for f in range(3)
        if m + f
    }
    return [meanings[line] for line in said(hand) if line in meanings]


def acknowledged(hand: Hand) -> int:
    """Return what all receipts on the phone add up to."""
    return sum(receipts(hand))


async def test_one_chat_is_spoken_to_about_once_a_second(stage: Stage) -> None:
    async with stage.hub(pace=Pace):
        tess = stage.phone()
        await settled(stage)
        loop = asyncio.get_running_loop()
        began, before = loop.time(), len(posts(tess))
        for n in range(9):
            phones.write(tess, "/menu" if n % 2 else "/help")
        await until(lambda: len(posts(tess)) >= before + 18)
        assert loop.time() - began > 1.0


async def test_somebody_who_clears_by_hand_is_left_alone(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        await tap(tess, "now")
        await tap(tess, "z.self")
        await settled(stage)
        phones.write(tess, "другое")
        await settled(stage)
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: counts(stage.house)["deletion"] == 0)
    assert all(p.deleted_by is None for p in posts(tess))


async def test_an_erased_case_is_gone_before_it_is_said(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        await tap(tess, "menu")
        await tap(tess, "erase")
        await tap(tess, "erase.yes")
        await until(lambda: counts(stage.house)["case"] == 0)
        await settled(stage)
        await until(lambda: len(said(tess)) == 1)
    assert counts(stage.house)["item"] == 0
