"""A part that is woken and told to end in the same instant ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.deletions import Deletions
from bot.health import Health
from bot.outbox import Outbox

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Idle(Deletions):
    """Deletions with nothing to delete."""

    async def once(self) -> float:
        return 60.0


class Silent(Outbox):
    """An outbox with nothing to say."""

    async def _load(self) -> None:
        return


def parts(tmp_path: Path) -> dict[str, Any]:
    nothing: Any = None
    health = Health(tmp_path, lambda: NOON)
    return {
        "deletions": Idle(nothing, nothing, nothing, nothing, lambda: NOON, health, lambda: False),
        "outbox": Silent(nothing, nothing, nothing, nothing, lambda: NOON, nothing, health, nothing),
    }


@pytest.mark.parametrize("part", ["deletions", "outbox"])
@pytest.mark.parametrize("turns", range(5))
async def test_a_part_woken_while_it_is_told_to_end_ends(part: str, turns: int, tmp_path: Path) -> None:
    waiting = parts(tmp_path)[part]
    running = asyncio.ensure_future(waiting.run())
    for _ in range(10):
        await asyncio.sleep(0)
    waiting.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    ended, _ = await asyncio.wait({running}, timeout=30)
    try:
        assert ended
    finally:
        running.cancel()
