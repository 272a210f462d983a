"""The public halves of the hub's keys, signed by the hub, for desks to seal to."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical
from casework.errors import KeyMissingError
from casework.strongbox import Strongbox
from casework.tables import HubKey
from crypto.roster import Roster
from crypto.signature import verify
from crypto.xwing import Identity, Recipient

COURIER = "courier"
HANDIN = "handin"
PRESS = "press"
CONTACT = "contact"

_TAG = "subrosa/hub-key"


def publish(session: Session, strongbox: Strongbox, today: date) -> None:
    """Write the current public halves; those of keys no longer on file are removed, for they open nothing."""
    wanted = {
        COURIER: strongbox.courier,
        HANDIN: strongbox.handin,
        PRESS: (1, strongbox.press),
        CONTACT: (1, strongbox.contact),
    }
    for purpose, on_file in ((COURIER, strongbox.couriers), (HANDIN, strongbox.handins)):
        gone = HubKey.purpose == purpose, HubKey.number.not_in(sorted(on_file))
        session.execute(delete(HubKey).where(*gone))
    for purpose, (number, identity) in wanted.items():
        _put(session, strongbox, purpose, number, identity, today)


def find(session: Session, purpose: str, roster: Roster) -> tuple[int, Recipient]:
    """
    Return the number and public half to seal to for *purpose*.

    Raises:
        KeyMissingError: the hub has not published one yet.
        TamperedError: what lies there was not signed by the hub of this roster.
    """
    rows = session.scalars(select(HubKey).where(HubKey.purpose == purpose)).all()
    if not rows:
        raise KeyMissingError(purpose)
    row = max(rows, key=lambda one: (one.day, one.number))
    verify(roster.hub_signing, _TAG, _claim(purpose, row.number, row.recipient), row.signature)
    return row.number, Recipient.parse(row.recipient)


def _put(
    session: Session, strongbox: Strongbox, purpose: str, number: int, identity: Identity, today: date
) -> None:
    raw = identity.recipient.raw
    row = session.get(HubKey, (purpose, number))
    if row is not None and row.recipient == raw:
        return
    if row is None:
        row = HubKey(purpose=purpose, number=number)
        session.add(row)
    row.recipient = raw
    row.signature = strongbox.signing.sign(_TAG, _claim(purpose, number, raw))
    row.day = today


def _claim(purpose: str, number: int, raw: bytes) -> bytes:
    return canonical.dumps({"number": number, "purpose": purpose, "recipient": raw.hex()})
