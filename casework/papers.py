"""
Which recovery key a grant is for.

A sealed grant does not say. So the grants of each recovery key a house names carry a number, in the place
where a person's carry that of their keyring: 0 for the first one of the house, for any later one a number
drawn from the key itself. Desks grant to the key the roster names now what only an earlier paper opens, and
once that is done the earlier grants go.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from casework.keys import RECOVERY
from casework.tables import Grant, RosterNote
from crypto.errors import CryptoError
from crypto.roster import Roster, UnverifiedRoster, read_draft
from crypto.xwing import Recipient

_TAG = b"subrosa/recovery-number\n"

# By what fixes all that was before a roster: asked for at every page and tick, and never another answer.
_NUMBERS: dict[tuple[bytes, bytes], int] = {}
_KEPT = 64


def number_of(session: Session, roster: Roster) -> int:
    """Return the number grants of the recovery key that *roster* names carry; 0 where it names none."""
    if roster.recovery is None:
        return 0
    place = roster.previous, roster.recovery.raw
    known = _NUMBERS.get(place)
    if known is None:
        if len(_NUMBERS) >= _KEPT:
            _NUMBERS.clear()
        first = _first(session)
        is_first = first is None or first == roster.recovery
        known = _NUMBERS[place] = 0 if is_first else drawn_from(roster.recovery)
    return known


def drawn_from(recipient: Recipient) -> int:
    """Return the number of a recovery key that is not its house's first one: 31 bits, never 0."""
    return (int.from_bytes(hashlib.sha256(_TAG + recipient.raw).digest()[:4], "big") >> 1) or 1


def earlier(number: int) -> ColumnElement[bool]:
    """Ask for the grants of every other recovery key than that of this *number*."""
    return and_(Grant.staff == RECOVERY, Grant.number != number)


def _first(session: Session) -> Recipient | None:
    """
    Return the first recovery key a roster of this house named.

    Nobody checks who signed it: a row that lies makes desks grant once more to the key that is signed now.
    """
    versions = session.scalars(select(RosterNote.version).order_by(RosterNote.version)).all()
    for version in versions:
        note = session.scalar(select(RosterNote.note).where(RosterNote.version == version))
        try:
            found = None if note is None else read_draft(UnverifiedRoster.parse(note).claim.text).recovery
        except CryptoError:
            continue
        if found is not None:
            return found
    return None
