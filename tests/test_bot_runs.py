"""What a chat sent meanwhile is answered in one go, and comes out as it would have one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bot import answer, runs, work
from bot.emulator import phones
from bot.emulator.params import Upload
from casework.database import Database
from intake.state import State
from tests.hubs import opened, until
from tests.stage import Stage, file_with_push, posts, settled, staged


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path) as made:
        yield made


def _told(stage: Stage) -> list[str]:
    """Return what staff read, in its order."""
    found = [one.payload for one in opened(stage.house) if one.kind in ("message", "file")]
    return [one.get("text") or one.get("caption", "") for one in sorted(found, key=lambda one: one["seq"])]


# What a run may leave behind it changed: each message is answered on the state the one before it left.
PASSED_ON = {
    "stage", "handle", "seq", "recent", "summarise", "quote", "picture", "share", "word", "mailbox",
    "mailbox_item", "asked", "confirmed", "held", "of_another", "topic", "greeted", "coach", "coached",
    "doubtful", "heard_of", "alarm", "muted_on", "asked_on", "invitation", "joins", "joins_by", "courier",
    "seems", "belated",
}  # fmt: skip


def test_of_each_thing_a_thread_remembers_somebody_decided_whether_it_ends_a_run() -> None:
    """A new field of the conversation: does a change of it change what rows of its case are written by?"""
    assert {field.name for field in fields(State)} == PASSED_ON | set(runs._LASTING)
    assert not PASSED_ON & set(runs._LASTING)


async def _sent_while_away(stage: Stage) -> list[int]:
    """Send a long row of messages to a hub that is away, and return how many it answered at a time."""
    lengths: list[int] = []
    real = runs.join

    def counted(outcomes: Any) -> Any:
        lengths.append(len(outcomes))
        return real(outcomes)

    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "0")
        await settled(stage)
    for n in range(1, 10):
        phones.write(tess, str(n))
    phones.send_file(tess, "document", Upload("a.pdf", "application/pdf", b"bytes"), "10")
    for n in range(11, 15):
        phones.write(tess, str(n))
    newest = max(number for number, post in tess.chat.posts.items() if post.side == "phone")
    phones.edit(tess, newest, "15")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "join", counted)
        async with stage.hub():
            await settled(stage)
    assert _told(stage) == [str(n) for n in range(16)]
    return lengths


async def test_what_was_sent_meanwhile_is_kept_in_its_order_and_acknowledged(stage: Stage) -> None:
    lengths = await _sent_while_away(stage)
    assert lengths == [9, 1, 5]


async def test_a_filed_case_hears_the_first_of_a_run_alone(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await file_with_push(stage, tess)
    for n in range(12):
        phones.write(tess, f"ещё {n}")
    async with stage.hub():
        await settled(stage)
    assert _told(stage)[-12:] == [f"ещё {n}" for n in range(12)]


async def test_a_message_that_breaks_us_takes_no_other_of_its_run_along(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = answer.filing.handle

    def fragile(event: Any, *rest: Any) -> Any:
        if getattr(event, "text", "") == "ломает":
            raise LookupError
        return real(event, *rest)

    monkeypatch.setattr(answer.filing, "handle", fragile)
    monkeypatch.setattr(work, "FIRST_PAUSE", 0.001)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "0")
        await settled(stage)
    for text in ("1", "2", "ломает", "3", "4"):
        phones.write(tess, text)
    async with stage.hub():
        await settled(stage)
    assert sorted(stage.texts()) == ["0", "1", "2", "3", "4", "ломает"]


async def test_every_message_of_a_run_leaves_the_chat(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await file_with_push(stage, tess)
    for n in range(5):
        phones.write(tess, f"ещё {n}")
    async with stage.hub():
        await settled(stage)
        stage.forward(minutes=12)
        await until(
            lambda: not [post for post in posts(tess) if post.side == "phone" and not post.deleted_by]
        )
