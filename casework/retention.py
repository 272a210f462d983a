"""
How long a case is kept after it ended, and when somebody is asked about it again.

Days, never instants. A reminder is moved to a day drawn by lot, always an earlier one, so that the day in
clear does not give away the deadline behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, false, func, select
from sqlalchemy.orm import Session

from casework import reach
from casework.errors import NotFoundError
from casework.lives import ACTIVE, ENDED
from casework.tables import Case

Random = Callable[[int], bytes]

# Somebody still has time to object to an erasure.
NOTICE = timedelta(days=14)
# A reminder comes up to this many days early.
JITTER = 3


@dataclass(frozen=True, slots=True)
class Periods:
    """Days a case is kept after it ended, by how it ended."""

    closed_legal: int = 365
    closed_editors: int = 180
    declined: int = 90
    spam: int = 30
    merged: int = 365

    def keep(self, team: str, status: str) -> timedelta:
        """Return how long a case of *team* is kept once it is *status*."""
        if status == "closed":
            return timedelta(days=self.closed_legal if team == "legal" else self.closed_editors)
        return timedelta(days={"declined": self.declined, "spam": self.spam, "merged": self.merged}[status])


def end(case: Case, today: date, periods: Periods, random: Random) -> None:
    """Set when an ended case is erased, and when its holder hears of that."""
    case.erase_on = today + periods.keep(case.team, case.status)
    case.remind_on = max(today, jittered(case.erase_on - NOTICE, random))


def resume(case: Case) -> None:
    """Keep a reopened case until it ends again."""
    case.erase_on = None
    case.remind_on = None


def jittered(day: date, random: Random) -> date:
    """Return *day* or one of the few days before it, by lot."""
    return day - timedelta(days=random(1)[0] % (JITTER + 1))


def set_reminder(case: Case, day: date | None, today: date, random: Random) -> None:
    """Let the holders of a living case be reminded on *day* or one of the few days before it; none: never."""
    case.remind_on = None if day is None else max(today, jittered(day, random))


def due_erasures(session: Session, today: date, limit: int = 20) -> list[bytes]:
    """
    Return ended cases whose time has come and that nobody holds for a court. Does not erase.

    A case goes with the matters split off from it, so it waits until each of them has come to its own time.
    """
    is_over = and_(Case.erase_on <= today, Case.status.in_(ENDED), ~Case.held)
    stays = ~func.coalesce(is_over, false())
    keeping = select(Case.split_from.label("id")).where(Case.split_from.is_not(None), stays)
    kept = keeping.cte("kept", recursive=True)
    origin = select(Case.split_from).where(Case.id == kept.c.id, Case.split_from.is_not(None))
    kept = kept.union(origin)
    wanted = (
        select(Case.id)
        .where(is_over, Case.id.not_in(select(kept.c.id)))
        .order_by(Case.erase_on, Case.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


def due_matters(session: Session, case_id: bytes, today: date) -> list[bytes]:
    """
    Return a case whose time has come and its matters, held until the end.

    Raises:
        NotFoundError: one of them was reopened, held or given more time meanwhile.
    """
    matters = reach.matters(session, case_id)
    rows = session.scalars(
        select(Case).where(Case.id.in_(matters)).execution_options(populate_existing=True)
    ).all()
    if not rows or not all(_is_over(one, today) for one in rows):
        raise NotFoundError
    return matters


def _is_over(case: Case, today: date) -> bool:
    return case.status in ENDED and not case.held and case.erase_on is not None and case.erase_on <= today


def claim_reminders(session: Session, today: date, limit: int = 100) -> list[Case]:
    """
    Return cases somebody wanted to be reminded of by *today*, and set each to its next day.

    A living case comes again every day until its deadline is met or another is set at a desk; an ended one
    comes once.
    """
    due = due_reminders(session, today, limit)
    for case in due:
        case.remind_on = today + timedelta(days=1) if case.status in ACTIVE else None
    return due


def due_reminders(session: Session, today: date, limit: int = 100) -> list[Case]:
    """Return cases somebody wanted to be reminded of by *today*, the earliest first."""
    wanted = select(Case).where(Case.remind_on <= today).order_by(Case.remind_on, Case.id).limit(limit)
    return list(session.scalars(wanted))
