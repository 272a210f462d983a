"""What becomes of a reply between desk and chat, and who hears when it does not arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import desk
from bot import holding, send
from bot import rows as build
from bot.emulator import phones
from bot.emulator.phones import Hand
from casework import catalogue
from casework.database import Database
from casework.post.ringing import COURIER_EXPIRED, DAMAGED
from casework.rows import Rows, write
from casework.tables import Case, Deletion, Letter, Notice, Outbox, Push
from tests.hubs import counts, opened, until
from tests.stage import CANARY, Stage, file_with_push, reply, said, settled, staged, state_of, tap


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


@pytest.fixture
async def any_stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same on each engine, where what is stored matters."""
    async with staged(database, tmp_path) as made:
        yield made


async def _tess_of_alice(stage: Stage) -> Hand:
    """Play a tip until Alice has it and Tess can be rung; nobody has been told anything yet."""
    tess = stage.phone()
    await file_with_push(stage, tess)
    with stage.house.database.write() as session:
        session.execute(update(Case).values(assignee="alice"))
        for notice in session.scalars(select(Notice)):
            session.delete(notice)
    return tess


def _told(stage: Stage) -> list[tuple[str, str]]:
    with stage.house.database.read() as session:
        return [(row.staff, row.kind) for row in session.scalars(select(Notice))]


def _waiting(stage: Stage) -> int:
    with stage.house.database.read() as session:
        return len(session.scalars(select(Outbox)).all())


async def test_an_answer_that_left_the_chat_is_gone_and_can_be_shown_again(any_stage: Stage) -> None:
    stage = any_stage
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        item = reply(stage, f"ответ {CANARY}")
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await until(lambda: state_of(stage, item)[0] == "shown")
        await settled(stage)
        stage.forward(hours=2)
        await until(lambda: state_of(stage, item)[0] == "gone")
        assert CANARY not in "".join(said(tess))
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await until(lambda: state_of(stage, item)[0] == "shown")
    assert _told(stage) == []


async def test_a_long_answer_is_gone_only_with_its_last_words(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        item = reply(stage, f"{CANARY} " * 400)
        await tap(tess, "open")
        await until(lambda: sum(CANARY in text for text in said(tess)) > 1)
        await settled(stage)
        _put_off_one_part(stage)
        stage.forward(hours=2)
        await until(lambda: sum(CANARY in text for text in said(tess)) == 1)
        await until(lambda: not _due(stage))
        assert state_of(stage, item)[0] == "shown"
        stage.forward(hours=4)
        await until(lambda: state_of(stage, item)[0] == "gone")
        assert CANARY not in "".join(said(tess))


def _put_off_one_part(stage: Stage) -> None:
    """Have one message of an answer deleted four hours later than the others."""
    spools = stage.house.strongbox.spools
    with stage.house.database.write() as session:
        rows = session.scalars(select(Deletion)).all()
        part = next(row for row in rows if build.open_deletion(spools, row.id, row.locked).get("reply"))
        assert part.due is not None
        part.due += timedelta(hours=4)


def _due(stage: Stage) -> list[Deletion]:
    with stage.house.database.read() as session:
        return list(session.scalars(select(Deletion).where(Deletion.due <= stage.clock())))


async def test_a_block_fails_what_waits_at_once_and_its_end_sends_it(any_stage: Stage) -> None:
    stage = any_stage
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        stage.emulator.world.faults.order(
            {"kind": "error", "method": "sendMessage", "times": None, "code": 500}
        )
        item = reply(stage, "ответ")
        await until(lambda: _waiting(stage) == 1)
        phones.block(tess)
        await until(lambda: state_of(stage, item) == ("failed", "blocked"))
        assert _told(stage) == [("alice", "failed")]
        stage.emulator.world.faults.cancel()
        stage.forward(hours=47)
        phones.unblock(tess)
        await until(lambda: state_of(stage, item)[0] == "sent")
        await until(lambda: _waiting(stage) == 0)
    assert _told(stage) == [("alice", "failed")]
    noted = sorted(
        (one.payload["at"], one.payload["blocked"]) for one in opened(stage.house) if one.kind == "standing"
    )
    assert [blocked for _at, blocked in noted] == [True, False]


async def test_what_is_held_for_two_days_is_given_up_and_told_once(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        phones.block(tess)
        await settled(stage)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item) == ("failed", "blocked"))
        assert _waiting(stage) == 1
        for _ in range(3):
            stage.forward(hours=5)
            stage.emulator.world.faults.order({"kind": "forbidden", "method": "sendMessage", "times": None})
            tries = len(stage.emulator.world.calls.since(0, "sendMessage"))
            phones.unblock(tess)
            await until(lambda: len(stage.emulator.world.calls.since(0, "sendMessage")) > tries)  # noqa: B023
            await until(lambda: _due_at(stage) > stage.clock())
            stage.emulator.world.faults.cancel()
            phones.block(tess)
            await settled_but_held(stage)
        stage.forward(hours=34)
        await until(lambda: _waiting(stage) == 0)
    assert state_of(stage, item) == ("failed", "blocked")
    assert _told(stage) == [("alice", "failed")]


