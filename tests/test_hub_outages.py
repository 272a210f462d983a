"""Whatever happens to line, clock or token: nothing lost, nothing doubled, "received" in the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from bot import doors, fetch, outbox, poll, send, setbacks
from bot import health as healths
from bot.emulator import phones
from bot.emulator.faults import SCENARIOS
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from casework.database import Database
from casework.tables import Notice
from tests.hubs import TOKEN, opened, running, until
from tests.stage import CANARY, Stage, posts, said, settled, staged


@pytest.fixture
async def stage(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    for module in (poll, outbox):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(send, "TOKEN_PAUSE", 0.1)
    monkeypatch.setattr(doors, "TOKEN_PAUSE", 0.1)
    monkeypatch.setattr(fetch, "AGAIN", 0.05)
    monkeypatch.setattr(setbacks, "LOOK", 0.01)
    async with staged(sqlite_database, tmp_path) as made:
        yield made


def _order(stage: Stage, scenario: str, **fields: Any) -> None:
    """Let a scenario begin, for a poll that waits already too."""
    stage.emulator.world.faults.order({"scenario": scenario, **fields})
    for bot in stage.emulator.world.bots.values():
        bot.queue.release()


def _tell(hand: Hand, name: str) -> list[str]:
    """Tell two texts, a file and a correction; return what must be in the case."""
    phones.write(hand, f"{name} первое")
    newest = max(hand.chat.posts)
    phones.send_file(hand, "document", Upload("a.txt", "text/plain", name.encode()), f"{name} файл")
    phones.write(hand, f"{name} второе")
    phones.edit(hand, newest, f"{name} исправлено")
    return sorted(f"{name} {what}" for what in ("первое", "файл", "второе", "исправлено"))


def _kept(stage: Stage) -> list[str]:
    """Return everything told, whichever way it was sealed."""
    found = [one.payload for one in opened(stage.house) if one.kind in ("message", "file")]
    return sorted(one.get("text") or one.get("caption", "") for one in found)


async def _all_kept(stage: Stage, wanted: list[str], seconds: float = 60.0) -> None:
    await until(lambda: _kept(stage) == sorted(wanted), seconds)


def _door_notices(stage: Stage) -> list[tuple[str, bytes | None]]:
    with stage.house.database.read() as session:
        found = session.execute(select(Notice.staff, Notice.case).where(Notice.kind == "door"))
        return [(staff, case) for staff, case in found]


def _health(stage: Stage, part: str = "intake") -> str:
    return healths.read(stage.folder / "runtime").get(part, {}).get("state", "")


def _receipts(hand: Hand) -> list[str]:
    return [
        str(post.message.get("text")) for post in posts(hand) if "Получено" in str(post.message.get("text"))
    ]


async def test_a_name_that_cannot_be_resolved_for_a_while_costs_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, is_gone = socket.getaddrinfo, [False]

    def resolve(host: Any, *rest: Any, **named: Any) -> Any:
        if is_gone[0] and host in ("localhost", b"localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    address = stage.emulator.base_url.replace("127.0.0.1", "localhost")
    async with running(stage.house, stage.folder, address, stage.clock):
        tess = stage.phone()
        await settled(stage)
        is_gone[0] = True
        _order(stage, "unreachable", times=4)  # lines that stood before fall too
        await until(lambda: _health(stage) == "unreachable")
        wanted = _tell(tess, "без сети")
        before = len(said(tess))
        is_gone[0] = False
        stage.emulator.world.faults.cancel()
        await until(lambda: _kept(stage) == wanted)
        await settled(stage)
        assert len(said(tess)) > before
        assert _receipts(tess)
        assert _health(stage) == "ok"


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
async def test_each_trouble_passes_and_all_is_there_once(stage: Stage, scenario: str) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        _order(stage, scenario, **({} if scenario in ("slow", "old_updates") else {"times": 3}))
        wanted = _tell(tess, scenario)
        if scenario == "timeout":
            # Nothing is answered until somebody gives up: here the line falls.
            await asyncio.sleep(0)
            stage.emulator.world.faults.cancel()
            for line in list(stage.emulator._state.connections):
                line.transport.abort()  # type: ignore[union-attr]
        await until(lambda: _kept(stage) == sorted([*wanted, "до"]))
        stage.emulator.world.faults.cancel()
        await settled(stage)
        assert _kept(stage) == sorted([*wanted, "до"])
        await until(lambda: len(_receipts(tess)) >= 2)


async def test_a_clock_that_jumps_leaves_no_answer_behind(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        wanted = ["до"]
        for days in (3, -3, -2, 2):
            stage.clock.now += timedelta(days=days)
            wanted += _tell(tess, f"через {days}")
            await _all_kept(stage, wanted)
            await settled(stage)


async def test_an_answer_written_by_a_clock_that_was_ahead_is_said_now(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        _order(stage, "too_many_requests", method="sendMessage")
        stage.clock.now += timedelta(days=3)
        phones.write(tess, "из будущего")
        await until(lambda: "из будущего" in _kept(stage))
        await until(lambda: _health(stage, "outbox") == "slowed")
        stage.clock.now -= timedelta(days=3)
        before = len(_receipts(tess))
        stage.emulator.world.faults.cancel()
        await settled(stage)
        await until(lambda: len(_receipts(tess)) > before)


async def test_a_token_revoked_in_the_middle_of_a_case_stops_that_bot_and_is_told_once(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    world = stage.emulator.world
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        phones.write(tess, f"последнее {CANARY}")
        await until(lambda: f"последнее {CANARY}" in _kept(stage))
        world.revoke(tess.bot)
        await until(lambda: _health(stage) == "token_refused")
        await until(lambda: _door_notices(stage))
        assert _door_notices(stage) == [("olga", None)]
        assert _kept(stage) == sorted(["до", f"последнее {CANARY}"])
        # The token comes back, as when a registrar was fooled: what waited goes on.
        world.add_bot(TOKEN)
        phones.write(tess, "после")
        await until(lambda: "после" in _kept(stage))
        await settled(stage)
        await until(lambda: len(_receipts(tess)) >= 2)
        world.revoke(tess.bot)
        await until(lambda: _health(stage) == "token_refused")
        assert len(_door_notices(stage)) == 1
    assert CANARY not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.full
async def test_a_bad_week_of_the_line_loses_and_doubles_nothing(stage: Stage) -> None:
    random, wanted = Random(4), []
    async with stage.hub():
        hands = [stage.phone() for _ in range(6)]
        for n in range(25):
            scenario = random.choice(sorted(set(SCENARIOS) - {"timeout"}))
            # A kilobyte a second takes a minute for what gathers meanwhile: once is enough.
            _order(stage, scenario, times=1 if scenario == "slow" else random.randrange(1, 8))
            wanted += _tell(random.choice(hands), f"круг {n}")
            stage.clock.now += timedelta(hours=random.randrange(-20, 24))
            await asyncio.sleep(random.random() / 4)
        stage.emulator.world.faults.cancel()
        await _all_kept(stage, wanted, 300)
        stage.clock.now += timedelta(days=2)
        await settled(stage)
        assert all(_receipts(hand) for hand in hands if any(p.side == "phone" for p in posts(hand)[1:]))
