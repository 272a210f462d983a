"""
One hub at a time.

Two locks, because each covers what the other cannot see: a file lock in ``state_dir`` (two hubs on one
machine, whatever the database) and, on PostgreSQL, an advisory lock held by the very connection that
writes (two machines on one database). Both die with the process that holds them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from bot.errors import SecondHubError

# Any number, the same in every hub: the first bytes of SHA-256 of "subrosa hub".
ADVISORY_LOCK = 0x31A7_55C0_9E12_4D0B


@contextmanager
def sole_hub(state_dir: Path) -> Iterator[None]:
    """
    Hold the lock file of *state_dir* for the length of the block.

    Raises:
        SecondHubError: somebody else holds it.
    """
    handle = os.open(state_dir / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SecondHubError from None
        yield
    finally:
        os.close(handle)


def claim(connection: Connection) -> None:
    """
    Take the advisory lock for as long as *connection* lives; on SQLite the lock file is enough.

    Raises:
        SecondHubError: another connection holds it.
    """
    if connection.dialect.name != "postgresql":
        return
    held = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.commit()
    if not held:
        raise SecondHubError
