"""
Which recovery key a grant is for.

A sealed grant does not say. So the grants of each recovery key a house names carry a number, in the place
where a person's carry that of their keyring: 0 for the first one of the house, for any later one a number
drawn from the key itself. Desks grant to the key the roster names now what only an earlier paper opens, and
once that is done the earlier grants go.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import ColumnElement, LargeBinary, and_, func, select
from sqlalchemy.orm import Session

from casework.keys import RECOVERY
from casework.tables import Grant, RosterNote
from crypto.roster import HEAD_SIZE, Roster, named_recovery
from crypto.xwing import Recipient

_TAG = b"subrosa/recovery-number\n"


def number_of(session: Session, roster: Roster) -> int:
    """Return the number grants of the recovery key that *roster* names carry; 0 where it names none."""
    if roster.recovery is None:
        return 0
    first = _first(session)
    return 0 if first in (None, roster.recovery.raw) else drawn_from(roster.recovery)


def drawn_from(recipient: Recipient) -> int:
    """Return the number of a recovery key that is not its house's first one: 31 bits, never 0."""
    return (int.from_bytes(hashlib.sha256(_TAG + recipient.raw).digest()[:4], "big") >> 1) or 1


def earlier(number: int) -> ColumnElement[bool]:
    """Ask for the grants of every other recovery key than that of this *number*."""
    return and_(Grant.staff == RECOVERY, Grant.number != number)


def _first(session: Session) -> bytes | None:
    """
    Return the first recovery key a roster of this house named.

    Asked for at every page and tick, so only the heads of the notes are read. Nobody checks who signed them:
    a row that lies makes desks grant once more to the key that is signed now.
    """
    head = func.substr(RosterNote.note, 1, HEAD_SIZE, type_=LargeBinary)
    heads = session.scalars(select(head).order_by(RosterNote.version))
    return next((named for one in heads if (named := named_recovery(one)) is not None), None)
