"""One thread writes: what is called done is committed, and a bad job takes nobody with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot.errors import SecondHubError
from bot.guard import sole_hub
from bot.writer import Writer
from casework.database import Database
from casework.errors import SchemaMismatchError
from casework.rows import Rows
from casework.tables import House, StaffState


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    with Writer(database) as running:
        yield running


def _one(staff: str) -> Rows:
    rows = Rows()
    rows.add(StaffState, staff=staff, suspended_by="")
    return rows


def _staff(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(StaffState.staff)))


async def test_rows_are_committed_when_write_returns(database: Database, writer: Writer) -> None:
    await writer.write(_one("alice"))
    assert _staff(database) == {"alice"}


async def test_a_bad_job_takes_no_neighbour_with_it(database: Database, writer: Writer) -> None:
    jobs = [writer.write(_one(name)) for name in ("alice", "bob", "alice", "carol")]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(result) for result in results].count(IntegrityError) == 1
    assert _staff(database) == {"alice", "bob", "carol"}


async def test_what_an_act_raises_undoes_its_rows(database: Database, writer: Writer) -> None:
    def refuse(_session: Session) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await writer.do(refuse, _one("alice"))
    assert _staff(database) == set()


async def test_leaving_finishes_what_was_handed_in(database: Database) -> None:
    with Writer(database) as writer:
        jobs = [asyncio.ensure_future(writer.write(_one(f"s{n}"))) for n in range(250)]
        await asyncio.sleep(0)
    await asyncio.gather(*jobs)
    assert len(_staff(database)) == 250


async def test_a_job_whose_waiter_gave_up_is_committed_all_the_same(
    database: Database, writer: Writer
) -> None:
    waiting = asyncio.ensure_future(writer.write(_one("alice")))
    await asyncio.sleep(0)
    waiting.cancel()
    await writer.write(_one("bob"))
    assert _staff(database) == {"alice", "bob"}


async def test_a_database_of_another_version_is_not_written(database: Database, writer: Writer) -> None:
    with database.write() as session:
        session.get_one(House, 1).schema_number += 1
    with pytest.raises(SchemaMismatchError):
        await writer.write(_one("alice"))
    assert _staff(database) == set()


async def test_a_second_writer_on_postgresql_is_refused(database: Database, writer: Writer) -> None:
    if database.is_sqlite:
        pytest.skip("on SQLite the lock file keeps a second hub out")
    await writer.do(lambda session: session.scalar(select(func.count()).select_from(House)))
    with Writer(database) as second, pytest.raises(SecondHubError):
        await second.write(_one("bob"))
    assert _staff(database) == set()


def test_a_second_hub_on_one_state_directory_is_refused(tmp_path: Path) -> None:
    with sole_hub(tmp_path), pytest.raises(SecondHubError), sole_hub(tmp_path):
        pass
    with sole_hub(tmp_path):
        pass


async def test_a_writer_whose_server_hung_up_comes_back_with_its_lock(
    database: Database, writer: Writer
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    pid = await writer.do(lambda session: session.scalar(text("SELECT pg_backend_pid()")))
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with pytest.raises(OperationalError):
        await writer.write(_one("alice"))
    async with asyncio.timeout(60):
        while "bob" not in _staff(database):
            with contextlib.suppress(SecondHubError):  # the dead session may hold the lock a moment longer
                await writer.write(_one("bob"))
    with Writer(database) as second, pytest.raises(SecondHubError):
        await second.write(_one("carol"))
