"""
What changes about a colleague between rosters: duty, limit, stand-in, suspension. Each change is journalled.

Any one of the staff suspends another for a day; a second person makes it last. Whoever is suspended is signed
out everywhere at this desk and gets nothing more from the keeper. A lasting suspension is lifted by a
coordinator who is not the one suspended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal
from casework.errors import NotAllowedError, NotFoundError
from casework.permits import Acting
from casework.rosters import LASTING
from casework.tables import StaffState
from casework.watching import subject_of

FIRST = timedelta(hours=24)
LIMITS = range(501)


def states(session: Session) -> Mapping[str, StaffState]:
    """Return the state of everybody the house ever listed."""
    return {row.staff: row for row in session.scalars(select(StaffState))}


def set_duty(
    session: Session, staff: str, acting: Acting, *, on_duty: bool, limit: int, stand_in: str | None
) -> None:
    """
    Say whether *staff* takes new cases, how many, and who stands in.

    Raises:
        NotAllowedError: neither oneself nor a coordinator, or a value that makes no sense.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("duty")
    if staff != acting.staff and not acting.has_role("coordinator"):
        raise NotAllowedError("duty")
    if limit not in LIMITS or stand_in == staff:
        raise NotAllowedError("duty")
    if stand_in is not None and acting.staffing.roster.find(stand_in) is None:
        raise NotFoundError
    row = _row(session, staff, acting)
    row.on_duty, row.case_limit, row.stand_in = on_duty, limit, stand_in
    _note(session, "duty", staff, acting)


def suspend(session: Session, staff: str, acting: Acting) -> bool:
    """
    Suspend a colleague for a day, or, as a second person, for good; tell whether it now lasts.

    Raises:
        NotAllowedError: oneself, or one is suspended.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("suspend")
    if staff == acting.staff:
        raise NotAllowedError("suspend")
    row = _row(session, staff, acting)
    still = row.suspended_until is not None and row.suspended_until > acting.now
    by = set(row.suspended_by.split()) if still else set()
    by.add(acting.staff)
    lasts = len(by) > 1
    row.suspended_by = " ".join(sorted(by))
    if lasts:
        row.suspended_until = LASTING
    elif not still:
        row.suspended_until = acting.now + FIRST
    _note(session, "suspend", staff, acting)
    return lasts


def lift(session: Session, staff: str, acting: Acting) -> None:
    """
    Take a suspension back.

    Raises:
        NotAllowedError: no coordinator, or oneself.
        NotFoundError: nobody of the roster has this id.
    """
    acting.check_living("lift-suspension")
    if staff == acting.staff or not acting.has_role("coordinator"):
        raise NotAllowedError("lift-suspension")
    row = _row(session, staff, acting)
    row.suspended_until, row.suspended_by = None, ""
    _note(session, "lift-suspension", staff, acting)


def _row(session: Session, staff: str, acting: Acting) -> StaffState:
    if acting.staffing.roster.find(staff) is None:
        raise NotFoundError
    row = session.get(StaffState, staff, with_for_update=True)
    if row is None:
        row = StaffState(staff=staff, on_duty=True, case_limit=40, suspended_by="")
        session.add(row)
    return row


def _note(session: Session, act: str, staff: str, acting: Acting) -> None:
    journal.write(session, act, by=acting.by, day=acting.day, subject=subject_of(staff))
