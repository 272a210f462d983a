"""
Holding a case: for a court, an appeal, a quarrel, it is not erased when its time comes.

A hold stops the calendar, and delays a tipster who takes the case back by 72 hours, in which the lawyer is
told (:mod:`casework.withdrawal`); the operator's ``erase`` is obeyed at once. Whoever answers for the case,
or a coordinator, sets and lifts it. Journalled.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import journal, lives, withdrawal
from casework.errors import NotFoundError
from casework.permits import Acting, is_holder, is_member
from casework.tables import Case

# How far ahead the calendar looks.
AHEAD = timedelta(days=90)


def hold(session: Session, case_id: bytes, acting: Acting) -> Case:
    """
    Keep a case beyond its time.

    Raises:
        NotFoundError: there is none, or not for this person.
        NotAllowedError: this person is no longer staff.
    """
    return _set(session, case_id, acting, held=True)


def let_go(session: Session, case_id: bytes, acting: Acting) -> Case:
    """
    Let a case be erased when its time comes; one whose time has passed still has its notice before it.

    Raises:
        NotFoundError, NotAllowedError: as :func:`hold`.
    """
    case = _set(session, case_id, acting, held=False)
    withdrawal.come_due(session, case, acting.now)
    if case.erase_on is not None:
        case.erase_on = max(case.erase_on, acting.day + timedelta(days=14))
    return case


def calendar(session: Session, acting: Acting) -> list[Case]:
    """Return the ended cases that are held or soon erased: one's own, or for a coordinator everybody's."""
    wanted = (
        select(Case)
        .where(
            Case.status.in_(lives.ENDED), or_(Case.held, Case.erase_on <= acting.day + AHEAD), _theirs(acting)
        )
        .order_by(Case.held, Case.erase_on, Case.id)
        .limit(300)
    )
    return list(session.scalars(wanted))


def _theirs(acting: Acting) -> ColumnElement[bool]:
    if acting.has_role("coordinator"):
        return Case.id.is_not(None)
    return or_(Case.assignee == acting.staff, Case.second == acting.staff)


def _set(session: Session, case_id: bytes, acting: Acting, *, held: bool) -> Case:
    acting.check_living("hold" if held else "let-go")
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None or case.status not in (*lives.ACTIVE, *lives.ENDED):
        raise NotFoundError
    is_theirs = is_holder(case, acting.staff) and is_member(acting.staff, case.team, acting.staffing)
    if not is_theirs and not acting.has_role("coordinator"):
        raise NotFoundError
    case.held = held
    journal.write(session, "hold" if held else "let-go", by=acting.by, day=acting.day, case=case.id)
    return case
