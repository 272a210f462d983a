"""
What a card may be compared with, when its case is somebody else's.

Whoever asks names a digest, and it has to be of something: of a frozen draft they hold a key to, or of the
conflict check of one case, which opens that case's card and no other. The digest of nothing opens a card only
to be granted again: to a colleague whose earlier keyring held it and whose present one does not, to the
recovery key that the roster names
now, or, where a lawyer's case waits for somebody to accept it, to who is on duty by now and was away
when it came.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework import keys, openers, rosters
from casework.permits import has_role
from casework.rosters import Staffing
from casework.tables import Case, Draft, Grant

# The digest of nothing: no text is compared.
NOTHING = bytes(32)
FROZEN = ("review", "approved", "scheduled")


@dataclass(frozen=True, slots=True)
class Matter:
    """What cards are opened for: a draft, the conflict check of a case, or neither."""

    case: bytes | None = None
    draft: bytes | None = None


def conflict_digest(case: bytes) -> bytes:
    """Return what names the conflict check of *case*."""
    return hashlib.sha256(b"conflict\0" + case).digest()


def matter(session: Session, staff: str, case: Case, digest: bytes, staffing: Staffing) -> Matter | None:
    """Return what *staff* may open the card of *case* for by naming *digest*; none: for nothing."""
    if digest == NOTHING:
        return Matter() if _is_missed(session, case, staffing) else None
    if digest == conflict_digest(case.id):
        return Matter(case=case.id)
    granted = exists().where(Grant.owner == Draft.id, Grant.compartment == keys.DRAFT, Grant.staff == staff)
    wanted = select(Draft.id).where(Draft.digest == digest, Draft.status.in_(FROZEN), granted)
    draft = session.scalar(wanted.limit(1))
    return None if draft is None else Matter(draft=draft)


def _is_missed(session: Session, case: Case, staffing: Staffing) -> bool:
    """Tell whether this card is owed: to a later keyring or recovery key, or because the case waits."""
    rows = session.execute(
        select(Grant.generation, Grant.staff, Grant.number).where(
            Grant.owner == case.id, Grant.compartment == keys.IDENTITY
        )
    )
    holders = {(generation, staff, number) for generation, staff, number in rows}
    roles = ("lawyer",) if case.team == rosters.LEGAL else ("custodian", "coordinator")
    for generation, staff, number in holders:
        present = staffing.holder(staff)
        if present is None or (staff, number) not in staffing.hands.gone:
            continue
        if (generation, staff, present.number) not in holders and has_role(staff, staffing, *roles):
            return True
    earlier = {n for n, staff, number in holders if staff == keys.RECOVERY and number != staffing.paper}
    if any((n, one.staff, one.number) not in holders for n in earlier for one in staffing.recovery()):
        return True
    if case.status != "new" or case.team != rosters.LEGAL:
        return False
    there = set(staffing.members(case.team)) & staffing.on_duty - openers.shut_out(session, case.id)
    wanted = {(one.staff, one.number) for one in map(staffing.holder, sorted(there)) if one is not None}
    made = {generation for generation, _staff, _number in holders}
    return not holders >= {(generation, *one) for generation in made for one in wanted}
