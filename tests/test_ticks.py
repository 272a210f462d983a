"""A tick that fails is named in the log, and does not fill it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.health import Health, read
from bot.ticks import Tick, ticking
from casework.outages import AGAIN, Outage

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_is_told_at_once_and_then_once_an_hour_with_its_count() -> None:
    clock = Clock()
    outage, said = Outage(clock), []
    for _ in range(3 * int(AGAIN)):
        if outage.fail("OperationalError"):
            said.append((clock.now, outage.count))
        clock.now += 1
    assert said == [(0, 1), (AGAIN, AGAIN + 1), (2 * AGAIN, 2 * AGAIN + 1)]
    assert outage.end() == 3 * AGAIN


def test_another_kind_of_failure_is_told_at_once() -> None:
    outage = Outage(Clock())
    kinds = ("OSError", "OSError", "ValueError", "OSError", "ValueError")
    assert [outage.fail(kind) for kind in kinds] == [True, False, True, False, False]


def test_what_works_and_fails_anew_is_told_anew() -> None:
    outage = Outage(Clock())
    assert outage.fail("OSError")
    assert outage.end() == 1
    assert outage.end() == 0
    assert outage.fail("OSError")


def test_a_tick_that_fails_for_a_while_says_so_twice_and_health_ends_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = iter([True, False, False, False, False, True])
    asyncio.run(_until_drained(outcomes, Health(tmp_path, lambda: NOW)))
    said = [record.getMessage() for record in caplog.records if record.name == "bot.ticks"]
    assert said == ["tick.failed trial OSError 1", "tick.works_again trial 4"]
    assert read(tmp_path)["tick.trial"]["state"] == "ok"
    assert caplog.records[0].levelno >= logging.WARNING


async def _until_drained(outcomes: Iterator[bool], health: Health) -> None:
    loop, drained = asyncio.get_running_loop(), asyncio.Event()
    running = asyncio.create_task(ticking([Tick("trial", 0.01, _act(outcomes, loop, drained))], health))
    async with asyncio.timeout(60):
        await drained.wait()
    running.cancel()


def _act(
    outcomes: Iterator[bool], loop: asyncio.AbstractEventLoop, drained: asyncio.Event
) -> Callable[[], None]:
    def act() -> None:
        works = next(outcomes, None)
        if works is None:
            loop.call_soon_threadsafe(drained.set)
        elif not works:
            raise OSError

    return act
