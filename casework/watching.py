"""
Who is at work, as the hub may believe it.

Roster and suspensions lie in a database that others write, and whoever took a colleague's machine may have
its password. So the hub remembers, in its ``state_dir``, what it saw once:

* the newest roster: an older one in its place is refused;
* every suspension that a colleague signed into the journal, whatever else the database says: it holds until
  its time is over or a coordinator signed that it is lifted.

A suspension nobody signed holds while its row stands, and is not remembered. Whom it names gets no answers
and nothing new to do; what they have stays theirs, and no key moves.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import rosters, voices
from casework.actors import subject_of
from casework.rosters import LASTING, Staffing
from casework.strongbox import Strongbox, Suspension
from casework.tables import StaffState
from casework.voices import Voices
from crypto.roster import Anchor

log = logging.getLogger(__name__)

# A row of the journal names a day; one person's suspension that was signed on it is over by then.
ALONE = timedelta(days=2)
# So long one person's suspension holds from when the hub saw it.
FIRST = timedelta(hours=24)
# A row whose time was over so lately was not taken out: the hub saw it a little later than it was written.
LATELY = timedelta(hours=1)


def watched(session: Session, strongbox: Strongbox, anchor: Anchor, now: datetime) -> Staffing:
    """
    Return :func:`casework.rosters.staffing` as a hub may believe it.

    Raises:
        OldRosterError: the newest roster in the database is older than one this hub saw.
    """
    found = rosters.staffing(session, anchor, now, at_least=strongbox.roster_seen)
    strongbox.see_roster(found.roster.version, lambda: rosters.note(session, found.roster.version))
    remembered = dict(strongbox.suspended)
    people = {subject_of(entry.id): entry.id for entry in found.roster.staff}
    signed, lifted = voices.hear(session, found.roster, anchor, people, remembered, now)
    for staff, n in lifted.items():
        if staff in remembered and n > remembered[staff].n:
            del remembered[staff]
    for staff, one in signed.items():
        _remember(remembered, staff, one, found, now)
    # Kept a while after its end, so that the same row does not begin it anew.
    remembered = {staff: one for staff, one in remembered.items() if now - ALONE < one.until}
    strongbox.see_suspended(remembered)
    out = {staff for staff, one in remembered.items() if one.until > now}
    _say_taken_out(session, strongbox, out, now)
    newest = [entry for entry in found.roster.staff if entry is found.roster.find(entry.id)]
    listed = {entry.id for entry in newest if rosters.is_living(entry, None, now)}
    return replace(
        found,
        living=found.living - out,
        on_duty=found.on_duty - out,
        away=found.away - out,
        lasting=frozenset(staff for staff, one in remembered.items() if one.until >= LASTING),
        unsigned=frozenset(listed - found.living - out),
    )


def _remember(
    remembered: dict[str, Suspension], staff: str, one: Voices, found: Staffing, now: datetime
) -> None:
    """Remember what was signed, if it is new and its time is not over."""
    known = remembered.get(staff)
    if known is not None and one.n <= known.n:
        return
    running = known if known is not None and known.until > now else None
    if one.is_lasting or (running is not None and running.until >= LASTING):
        until = LASTING
    elif running is not None and found.living - {staff, *one.actors}:
        until = running.until  # the same voice again ends as it would have, where another could join it
    else:
        until = min(datetime.combine(one.day + ALONE, time(0), UTC), now + FIRST)
    if until > now:
        remembered[staff] = Suspension(one.n, until, one.since if running is None else running.since)


def _say_taken_out(session: Session, strongbox: Strongbox, out: set[str], now: datetime) -> None:
    states: Mapping[str, datetime | None] = {
        row.staff: row.suspended_until for row in session.scalars(select(StaffState))
    }
    for staff in out - strongbox.taken_out:
        until = states.get(staff)
        if until is None or until <= now - LATELY:
            strongbox.taken_out.add(staff)  # said once, not at every look
            log.error("suspension.taken_out")
