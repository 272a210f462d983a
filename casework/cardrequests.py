"""
Asking custodians for something of a card: what is wanted and why, answered thing by thing.

The words of a request are sealed to the custodians and to who asked; in clear stands that there is one.
Nobody answering within a day is told to the coordinators, and again every day. What is given goes into the
case's content as a sealed item; the card itself stays where it lies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import canonical, journal, lives, notices, rosters
from casework.errors import NotFoundError, WrongStateError
from casework.journal import Reason
from casework.permits import Acting, is_holder
from casework.rosters import Staffing
from casework.tables import CardRequest, Case
from crypto import context, sealed
from crypto.errors import CryptoError, MalformedError
from crypto.padding import CARD
from crypto.roster import Roster
from crypto.signature import verify
from crypto.xwing import Identity

# What an editor may need of a person, as few as decide anything.
WANTED = ("name", "contact", "unit", "relations", "other")
PATIENCE = timedelta(hours=24)

_TAG = "subrosa/card-request"


@dataclass(frozen=True)
class Asked:
    """One request as a custodian reads it."""

    case: bytes
    staff: str
    wanted: tuple[str, ...]
    reason: str = field(repr=False)
    due: datetime


def ask(session: Session, case_id: bytes, wanted: tuple[str, ...], reason: Reason, acting: Acting) -> None:
    """
    Ask the custodians; an older request for the same case gives way.

    Raises:
        NotFoundError: there is no such tip for this person.
        WrongStateError: it is not accepted yet, or over.
        NotAllowedError: this person is no longer staff.
    """
    acting.check_living("ask-card")
    case = session.get(Case, case_id, with_for_update=True)
    if case is None or case.team != rosters.EDITORS or not is_holder(case, acting.staff):
        raise NotFoundError
    if case.status not in lives.ACTIVE:
        raise WrongStateError("ask-card")
    custodians = acting.staffing.custodians()
    me = acting.staffing.holder(acting.staff)
    readers = {one.staff: one.recipient for one in [*custodians, *([me] if me is not None else [])]}
    said = {"reason": reason.text, "wanted": list(wanted)}
    body = canonical.dumps({"case": case_id.hex(), **said})
    whole = canonical.dumps(
        {
            "by": acting.staff,
            "number": acting.by.number,
            "said": said,
            "signature": acting.by.signing.sign(_TAG, body).hex(),
        }
    )
    old = session.get(CardRequest, case_id)
    if old is not None:
        session.delete(old)
        session.flush()
    session.add(
        CardRequest(
            case=case_id, staff=acting.staff, day=acting.day, due=acting.now + PATIENCE,
            sealed=sealed.seal(whole, list(readers.values()), _where(case_id), sizes=CARD),
        )
    )  # fmt: skip
    journal.write(session, "ask-card", by=acting.by, day=acting.day, case=case_id, reason=reason)
    notices.tell(session, notices.ASKED, [one.staff for one in custodians], case_id, acting.now)


def waiting(session: Session, identity: Identity, roster: Roster) -> list[Asked]:
    """Return what waits for a custodian, the oldest first; what nobody of the roster signed is left out."""
    found = []
    for row in session.scalars(select(CardRequest).order_by(CardRequest.due, CardRequest.case)):
        try:
            found.append(_open(row, identity, roster))
        except CryptoError:
            continue
    return found


def answer(session: Session, case_id: bytes, acting: Acting) -> str:
    """
    Note that a request was answered, and return who had asked.

    Raises:
        NotFoundError: nobody asks for anything of this card.
    """
    acting.check_living("answer-card")
    row = session.get(CardRequest, case_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    session.delete(row)
    journal.write(session, "answer-card", by=acting.by, day=acting.day, case=case_id)
    return row.staff


def escalate(session: Session, staffing: Staffing, now: datetime) -> int:
    """Tell the coordinators of requests nobody answered; each is claimed by one caller, once a day."""
    late = session.scalars(select(CardRequest).where(CardRequest.due <= now)).all()
    told = 0
    for row in late:
        taken = session.execute(
            update(CardRequest)
            .where(CardRequest.case == row.case, CardRequest.due == row.due)
            .values(due=now + PATIENCE)
            .execution_options(synchronize_session=False)
        )
        if getattr(taken, "rowcount", 0):
            notices.tell(session, notices.ASKED, staffing.coordinators(), row.case, now)
            told += 1
    return told


def _open(row: CardRequest, identity: Identity, roster: Roster) -> Asked:
    whole = canonical.loads(sealed.open_sealed(row.sealed, identity, _where(row.case)))
    try:
        by, number, said = str(whole["by"]), int(whole["number"]), whole["said"]
        signature = bytes.fromhex(whole["signature"])
        wanted = tuple(one for one in said["wanted"] if one in WANTED)
        reason = str(said["reason"])
    except (KeyError, TypeError, ValueError):
        raise MalformedError("card request") from None
    entry = next((one for one in roster.staff if (one.id, one.number) == (by, number)), None)
    if entry is None or by != row.staff:
        raise MalformedError("card request: whose is it")
    verify(entry.signing, _TAG, canonical.dumps({"case": row.case.hex(), **said}), signature)
    return Asked(row.case, by, wanted, reason, row.due)


def _where(case: bytes) -> bytes:
    return context.named("card-request", case)
