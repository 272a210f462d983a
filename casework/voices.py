"""
Who was suspended by whom, by what is signed in the journal and nothing else.

Every row is judged on its own: one that nobody signed, whose roster is not there, or that names a day nobody
can have written it on, counts for nothing and keeps no other from being heard. The suspended suspend nobody
and lift nothing. As a row names only its day, this goes for the rest of the day on which their own time ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal, rosters
from casework.errors import CaseworkError
from casework.tables import JournalRow
from crypto.errors import CryptoError
from crypto.roster import Anchor, Roster, StaffEntry

if TYPE_CHECKING:
    from casework.strongbox import Suspension

_DAY = timedelta(days=1)
# No journal is older. Also keeps out days that a database can hold and we cannot.
_FIRST_DAY = date(2000, 1, 1)


@dataclass(slots=True)
class Voices:
    """Who suspended one person since they were last at work: in which rows, and the newest one's day."""

    since: int
    n: int
    day: date
    actors: set[str] = field(default_factory=set)

    @property
    def is_lasting(self) -> bool:
        """Tell whether two people said it."""
        return len(self.actors) > 1


def hear(
    session: Session,
    roster: Roster,
    anchor: Anchor,
    people: Mapping[bytes, str],
    remembered: Mapping[str, Suspension],
    now: datetime,
) -> tuple[dict[str, Voices], dict[str, int]]:
    """
    Return who is suspended by signed rows that no later one lifts, and by which row who was lifted last.

    *people* tells whom a row is about. Whether the time of a single voice is over is for the caller to say.
    """
    found: dict[str, Voices] = {}
    lifted: dict[str, int] = {}
    known: dict[int, Roster | None] = {}
    rows = session.scalars(
        select(JournalRow)
        .where(
            JournalRow.act.in_(("suspend", "lift-suspension")),
            JournalRow.subject.in_(people),
            JournalRow.day.between(_FIRST_DAY, now.date() + _DAY),
        )
        .order_by(JournalRow.n)
    )
    for row in rows:
        staff = people[row.subject or b""]
        actor = _actor(session, row, roster, anchor, known)
        if actor is None or row.actor == staff or _is_out(row, found, remembered):
            continue
        if row.act == "suspend":
            _add(found, staff, row, remembered.get(staff), now)
        elif "coordinator" in actor.roles:
            found.pop(staff, None)
            lifted[staff] = row.n
    return found, lifted


def _add(
    found: dict[str, Voices], staff: str, row: JournalRow, known: Suspension | None, now: datetime
) -> None:
    """Add a voice to those before it, or begin anew where their time was over."""
    before = found.get(staff)
    is_new = before is None or (not before.is_lasting and row.day > before.day + _DAY)
    if before is not None and known is not None:
        is_over = known.until <= now and before.n <= known.n < row.n
        is_new = is_new or is_over or before.n < known.since <= row.n
    if before is None or is_new:
        before = found[staff] = Voices(row.n, row.n, row.day)
    before.n, before.day = row.n, max(before.day, row.day)
    before.actors.add(row.actor)


def _is_out(row: JournalRow, found: Mapping[str, Voices], remembered: Mapping[str, Suspension]) -> bool:
    """Tell whether who wrote this row was suspended by then."""
    known, voices = remembered.get(row.actor), found.get(row.actor)
    if known is not None and row.n > known.since and row.day <= known.until.date():
        return True
    if known is not None or voices is None or row.n <= voices.since:
        return False
    return voices.is_lasting or row.day <= voices.day + _DAY


def _actor(
    session: Session, row: JournalRow, roster: Roster, anchor: Anchor, known: dict[int, Roster | None]
) -> StaffEntry | None:
    """Return who signed this row."""
    of = roster_of(session, row, roster, anchor, known)
    entry = None if of is None else of.find(row.actor)
    if of is None or entry is None or (entry.revoked and row.roster is None):
        return None
    return entry if journal.is_signed(row, of) else None


def roster_of(
    session: Session, row: JournalRow, roster: Roster, anchor: Anchor, known: dict[int, Roster | None]
) -> Roster | None:
    """
    Return by which roster to judge a row: that of the day the hub took it, before that *roster*, the newest.

    None says that the hub did not take it. *known* keeps what was read.
    """
    if row.roster is None:
        return roster
    if not journal.was_taken(row, roster):
        return None
    if row.roster not in known:
        known[row.roster] = _roster(session, row.roster, anchor)
    return known[row.roster]


def _roster(session: Session, version: int, anchor: Anchor) -> Roster | None:
    try:
        return rosters.at_version(session, version, anchor)
    except (CaseworkError, CryptoError):
        return None
