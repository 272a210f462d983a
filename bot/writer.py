"""
One thread that writes: everything the hub commits for a chat goes through here.

Jobs that wait are committed together, up to :data:`BATCH` in one transaction, because a synced commit of a
hundred rows costs hardly more than one of a single row. When a batch fails, each job is tried alone, so
that one bad job never takes its neighbours with it. A job is *done* only after its commit.

On PostgreSQL all of it runs on one connection, the one that holds the hub's advisory lock: a hub that
lost the lock can no longer write.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bot.guard import claim
from casework.database import Database, check_schema
from casework.rows import Rows
from casework.rows import write as write_rows

T = TypeVar("T")

# Updates' rows per transaction: a hundred rows commit in about the time of one.
BATCH = 100


@dataclass(slots=True)
class _Job:
    act: Callable[[Session], Any] | None
    rows: Rows | None
    after: Callable[[Session], None] | None
    done: asyncio.Future[Any]


class Writer:
    """The one writer thread. Use as a context manager; leaving it finishes what was handed in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._connection: Connection | None = None

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._jobs.put(None)
        self._thread.join()

    async def write(self, rows: Rows) -> None:
        """
        Commit *rows*, together with whatever else waits.

        Raises:
            SQLAlchemyError: nothing of *rows* was written.
        """
        await self._hand_in(None, rows, None)

    async def do(
        self,
        act: Callable[[Session], T],
        rows: Rows | None = None,
        after: Callable[[Session], None] | None = None,
    ) -> T:
        """
        Run *act*, write *rows*, run *after*, in one transaction; return what *act* gave after the commit.

        Both may run twice when their first transaction failed: they must change nothing but the database.
        What either raises undoes all three.

        Raises:
            SQLAlchemyError: nothing of it was written.
            SecondHubError: another hub serves this database.
        """
        result: T = await self._hand_in(act, rows, after)
        return result

    async def _hand_in(
        self,
        act: Callable[[Session], Any] | None,
        rows: Rows | None,
        after: Callable[[Session], None] | None,
    ) -> Any:
        job = _Job(act, rows, after, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        # A commit cannot be called back, so giving up the wait must not look like failure of the job.
        return await asyncio.shield(job.done)

    def _run(self) -> None:
        ending = False
        while not ending:
            jobs, ending = self._next_batch()
            if jobs:
                self._commit(jobs)
        self._disconnect()

    def _next_batch(self) -> tuple[list[_Job], bool]:
        """Wait for a job, then take along what already waits."""
        first = self._jobs.get()
        if first is None:
            return [], True
        jobs = [first]
        while len(jobs) < BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        """Commit *jobs* together or, failing that, one by one, and tell all who wait at once."""
        ended = self._ends(jobs)
        # Waking the event loop costs as much as a small commit: once for the batch, not for each job.
        by_loop = {job.done.get_loop() for job in jobs}
        for loop in by_loop:
            # The loop may have ended: then nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, [one for one in ended if one[0].done.get_loop() is loop])

    def _ends(self, jobs: list[_Job]) -> list[tuple[_Job, Any, BaseException | None]]:
        """Return how each of *jobs* ended: its result, or its error."""
        try:
            results = self._transact(jobs)
        except Exception as error:  # noqa: BLE001  a future carries it to whoever waits
            return [(jobs[0], None, error)] if len(jobs) == 1 else self._end_singly(jobs)
        return [(job, result, None) for job, result in zip(jobs, results, strict=True)]

    def _end_singly(self, jobs: list[_Job]) -> list[tuple[_Job, Any, BaseException | None]]:
        """Find out who failed. Two in a row that the database itself refused mean that it is away for all."""
        ended: list[tuple[_Job, Any, BaseException | None]] = []
        refused = 0
        for at, job in enumerate(jobs):
            ended += self._ends([job])
            error = ended[-1][2]
            refused = refused + 1 if isinstance(error, OperationalError | InterfaceError) else 0
            if refused == 2:
                return ended + [(left, None, error) for left in jobs[at + 1 :]]
        return ended

    def _transact(self, jobs: list[_Job]) -> list[Any]:
        try:
            with Session(self._connect(), expire_on_commit=False) as session, session.begin():
                check_schema(session)
                results = [None if job.act is None else job.act(session) for job in jobs]
                write_rows(session, [job.rows for job in jobs if job.rows is not None])
                for job in jobs:
                    if job.after is not None:
                        job.after(session)
        except (OperationalError, InterfaceError):
            # The server may be gone; the next batch asks for a new connection and for the lock.
            self._disconnect()
            raise
        return results

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._database.engine.connect()
            try:
                claim(connection)
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection.execution_options(subrosa_write=True)
        return self._connection

    def _disconnect(self) -> None:
        """Close the connection for good: in the pool it would go on holding the lock."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _settle(ended: list[tuple[_Job, Any, BaseException | None]]) -> None:
    """Hand results and errors over, inside the loop of those who wait."""
    for job, result, error in ended:
        if error is None:
            job.done.set_result(result)
        else:
            job.done.set_exception(error)
            job.done.exception()  # whoever gave up the wait is not missed
