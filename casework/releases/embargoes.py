"""
Embargoes by a condition ("after he has left the unit"): no day is known, so somebody is asked every week.

The condition lies sealed to the draft's own key. The one who is asked lifts the hold, and nobody else while
they are staff; a coordinator does once they are gone. Holding and lifting stand in the journal, and a hold
that was only taken out of the database still holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import journal, notices
from casework.errors import NotAllowedError
from casework.keys import PublicKey
from casework.permits import Acting, has_role
from casework.releases import drafts
from casework.rosters import Staffing
from casework.tables import Draft, JournalRow
from crypto import context, sealed
from crypto.xwing import Identity

WEEK = timedelta(days=7)
PENDING = ("draft", "review", "approved", "scheduled")
_ASKED = ("editor", "coordinator", "lawyer")


def seal_condition(key: PublicKey, words: str) -> bytes:
    """Seal what a text waits for to the draft's own key."""
    return sealed.seal(words.encode(), [key.recipient], _where(key.owner))


def open_condition(draft: Draft, identity: Identity) -> str:
    """
    Open what *draft* waits for; an empty text where it waits for nothing.

    Raises:
        CryptoError: not for this key, or not the condition of this draft.
    """
    if draft.condition is None:
        return ""
    return sealed.open_sealed(draft.condition, identity, _where(draft.id)).decode()


def hold(
    session: Session, draft_id: bytes, version: int, condition: bytes, asked: str, acting: Acting
) -> Draft:
    """
    Hold a text back until *asked* says that its condition has come; what was signed stays signed.

    Raises:
        NotAllowedError: not a person who may hold this, or *asked* is nobody who can answer.
        NotReleasableError: it is being printed, so readers may have it: too late to hold it back.
        NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    draft = drafts.take(session, draft_id, version, "embargo", acting)
    if draft.author != acting.staff and not acting.has_role("editor", "coordinator"):
        raise NotAllowedError("embargo")
    drafts.check_not_printing(session, draft)
    if not can_answer(asked, acting.staffing):
        raise NotAllowedError("embargo")
    if draft.condition is not None and not may_lift(draft, acting):
        # Another condition in place of this one would lift it.
        raise NotAllowedError("embargo")
    draft.condition, draft.asked, draft.ask_on = condition, asked, acting.day + WEEK
    journal.write(session, "embargo", by=acting.by, day=acting.day, subject=draft_id)
    return draft


def not_yet(session: Session, draft_id: bytes, version: int, acting: Acting) -> Draft:
    """Answer that the condition has not come; the question returns in a week."""
    draft = drafts.take(session, draft_id, version, "embargo", acting)
    if not may_lift(draft, acting):
        raise NotAllowedError("embargo")
    draft.ask_on = acting.day + WEEK
    return draft


def lift_hold(session: Session, draft_id: bytes, version: int, acting: Acting) -> Draft:
    """
    Answer that the condition has come: the text may go out, if nothing else stands against it.

    Raises:
        NotAllowedError: somebody else is asked, and they are still staff.
        NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    draft = drafts.take(session, draft_id, version, "embargo", acting)
    if not may_lift(draft, acting):
        raise NotAllowedError("lift-embargo")
    draft.condition = draft.asked = draft.ask_on = None
    journal.write(session, "lift-embargo", by=acting.by, day=acting.day, subject=draft_id)
    return draft


def may_lift(draft: Draft, acting: Acting) -> bool:
    """Tell whether this person answers for the condition of *draft*."""
    if draft.asked == acting.staff:
        return True
    is_gone = draft.asked is None or not can_answer(draft.asked, acting.staffing)
    return is_gone and acting.has_role("coordinator")


def can_answer(staff: str, staffing: Staffing) -> bool:
    """Tell whether *staff* may be the one who is asked."""
    return staff in staffing.living and has_role(staff, staffing, *_ASKED)


def is_held(session: Session, draft: Draft) -> bool:
    """Tell whether a condition still stands, also one that somebody took out of the database."""
    if draft.condition is not None or draft.asked is not None:
        return True

    def last(act: str) -> int:
        said = select(func.max(JournalRow.n)).where(JournalRow.act == act, JournalRow.subject == draft.id)
        return session.scalar(said) or 0

    return last("embargo") > last("lift-embargo")


def ask_weekly(session: Session, staffing: Staffing, now: datetime) -> int:
    """Ask, once a week, everybody who answers for a condition; return how many texts they are asked about."""
    due = select(Draft).where(
        Draft.status.in_(PENDING), Draft.ask_on.is_not(None), Draft.ask_on <= now.date()
    )
    waiting = session.scalars(due).all()
    for draft in waiting:
        is_there = draft.asked is not None and can_answer(draft.asked, staffing)
        told = [draft.asked] if is_there and draft.asked is not None else staffing.coordinators()
        notices.tell(session, notices.REMIND, told, None, now)
        draft.ask_on = now.date() + WEEK
    return len(waiting)


def _where(draft: bytes) -> bytes:
    return context.named("hold", draft)
