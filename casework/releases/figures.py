"""
What a coordinator tells the public of a month at the desk: how long a first answer took, how many waited when
that was told.

Rounded before it is written, because the row stands in clear: hours to steps of six, people to fives and
tens, and fewer than five is all that is said below that. Only a row that a coordinator signed counts.
"""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal
from casework.errors import NotAllowedError
from casework.permits import Acting
from casework.releases import signing
from casework.rosters import Staffing
from casework.tables import Figures

# Hours in steps that do not pretend to be exact.
STEP = 6
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])\Z")


def tell_figures(session: Session, month: str, hours: int, waiting: int, acting: Acting) -> Figures:
    """
    Tell the public of one month (``2026-02``): the median *hours* to a first answer, how many are *waiting*.

    Telling a month again replaces what was told of it.

    Raises:
        NotAllowedError: not a coordinator, suspended, or no longer staff.
    """
    acting.check_living("figures")
    if not acting.has_role("coordinator"):
        raise NotAllowedError("figures")
    if not _MONTH.match(month) or month > f"{acting.day:%Y-%m}" or hours < 0 or waiting < 0:
        raise ValueError("casework: internal error: no figures of a month")
    row = session.get(Figures, month) or Figures(month=month)
    row.hours, row.waiting = rounded_hours(hours), rounded_people(waiting)
    row.staff, row.number, row.day = acting.staff, acting.by.number, acting.day
    signing.sign(row, acting.by.signing)
    session.add(row)
    journal.write(session, "figures", by=acting.by, day=acting.day)
    return row


def told_figures(session: Session, staffing: Staffing) -> Figures | None:
    """Return what was told of the newest month; ``None`` where nobody who was coordinator signed anything."""
    for row in session.scalars(select(Figures).order_by(Figures.month.desc())):
        entry = staffing.roster.find(row.staff, row.number)
        if entry is not None and "coordinator" in entry.roles and signing.was_signed(row, staffing.roster):
            return row
    return None


def rounded_hours(hours: int) -> int:
    """Round to steps of six hours, at least one step."""
    return max(STEP, STEP * ((hours + STEP // 2) // STEP))


def rounded_people(waiting: int) -> int:
    """Round how many wait, so that nobody can watch one person come or go; 0 stands for fewer than five."""
    step = 5 if waiting < 50 else 10
    return 0 if waiting < 5 else step * max(1, (waiting + step // 2) // step)
