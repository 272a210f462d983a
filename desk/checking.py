"""
The holder's half of the gate: a frozen draft against the cards of whoever is signed in here.

It runs over all cards this person holds, at once, for one digest; they are opened for the comparison only
and nobody sees them. The verdict is signed and holds places and kinds, never a value.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select

from casework import journal, keys, releases
from casework.errors import CaseworkError
from casework.tables import Case, Draft, Grant, JournalRow, Verdict
from crypto.errors import CryptoError
from desk import drafting, gating, opening
from desk.drafting import Sheet
from desk.errors import ConflictError, DeskError
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

JUDGES = frozenset({"custodian", "lawyer", "coordinator"})
PENDING = ("review", "approved", "scheduled")


def waiting(visit: Visit) -> list[Draft]:
    """Return the frozen drafts this person holds a key to and has not yet judged."""
    if not visit.roles & JUDGES:
        return []
    with visit.database.read() as session:
        frozen = session.scalars(
            select(Draft).where(Draft.status.in_(PENDING), Draft.digest.is_not(None)).order_by(Draft.frozen)
        ).all()
        judged = {
            (row.draft, row.digest)
            for row in session.scalars(
                select(Verdict).where(Verdict.staff == visit.staff, Verdict.half == "holder")
            )
        }
    readable = {ref.owner for ref in opening.readable(visit, [one.id for one in frozen], keys.DRAFT)}
    return [one for one in frozen if one.id in readable and (one.id, one.digest) not in judged]


def check(visit: Visit, sheet: Sheet) -> str:
    """
    Judge one frozen draft against every card this person holds, sign the verdict, and return its level.

    Raises:
        ConflictError: it is not frozen, or the check could not be completed.
        HubSilentError, TooManyError: the cards were not given.
        CaseworkError: this half is not this person's to give.
    """
    digest = sheet.draft.digest
    if digest is None or digest != sheet.digest:
        raise ConflictError(("edited",))
    held = _cases_with_cards(visit)
    opened = opening.open_for_check(visit, held, digest)
    own = _own_cases(visit, sheet.draft) if _is_their_holder(visit, sheet.draft) else []
    cards = gating.cards(visit, own, opened)
    judged = gating.holders_half(visit, gating.entry_texts(sheet.entry), cards)
    sealed = gating.sealed_findings(drafting.draft_key(visit, sheet.draft), digest, judged)
    with visit.database.write() as session:
        if held:
            journal.write(session, "check-card", by=visit.actor, day=visit.today, subject=sheet.draft.id)
        releases.record_verdict(session, sheet.draft.id, digest, "holder", judged.level, sealed, visit.acting)
    return judged.level


def check_waiting(visit: Visit) -> int:
    """
    Judge by itself what waits for this person; return how many texts were judged.

    What cannot be judged now is left for a person, who is told why when they press the button.
    """
    judged = 0
    for draft in waiting(visit):
        if draft.digest is None or draft.digest in visit.session.unchecked:
            continue
        try:
            check(visit, drafting.open_sheet(visit, draft.id))
        except (DeskError, CaseworkError, CryptoError) as error:
            visit.session.unchecked.add(draft.digest)
            log.warning("desk.unchecked %s", type(error).__name__)
        else:
            judged += 1
    return judged


def _cases_with_cards(visit: Visit) -> Sequence[bytes]:
    with visit.database.read() as session:
        return session.scalars(
            select(Grant.owner)
            .where(
                Grant.staff == visit.staff,
                Grant.number == visit.session.staff.number,
                Grant.compartment == keys.IDENTITY,
            )
            .distinct()
        ).all()


def _own_cases(visit: Visit, draft: Draft) -> list[bytes]:
    """Return the cases a draft comes from: its tip, or the lawyer's case behind its brief."""
    if draft.case is None:
        return []
    with visit.database.read() as session:
        behind = session.scalars(
            select(JournalRow.case).where(JournalRow.act == "brief", JournalRow.subject == draft.case)
        ).all()
    return [draft.case, *(one for one in behind if one is not None)]


def _is_their_holder(visit: Visit, draft: Draft) -> bool:
    """Tell whether this person gives the holder's half for the draft's own case."""
    with visit.database.read() as session:
        case = None if draft.case is None else session.get(Case, draft.case)
        return case is not None and visit.staff in releases.card_holders(session, case, visit.staffing)
