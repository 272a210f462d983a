"""
Who wins, the court or the tipster: the tipster, after 72 hours in which the lawyer is told.

A lawyer may hold a case for a court: then it is not erased because its time has come. Its tipster may take it
back all the same. Without a hold that is done at once; with one, a clock runs for three days, whoever answers
for the case hears of it and can save what the court needs, and nobody but the tipster can change the end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clocks, notices
from casework.rosters import Staffing
from casework.rows import Rows
from casework.tables import Case, Clock

NOTICE = timedelta(hours=72)


def come_due(session: Session, case: Case, now: datetime) -> None:
    """Let a case that is held no longer, and that its tipster has taken back, be erased at once."""
    running = session.get(Clock, (case.id, clocks.WITHDRAWN))
    if running is not None:
        running.due = min(running.due, now)


def take_back(rows: Rows, case: bytes, people: tuple[str, ...], staffing: Staffing, now: datetime) -> None:
    """Start the three days of a held case, and tell *people*, who answer for it, or the coordinators."""
    clocks.start(rows, case, clocks.WITHDRAWN, now + NOTICE)
    told = [one for one in people if one in staffing.living] or staffing.coordinators()
    notices.add(rows, notices.WITHDRAWN, told, case, now)


def due(session: Session, now: datetime, limit: int = 20) -> list[bytes]:
    """Return the cases whose three days are over. Does not erase."""
    over = select(Clock.case).where(Clock.kind == clocks.WITHDRAWN, Clock.due <= now)
    return list(session.scalars(over.order_by(Clock.due).limit(limit)))
