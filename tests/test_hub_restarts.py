"""A hub that starts again: after a reboot anywhere, and in a restored house that lacks its spool key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import hub as hubs
from bot.emulator import phones
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from casework.database import Database
from casework.tables import Case, Notice, Outbox
from tests.hubs import counts, opened, until
from tests.stage import CANARY, Stage, reply, said, settled, staged, tap


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


async def _write(stage: Stage, tess: Hand) -> None:
    phones.write(tess, f"слово {len(tess.chat.posts)}")


async def _send_file(stage: Stage, tess: Hand) -> None:
    phones.send_file(tess, "document", Upload("a.txt", "text/plain", b"content"))


async def _answer(stage: Stage, tess: Hand) -> None:
    reply(stage, f"ответ {CANARY}")


def _tap(action: str) -> Callable[[Stage, Hand], Awaitable[None]]:
    async def step(_stage: Stage, tess: Hand) -> None:
        await tap(tess, action)

    return step


# What Tess and Alice do, one after the other; a reboot may come before any of it.
STEPS: dict[str, Callable[[Stage, Hand], Awaitable[None]]] = {
    "first words": _write,
    "more words": _write,
    "a file": _send_file,
    "urgent": _tap("now"),
    "menu": _tap("menu"),
    "how to reach": _tap("go.reach"),
    "here": _tap("r.push"),
    "at any hour": _tap("h.any"),
    "words after filing": _write,
    "an answer": _answer,
    "its button": _tap("open"),
}


async def _play(stage: Stage, reboots: set[str]) -> Hand:
    """Play all steps, with the runtime directory gone before those in *reboots*."""
    tess = stage.phone()
    hub = stage.hub(ticks=[stage.ringing()])
    await hub.__aenter__()
    try:
        for name, step in STEPS.items():
            if name in reboots:
                await hub.__aexit__(None, None, None)
                stage.reboot()
                if step in (_write, _send_file):
                    await step(stage, tess)  # it comes while nobody is there to hear it
                hub = stage.hub(ticks=[stage.ringing()])
                await hub.__aenter__()
            if name not in reboots or step not in (_write, _send_file):
                await step(stage, tess)
            await settled(stage)
        await until(lambda: CANARY in "".join(said(tess)))
        stage.forward(hours=1, minutes=2)
        await until(lambda: not _writing(stage))
        await settled(stage)
    finally:
        await hub.__aexit__(None, None, None)
    return tess


def _writing(stage: Stage) -> list[bytes]:
    with stage.house.database.read() as session:
        return list(session.scalars(select(Case.id).where(Case.status == "writing")))


def _check(stage: Stage) -> None:
    """Hold that every word, file and answer came through once, and that nothing was left over."""
    assert len(stage.texts()) == len(set(stage.texts())) == 3
    assert [one.content for one in opened(stage.house) if one.kind == "file"] == [b"content"]
    assert counts(stage.house)["waiting"] == counts(stage.house)["outbox"] == 0
    with stage.house.database.read() as session:
        assert "unparsed" not in session.scalars(select(Notice.kind)).all()


async def test_a_reboot_before_every_single_step_loses_no_word_and_no_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    await _play(stage, set(STEPS))
    _check(stage)


@pytest.mark.full
@pytest.mark.parametrize("step", STEPS)
async def test_a_reboot_between_any_two_steps_loses_no_word_and_no_answer(
    step: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    await _play(stage, {step})
    _check(stage)


def _lose_spool_key(stage: Stage) -> None:
    """Restore the house as its backup holds it: everything but the spool key."""
    (stage.folder / "state" / "spool.key").unlink()


async def test_a_chat_whose_case_was_being_written_goes_on_without_the_spool_key(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до потери")
        await settled(stage)
    _lose_spool_key(stage)
    async with stage.hub():
        phones.write(tess, "после потери")
        phones.send_file(tess, "document", Upload("a.txt", "text/plain", b"content"))
        await settled(stage)
        await tap(tess, "send")
        await settled(stage)
        stage.forward(hours=2)
        await until(lambda: not _writing(stage))
        await settled(stage)
    assert stage.texts() == ["до потери", "после потери"]
    with stage.house.database.read() as session:
        assert len(session.scalars(select(Case)).all()) == 1
        assert "unparsed" not in session.scalars(select(Notice.kind)).all()


async def test_a_case_nobody_comes_back_to_is_filed_without_the_spool_key(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    async with stage.hub():
        phones.write(stage.phone(), "до потери")
        await settled(stage)
    _lose_spool_key(stage)
    stage.reboot()
    async with stage.hub():
        stage.forward(hours=2)
        await until(lambda: not _writing(stage))
    assert stage.texts() == ["до потери"]
    with stage.house.database.read() as session:
        assert set(session.scalars(select(Notice.kind))) == {"new"}


async def test_what_waited_under_the_lost_spool_key_is_named_not_dropped(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
    stage.emulator.world.faults.order({"kind": "error", "method": "sendMessage", "times": None})
    async with stage.hub():
        phones.write(tess, "до потери")
        await until(lambda: counts(stage.house)["item"] > 0)
    stage.emulator.world.faults.cancel()
    _lose_spool_key(stage)
    async with stage.hub():
        await until(lambda: not _outbox(stage))
        phones.write(tess, "после потери")
        await settled(stage)
    assert stage.texts() == ["до потери", "после потери"]


def _outbox(stage: Stage) -> list[bytes]:
    with stage.house.database.read() as session:
        return list(session.scalars(select(Outbox.id)))
