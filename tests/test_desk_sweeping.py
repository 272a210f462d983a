"""What a desk does by itself fails for a while: the log says so once, and once that it is over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from litestar.testing import TestClient

from casework.database import Database
from crypto.roster import Anchor
from desk import app, chores
from desk.settings import Settings
from desk.sweeping import Sweeper
from desk.visit import Visit
from tests.deskhouse import no_detectors, open_desk


async def at_once(work: Callable[[], object]) -> object:
    return work()


def test_a_chore_that_fails_for_one_of_two_is_told_once_and_when_it_works_again(
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fails, done = [True], []

    def water_plants(visit: Visit) -> int:
        if fails[0] and visit.staff == "alice":
            raise OSError
        done.append(visit.staff)
        return 1

    monkeypatch.setattr(chores, "CHORES", (water_plants,))
    with open_desk(sqlite_database, tmp_path) as desk:
        desk.sign_in("alice")
        desk.sign_in("bob")
        sweeper = Sweeper(desk.app.state["desk"], at_once)
        for _ in range(3):
            asyncio.run(sweeper.sweep())
        assert done == ["bob"] * 3, "one person's trouble is not another's"
        fails[0] = False
        for _ in range(2):
            asyncio.run(sweeper.sweep())
    said = [one.getMessage() for one in caplog.records if one.getMessage().startswith("desk.sweep")]
    assert said == ["desk.sweep_failed water_plants OSError 1", "desk.sweep_works_again water_plants 3"]


def test_whoever_starts_a_desk_hears_that_it_is_prepared_even_without_a_roster(
    sqlite_database: Database, tmp_path: Path
) -> None:
    heard = threading.Event()
    desk = app.build(
        Settings(keyring_dir=tmp_path, hosts=frozenset({"desk.test"})),
        sqlite_database,
        Anchor((bytes(32),), 1),
        lambda: datetime.now(UTC),
        zone=ZoneInfo("UTC"),
        detectors=no_detectors,
        prepared=heard.set,
    )
    with TestClient(desk):
        assert heard.wait(timeout=60)