def _due_at(stage: Stage) -> datetime:
    with stage.house.database.read() as session:
        return session.scalars(select(Outbox.due)).one()


async def settled_but_held(stage: Stage) -> None:
    """Wait until all that came in is worked, while one message is held."""
    bot = next(iter(stage.emulator.world.bots.values()))
    await until(lambda: len(bot.queue) == 0 and counts(stage.house)["waiting"] == 0)


async def test_a_push_for_the_morning_still_waits_for_it_after_a_block(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        await settled(stage)
        morning = stage.clock() + timedelta(hours=9)
        with stage.house.database.write() as session:
            line = {"do": "say", "chat": tess.chat.chat_id, "text": "утром", "buttons": []}
            rows = Rows()
            build.outgoing(rows, stage.house.strongbox.spool, line, 1, morning)
            write(session, [rows])
        phones.block(tess)
        await settled_but_held(stage)
        phones.unblock(tess)
        await settled_but_held(stage)
        assert _due_at(stage) == morning
        stage.forward(hours=10)
        await until(lambda: "утром" in said(tess))


async def test_an_answer_telegram_refuses_has_failed_and_waits_again(any_stage: Stage) -> None:
    stage = any_stage
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        await settled(stage)
        stage.emulator.world.faults.order({"kind": "error", "method": "sendMessage", "code": 400})
        await tap(tess, "open")
        await until(lambda: state_of(stage, item) == ("failed", "refused"))
        assert _told(stage) == [("alice", "failed")]
        await settled(stage)
        with stage.house.database.read() as session:
            assert set(session.scalars(select(Letter.shown))) == {None}
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await until(lambda: state_of(stage, item) == ("shown", None))


async def test_a_reply_whose_chat_cannot_be_found_any_more_is_told(stage: Stage) -> None:
    async with stage.hub():
        await _tess_of_alice(stage)
        item = reply(stage, "ответ")
        with stage.house.database.write() as session:
            session.execute(update(Push).values(courier=77))
        stage.ring()
        assert state_of(stage, item) == ("failed", "courier_expired")
        stage.ring()
    assert _told(stage) == [("alice", "failed")]


async def test_a_failed_reply_without_an_assignee_is_told_to_the_team(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        with stage.house.database.write() as session:
            session.execute(update(Case).values(assignee=None))
        phones.block(tess)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item) == ("failed", "blocked"))
    assert {staff for staff, _kind in _told(stage)} == {"alice", "bob"}


async def test_an_answer_taken_back_before_it_was_said_waits_for_its_handle(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = await _tess_of_alice(stage)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        await settled(stage)
        faults = stage.emulator.world.faults
        faults.order({"kind": "error", "method": "sendMessage", "times": None, "code": 500})
        await tap(tess, "open")
        await until(lambda: state_of(stage, item)[0] == "shown" and counts(stage.house)["waiting"] == 0)
    with stage.house.database.write() as session:
        holding.withdraw(session, stage.house.strongbox, tess.chat.chat_id)
    assert state_of(stage, item) == ("waiting", None)
    with stage.house.database.read() as session:
        assert set(session.scalars(select(Letter.shown))) == {None}
    assert _waiting(stage) == 0


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_reason_of_a_failed_reply_has_a_sentence_at_the_desk(language: str) -> None:
    say = catalogue.load(Path(desk.__file__).with_name("catalogues"), language).gettext
    codes = (send.BLOCKED, send.GONE, send.REFUSED, send.UNREACHABLE, COURIER_EXPIRED, DAMAGED)
    for code in codes:
        assert say(f"reason.push_{code}") != f"reason.push_{code}"
