"""
A case being written: its seeds and the answers so far, locked under the spool key until it is filed.

Only here does the hub hold a key that opens what a tipster said, for an hour at most, so that the case can
be granted to the team it turns out to be for. The row dies in the transaction that files the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from casework import canonical
from casework.errors import KeyMissingError
from casework.rows import Rows
from casework.tables import Writing as WritingRow
from crypto import context, lock
from crypto.errors import CryptoError


@dataclass(frozen=True, repr=False)
class Writing:
    """What filing needs, and cannot ask again when the thread is lost. Bytes are hex."""

    chat: int
    handle: str
    content: str  # seeds of generation 0
    identity: str
    granted: tuple[tuple[str, str, int], ...]  # compartment, staff, number of every grant made so far
    language: str
    kind: str | None = None
    urgency: str | None = None
    reach: str | None = None
    hours: str = "any"
    clearing: str | None = None
    wrote_before: bool = False
    joins: str | None = None
    seems: str = ""  # what was noticed in passing (intake/noticing.py); what was answered stands above it

    def __repr__(self) -> str:
        return "<Writing>"


def add(rows: Rows, case: bytes, writing: Writing, spool: lock.Key, now: datetime) -> None:
    """Add the row of a new case."""
    rows.add(WritingRow, case=case, spool=spool.number, locked=_lock(case, writing, spool), touched=now)


def change(rows: Rows, case: bytes, writing: Writing, spool: lock.Key, now: datetime) -> None:
    """Keep what is known by now; the idle hour begins anew."""
    values = {"spool": spool.number, "locked": _lock(case, writing, spool), "touched": now}
    rows.change(WritingRow, {"case": case}, **values)


def touch(rows: Rows, case: bytes, now: datetime) -> None:
    """Let the idle hour begin anew where nothing new is known."""
    rows.change(WritingRow, {"case": case}, touched=now)


def unlock(case: bytes, locked: bytes, spools: Mapping[int, lock.Key]) -> Writing:
    """
    Open the row of *case*.

    Raises:
        KeyMissingError: the spool key it names is not on file.
        CryptoError: it belongs to another case, or is damaged.
    """
    key = spools.get(lock.number_of(locked))
    if key is None:
        raise KeyMissingError("spool")
    values = canonical.loads(lock.unlock(key, locked, _where(case)))
    values["granted"] = tuple(
        (str(part), str(staff), int(number)) for part, staff, number in values["granted"]
    )
    return Writing(**values)


def read(case: bytes, locked: bytes, spools: Mapping[int, lock.Key]) -> Writing | None:
    """
    Open the row of *case*; none when its key is gone, as after a restore, or when it is damaged.

    The case itself is as safe as before: it was granted to the default team from its first message. Only
    the seeds and answers are lost, and it is filed without them.
    """
    try:
        return unlock(case, locked, spools)
    except (CryptoError, KeyMissingError):
        return None


def _lock(case: bytes, writing: Writing, spool: lock.Key) -> bytes:
    return lock.lock(spool, canonical.dumps(asdict(writing)), _where(case))


def _where(case: bytes) -> bytes:
    return context.named("writing", case)
