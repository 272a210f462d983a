"""What a desk does by itself fails for a while: the log says so once, and once that it is over."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
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
from desk.visit import Desk, Visit
from tests.deskhouse import DeskHouse, no_detectors, open_desk


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


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def test_between_two_steps_of_a_chore_a_form_of_its_session_is_done(desk: DeskHouse) -> None:
    """However many keys are to be given back: what touches cases is done alone, but not all at once."""
    desk.sign_in("bob")
    of: Desk = desk.app.state["desk"]
    (session,) = of.sessions.living(desk.house.now)
    done = threading.Event()

    def form() -> None:
        with session.lock:
            done.set()

    def work(_visit: Visit) -> Iterator[int]:
        threading.Thread(target=form).start()
        assert not done.wait(0.05), "a step is done alone"
        until = time.monotonic() + 30
        while not done.is_set() and time.monotonic() < until:
            yield 1

    assert chores.do(work, of, session) > 0
    assert done.is_set()


def test_a_chore_ends_with_its_session(desk: DeskHouse) -> None:
    """Between two steps somebody signs out, or is suspended: nothing more is opened for them."""
    desk.sign_in("bob")
    of: Desk = desk.app.state["desk"]
    (session,) = of.sessions.living(desk.house.now)

    def work(_visit: Visit) -> Iterator[int]:
        yield 1
        of.sessions.end_of("bob")
        yield 1
        raise AssertionError("its session is over")

    assert chores.do(work, of, session) == 2
