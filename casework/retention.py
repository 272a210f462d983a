"""
How long a case is kept after it ended, and when somebody is asked about it again.

Days, never instants. A reminder is moved to a day drawn by lot, always an earlier one, so that the day in
clear does not give away the deadline behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

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
    """Return ended cases whose time has come and that nobody holds for a court. Does not erase."""
    second = aliased(Case)
    goes_on = exists().where(second.split_from == Case.id, or_(second.status.in_(ACTIVE), second.held))
    wanted = (
        select(Case.id)
        # A first matter goes with its second, so it waits for that to end.
        .where(Case.erase_on <= today, Case.status.in_(ENDED), ~Case.held, ~goes_on)
        .order_by(Case.erase_on, Case.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


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
