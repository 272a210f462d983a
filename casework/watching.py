"""
Who is at work, as the hub may believe it.

Roster and suspensions lie in a database that others write, and whoever took a colleague's machine may have
its password. So the hub remembers, in its ``state_dir``, what it saw once:

* the newest roster: an older one in its place is refused;
* every suspension that a colleague signed into the journal: taken out of the database it holds all the same,
  until its time is over or a coordinator signed that it is lifted.

A suspension nobody signed holds while its row stands, and is not remembered.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal, rosters
from casework.rosters import LASTING, Staffing
from casework.strongbox import Strongbox, Suspension
from casework.tables import JournalRow, StaffState
from crypto.roster import Anchor

log = logging.getLogger(__name__)

# A row of the journal names a day; one person's suspension that was signed on it is over by then.
ALONE = timedelta(days=2)


def watched(session: Session, strongbox: Strongbox, anchor: Anchor, now: datetime) -> Staffing:
    """
    Return :func:`casework.rosters.staffing` as a hub may believe it.

    Raises:
        OldRosterError: the newest roster in the database is older than one this hub saw.
    """
    found = rosters.staffing(session, anchor, now, at_least=strongbox.roster_seen)
    strongbox.see_roster(found.roster.version)
    standing = {
        row.staff: row.suspended_until
        for row in session.scalars(select(StaffState).where(StaffState.suspended_until > now))
        if row.suspended_until is not None
    }
    remembered = dict(strongbox.suspended)
    for staff, until in standing.items():
        signed = _signed(session, found, remembered, staff, until)
        if signed is not None:
            remembered[staff] = signed
    for staff, one in list(remembered.items()):
        is_over = one.until <= now
        if is_over or (staff not in standing and _is_lifted(session, found, remembered, staff, one)):
            del remembered[staff]
        elif staff not in standing and staff not in strongbox.taken_out:
            strongbox.taken_out.add(staff)  # said once, not at every look
            log.error("suspension.taken_out")
    strongbox.see_suspended(remembered)
    return replace(
        found,
        living=found.living - remembered.keys(),
        on_duty=found.on_duty - remembered.keys(),
        lasting=found.lasting | {staff for staff, one in remembered.items() if one.until >= LASTING},
    )


def subject_of(staff: str) -> bytes:
    """Return what the journal calls a person: an id of 16 bytes, drawn from the staff id in clear."""
    return hashlib.sha256(staff.encode()).digest()[:16]


def _signed(
    session: Session, staffing: Staffing, remembered: dict[str, Suspension], staff: str, until: datetime
) -> Suspension | None:
    """Return the suspension as far as the journal bears it out; none if nothing new is signed there."""
    rows = _rows(session, staffing, remembered, "suspend", staff)
    lifted = max((row.n for row in _rows(session, staffing, remembered, "lift-suspension", staff)), default=0)
    rows = [row for row in rows if row.n > lifted and row.actor != staff]
    if not rows:
        return None
    newest = max(rows, key=lambda row: row.n)
    known = remembered.get(staff)
    if known is not None and known.n >= newest.n:
        return None
    if len({row.actor for row in rows}) < 2:
        until = min(until, datetime.combine(newest.day + ALONE, time(0), UTC))
    return Suspension(newest.n, until)


def _is_lifted(
    session: Session, staffing: Staffing, remembered: dict[str, Suspension], staff: str, one: Suspension
) -> bool:
    coordinators = {entry.id for entry in staffing.roster.holding("coordinator")} - {staff}
    rows = _rows(session, staffing, remembered, "lift-suspension", staff)
    return any(row.n > one.n and row.actor in coordinators for row in rows)


def _rows(
    session: Session, staffing: Staffing, remembered: dict[str, Suspension], act: str, staff: str
) -> list[JournalRow]:
    """Return the rows of *act* on *staff* that somebody signed who was not suspended or revoked then."""
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.act == act, JournalRow.subject == subject_of(staff))
        .order_by(JournalRow.n.desc())
        .limit(20)
    )
    found = []
    for row in rows:
        entry, barred = staffing.roster.find(row.actor), remembered.get(row.actor)
        may = entry is not None and not entry.revoked and (barred is None or row.n < barred.n)
        if may and journal.is_signed(row, staffing.roster):
            found.append(row)
    return found
