"""
What a desk signed: requests and hand-ins, before the hub believes a word of them.

A row counts only if a living member of the roster in force signed exactly this row, with their newest key,
and lately: whoever can write the database can put an old row back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from casework import canonical
from casework.errors import CaseworkError
from casework.rosters import Staffing
from crypto.errors import MalformedError, TamperedError
from crypto.signature import verify

# A desk waits some seconds for its answer. Rows older than this die unanswered.
LIFETIME = timedelta(seconds=60)

# How far a desk's clock may be ahead of the hub's.
AHEAD = timedelta(minutes=5)


class OutOfTimeError(CaseworkError):
    """This was signed too long ago, or by a clock that is far ahead."""


def read(
    row: bytes, staff: str, number: int, tag: str, body: bytes, signature: bytes, staffing: Staffing
) -> dict[str, Any]:
    """
    Return what *body* says, if *staff* signed it for the row of this id.

    Raises:
        TamperedError: nobody who is living staff did.
        MalformedError: it is signed, but is nothing a desk writes.
    """
    entry = staffing.roster.find(staff)
    if entry is None or entry.id not in staffing.living or entry.number != number:
        raise TamperedError
    verify(entry.signing, tag, body, signature)
    said = canonical.loads(body)
    if not isinstance(said, dict):
        raise MalformedError("signed row")
    if said.get("id") != row.hex():
        raise TamperedError
    return said


def check_fresh(said: dict[str, Any], now: datetime) -> None:
    """
    Check that what was *said* was signed within the last minute.

    Raises:
        OutOfTimeError: it was not, or does not say when it was.
    """
    at = said.get("at")
    if not isinstance(at, int) or not 0 <= at < 2**33:
        raise OutOfTimeError
    if not -AHEAD <= now - datetime.fromtimestamp(at, UTC) <= LIFETIME:
        raise OutOfTimeError
