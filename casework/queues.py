"""
Lists: what one person has to do, and what a coordinator sees of the house.

Reads only, by clear columns only. What hurts first stands first: clocks that ran out, then those that run
out soonest, urgent ones ahead; cases without a clock follow, the longest untouched first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from casework import clocks, lives
from casework.permits import has_role, is_member
from casework.rosters import Staffing
from casework.tables import Case, Clock, Item, JournalRow

_URGENCIES = ("now", "days", "normal")
# How far back it is counted who gave cases back.
LATELY = timedelta(days=30)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Queued:
    """One line of a queue: the case, until when something is due, and whose it is."""

    case: Case
    due: datetime | None
    whose: str  # mine | second | lent | proposed | team
    missed: str = ""  # a clock of it ran out: told | told_late


def queue(session: Session, staff: str, team: str, staffing: Staffing) -> list[Queued]:
    """Return what *staff* may take up or carries in *team*, in the order to take it up."""
    if not is_member(staff, team, staffing):
        return []
    # Three questions instead of one: each is answered from an index, whatever the house has besides.
    found: dict[bytes, Case] = {}
    for wanted in (
        Case.status == "new",
        and_(Case.assignee == staff, Case.status.in_(lives.ACTIVE)),
        and_(Case.second == staff, Case.status.in_(lives.ACTIVE)),
    ):
        found |= {case.id: case for case in session.scalars(select(Case).where(Case.team == team, wanted))}
    return _queued(session, list(found.values()), staff)


def lent(session: Session, staff: str, staffing: Staffing) -> list[Queued]:
    """Return what is lent to *staff* as a consultant, in the order to take it up."""
    if not has_role(staff, staffing, "consultant"):
        return []
    wanted = select(Case).where(Case.consultant == staff, Case.status.in_(lives.ACTIVE))
    return _queued(session, session.scalars(wanted).all(), staff)


def _queued(session: Session, cases: Sequence[Case], staff: str) -> list[Queued]:
    due = _due(session, [case.id for case in cases])
    lines = [_line(case, _whose(case, staff), due) for case in cases]
    return sorted(lines, key=_order)


def ended(session: Session, staff: str, team: str, limit: int = 100) -> list[Case]:
    """Return the cases of *staff* that ended, the latest first."""
    wanted = (
        select(Case)
        .where(
            Case.team == team,
            Case.status.in_(lives.ENDED),
            or_(Case.assignee == staff, Case.second == staff),
        )
        .order_by(Case.touched.desc(), Case.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


@dataclass(frozen=True, slots=True)
class Overview:
    """What a coordinator sees: numbers and clocks, nobody's words."""

    unaccepted: list[Queued]
    states: dict[tuple[str, str], int]  # (team, state) -> cases
    loads: dict[str, int]  # staff id -> cases answered for
    overdue: int  # clocks that ran out and are not met yet
    failed_replies: int
    without_holder: list[Case] = field(default_factory=list)
    told_late: int = 0  # of these, how many somebody heard of late
    sent_back: dict[str, int] = field(default_factory=dict)  # staff id -> cases given back lately


def overview(session: Session, staffing: Staffing, now: datetime) -> Overview:
    """Return how the house stands now."""
    unaccepted = session.scalars(select(Case).where(Case.status == "new")).all()
    due = _due(session, [case.id for case in unaccepted])
    lines = sorted((_line(case, "team", due) for case in unaccepted), key=_order)
    states = session.execute(select(Case.team, Case.status, func.count()).group_by(Case.team, Case.status))
    carried = _carried(session)
    return Overview(
        unaccepted=lines,
        states={(team, state): count for team, state, count in states},
        loads={entry.id: carried.get(entry.id, 0) for entry in staffing.roster.staff if not entry.revoked},
        overdue=_count(session, or_(Clock.due < now, Clock.missed != "")),
        told_late=_count(session, Clock.missed == clocks.TOLD_LATE),
        failed_replies=session.scalar(
            select(func.count()).select_from(Item).where(Item.kind == "reply", Item.state == "failed")
        )
        or 0,
        without_holder=_without_holder(session, staffing),
        sent_back=_sent_back(session, now),
    )


def _carried(session: Session) -> dict[str, int]:
    """Return how many accepted cases each person answers for."""
    counted = select(Case.assignee, func.count()).where(Case.status.in_(lives.ACTIVE)).group_by(Case.assignee)
    return {staff: number for staff, number in session.execute(counted) if staff is not None}


def _without_holder(session: Session, staffing: Staffing) -> list[Case]:
    """Return the accepted cases of which nobody is there any more."""
    there = sorted(staffing.living)
    wanted = select(Case).where(
        Case.status.in_(lives.ACTIVE),
        or_(Case.assignee.is_(None), Case.assignee.not_in(there)),
        or_(Case.second.is_(None), Case.second.not_in(there)),
    )
    return list(session.scalars(wanted))


def _count(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Clock).where(wanted)) or 0


def _sent_back(session: Session, now: datetime) -> dict[str, int]:
    """Return how many cases each person gave back in the last :data:`LATELY`, from the journal."""
    counted = (
        select(JournalRow.actor, func.count())
        .where(JournalRow.act == "give-back", JournalRow.day > now.date() - LATELY)
        .group_by(JournalRow.actor)
    )
    return {actor: number for actor, number in session.execute(counted)}  # noqa: C416  rows are no pairs


def _due(session: Session, cases: list[bytes]) -> dict[bytes, tuple[datetime, str]]:
    """Return the earliest clock of each case, and its worst mark; asked in portions: engines limit a list."""
    found: dict[bytes, tuple[datetime, str]] = {}
    for at in range(0, len(cases), 500):
        wanted = select(Clock.case, func.min(Clock.due), func.max(Clock.missed))
        wanted = wanted.where(Clock.case.in_(cases[at : at + 500])).group_by(Clock.case)
        found.update((case, (due, missed)) for case, due, missed in session.execute(wanted))
    return found


def _line(case: Case, whose: str, due: dict[bytes, tuple[datetime, str]]) -> Queued:
    until, missed = due.get(case.id, (None, ""))
    return Queued(case, until, whose, missed)


def _order(line: Queued) -> tuple[datetime, int, object, bytes]:
    urgency = _URGENCIES.index(line.case.urgency) if line.case.urgency in _URGENCIES else 0
    return (line.due or _NEVER, urgency, line.case.touched, line.case.id)


def _whose(case: Case, staff: str) -> str:
    if case.status == "new":
        return "proposed" if case.assignee == staff else "team"
    if case.consultant == staff:
        return "lent"
    return "mine" if case.assignee == staff else "second"
