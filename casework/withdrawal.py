"""
Who wins, the court or the tipster: the tipster, after 72 hours in which the lawyer is told.

A lawyer may hold a case for a court, or a matter split off from it: then it is not erased because its time
has come. Its tipster may take it back all the same. Without a hold that is done at once; with one, a clock
runs for three days, whoever answers for the case hears of it and can save what the court needs, and nobody
but the tipster can change the end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clocks, notices, reach
from casework.rosters import Staffing
from casework.rows import Rows
from casework.tables import Case, Clock

NOTICE = timedelta(hours=72)


def come_due(session: Session, case: Case, now: datetime) -> None:
    """Let what its tipster has taken back be erased at once, when no part of it is held any longer."""
    for one in reach.above(session, case.id):
        running = session.get(Clock, (one, clocks.WITHDRAWN))
        if running is not None and not reach.is_held(session, one):
            running.due = min(running.due, now)


def until(session: Session, case_id: bytes) -> datetime | None:
    """Return when a case goes because its tipster took it back, or what it was split off from."""
    running = select(func.min(Clock.due)).where(
        Clock.case.in_(reach.above(session, case_id)), Clock.kind == clocks.WITHDRAWN
    )
    return session.scalar(running)


def take_back(rows: Rows, case: bytes, people: tuple[str, ...], staffing: Staffing, now: datetime) -> None:
    """Start the three days of a held case, and tell *people*, who answer for it, or the coordinators."""
    clocks.start(rows, case, clocks.WITHDRAWN, now + NOTICE)
    told = [one for one in people if one in staffing.living] or staffing.coordinators()
    notices.add(rows, notices.WITHDRAWN, told, case, now)


def due(session: Session, now: datetime, limit: int = 20) -> list[bytes]:
    """Return the cases whose three days are over. Does not erase."""
    over = select(Clock.case).where(Clock.kind == clocks.WITHDRAWN, Clock.due <= now)
    return list(session.scalars(over.order_by(Clock.due).limit(limit)))
