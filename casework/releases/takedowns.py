"""
Taking down: one person of the staff, one signature, now.

A duplicate can be merged into the entry that stays: its tombstone then leads there.

The order also stops whatever of the same entry still waits in the press. It is checked against the roster
again before it is carried out; a tombstone stays, and an id once retracted is never published again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import journal, lives
from casework.errors import NotFoundError
from casework.permits import Acting
from casework.releases import drafts, signing
from casework.rosters import Staffing
from casework.tables import Draft, Published, TakeDown

DUPLICATE = "duplicate"
CODES = ("safety", "error", "consent", DUPLICATE)

_PENDING = ("review", "approved", "scheduled")
_PUBLIC = ("published", "corrected")


def order_take_down(
    session: Session, public_id: str, code: str, acting: Acting, into: str | None = None
) -> TakeDown:
    """
    Order an entry out of the register. Anybody of the staff may, alone; ordering twice is ordering once.

    *into* names the public entry that a duplicate repeats.

    Raises:
        NotAllowedError: suspended, or no longer staff.
        NotFoundError: nothing public, and nothing on its way, has this id; or *into* is not public.
    """
    if code not in CODES or (into is not None and code != DUPLICATE):
        raise ValueError("casework: internal error: no such code")
    acting.check_living("take-down")
    if into is not None:
        _check_stays(session, public_id, into)
    existing = session.get(TakeDown, public_id)
    public = session.get(Published, public_id)
    # Also where an order waits already: what was frozen since is on its way again.
    stopped = _stop_pending(session, public_id)
    if existing is not None and signing.was_signed(existing, acting.staffing.roster):
        return existing
    if public is None and not stopped:
        raise NotFoundError
    # An order somebody forged is replaced, not believed.
    order = existing or TakeDown(public_id=public_id)
    order.staff, order.number = acting.staff, acting.by.number
    order.day, order.code, order.into = acting.day, code, into
    signing.sign(order, acting.by.signing)
    session.add(order)
    subject = hashlib.sha256(public_id.encode()).digest()[:16]
    journal.write(session, "take-down", by=acting.by, day=acting.day, subject=subject)
    return order


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders to carry out, and how many rows claim to be orders but are signed by nobody of the staff."""

    valid: tuple[TakeDown, ...]
    forged: int


def due_take_downs(session: Session, staffing: Staffing) -> Orders:
    """Return the orders that wait. One given by somebody suspended since still stands."""
    rows = session.scalars(select(TakeDown).order_by(TakeDown.public_id)).all()
    valid = tuple(row for row in rows if signing.was_signed(row, staffing.roster))
    return Orders(valid, len(rows) - len(valid))


def mark_taken_down(session: Session, public_id: str, now: datetime) -> None:
    """
    Note that the register no longer shows an entry, nor ever will. Doing it twice changes nothing.

    The digest goes too: whoever had a text could find out with it what was taken down.
    """
    public = session.get(Published, public_id)
    if public is None:
        # Stopped before it was public; the register keeps a tombstone for it all the same.
        session.add(Published(public_id=public_id, digest=b"", day=now.date(), state="retracted"))
    else:
        public.state, public.day, public.digest = "retracted", now.date(), b""
    shown = select(Draft).where(Draft.public_id == public_id, Draft.status.in_(_PUBLIC))
    for draft in session.scalars(shown).all():
        draft.status = lives.step(lives.ENTRY, draft.status, "take-down")
        draft.version += 1
    session.execute(delete(TakeDown).where(TakeDown.public_id == public_id))


def _check_stays(session: Session, public_id: str, into: str) -> None:
    stays = session.get(Published, into)
    is_going = session.get(TakeDown, into) is not None
    if into == public_id or is_going or stays is None or stays.state not in _PUBLIC:
        raise NotFoundError


def _stop_pending(session: Session, public_id: str) -> int:
    """Send what is on its way back to its author's desk, with everything said of it void."""
    pending = select(Draft).where(Draft.public_id == public_id, Draft.status.in_(_PENDING))
    rows = session.scalars(pending).all()
    for draft in rows:
        draft.status = lives.step(lives.ENTRY, draft.status, "take-down")
        draft.version += 1
        drafts.void(session, draft)
    return len(rows)
