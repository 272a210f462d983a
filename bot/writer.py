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
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
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
    after: Callable[[Session], None] | None = None
    done: Future[Any] = field(default_factory=Future)


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
        await self._hand_in(_Job(None, rows))

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
        result: T = await self._hand_in(_Job(act, rows, after))
        return result

    async def _hand_in(self, job: _Job) -> Any:
        self._jobs.put(job)
        # A commit cannot be called back, so giving up the wait must not look like failure of the job.
        return await asyncio.shield(asyncio.wrap_future(job.done))

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
        """Commit *jobs* together or, failing that, one by one."""
        try:
            results = self._transact(jobs)
        except Exception as error:  # noqa: BLE001  a future carries it to whoever waits
            if len(jobs) == 1:
                jobs[0].done.set_exception(error)
            else:
                self._commit_singly(jobs)
            return
        for job, result in zip(jobs, results, strict=True):
            job.done.set_result(result)

    def _commit_singly(self, jobs: list[_Job]) -> None:
        """Find out who failed. Two in a row that the database itself refused mean that it is away for all."""
        refused = 0
        for at, job in enumerate(jobs):
            self._commit([job])
            error = job.done.exception()
            refused = refused + 1 if isinstance(error, OperationalError | InterfaceError) else 0
            if refused == 2:
                for left in jobs[at + 1 :]:
                    left.done.set_exception(error)
                return

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
