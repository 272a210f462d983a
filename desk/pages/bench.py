"""
The custodian's bench: drafts that wait for the holder's half of the gate, and the cards in custody.

A card is opened for a reason like any other, and released to the editors of its case by granting them its
key: an act of its own, with a reason, in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from casework import journal, keys, lives
from casework.asking import NewGrant
from casework.journal import Reason
from casework.keys import NewKey
from casework.tables import Case, Grant, Item
from desk import checking, drafting, handing, opening, reading
from desk.drafting import Sheet
from desk.errors import ConflictError, MissingError
from desk.handing import HandIn
from desk.pages.card import REASONS, seal_reason
from desk.routes import Route
from desk.visit import Reply, Visit

CUSTODIANS = frozenset({"custodian", "coordinator"})


@dataclass(frozen=True)
class Held:
    """One tip whose card lies here."""

    case: Case
    ref: str
    holders: Sequence[str]
    is_open: bool


def show(visit: Visit) -> Reply:
    """Show what waits for a holder of cards."""
    handing.settle(visit)
    waiting = checking.waiting(visit)
    sheets = drafting.open_sheets(visit, waiting)
    return visit.page(
        "bench.html",
        sheets=[sheets[draft.id] for draft in waiting if draft.id in sheets],
        held=_held(visit),
        card_reasons=REASONS,
    )


def check_all(visit: Visit) -> Reply:
    """Judge every draft that waits for this person; one that cannot be judged stays where it is."""
    for draft in checking.waiting(visit):
        sheet: Sheet = drafting.open_sheet(visit, draft.id)
        checking.check(visit, sheet)
    return visit.go("/bench", "notice.checked_all")


def release_card(visit: Visit) -> Reply:
    """Let the editors of a tip open its card, for a reason."""
    case_id = visit.id("case")
    with visit.database.read() as session:
        case = session.get(Case, case_id)
    if case is None or case.team != "editors" or not opening.readable(visit, [case_id], keys.IDENTITY):
        raise MissingError
    editors = [one for one in (case.assignee, case.second) if one is not None]
    if case.status not in lives.ACTIVE or not editors:
        raise ConflictError(("not_accepted",))
    reason = Reason.make(visit.need("words", 2000))
    with visit.database.write() as session:
        seal_reason(visit, session, case, reason, "grant")
        journal.write(session, "open-card", by=visit.actor, day=visit.today, case=case_id, reason=reason)
        row = journal.write(session, "grant", by=visit.actor, day=visit.today, case=case_id, reason=reason)
        number = row.n - 1
    opened = opening.open_card(visit, case_id, number)
    holders = [holder for one in editors if (holder := visit.staffing.holder(one)) is not None]
    grants = [
        NewGrant.make(NewKey(ref.owner, ref.compartment, ref.generation, identity), holder)
        for ref, identity in opened.items()
        for holder in holders
    ]
    is_done = handing.hand_in(visit, HandIn(grants=grants))
    return visit.go("/bench", "notice.card_released" if is_done else "notice.keys_pending")


def _held(visit: Visit) -> list[Held]:
    """Return the tips whose card this person holds and that still live."""
    mine = select(Grant.owner).where(Grant.staff == visit.staff, Grant.compartment == keys.IDENTITY)
    wanted = (
        select(Case)
        .where(
            Case.team == "editors",
            Case.status.in_(("new", *lives.ACTIVE, "closed")),
            Case.id.in_(mine),
            Case.id.in_(select(Item.case).where(Item.kind == "card")),
        )
        .order_by(Case.touched.desc(), Case.id)
        .limit(200)
    )
    with visit.database.read() as session:
        cases = session.scalars(wanted).all()
        holders: dict[bytes, set[str]] = {}
        for owner, staff in session.execute(
            select(Grant.owner, Grant.staff).where(
                Grant.compartment == keys.IDENTITY, Grant.owner.in_([case.id for case in cases])
            )
        ):
            holders.setdefault(owner, set()).add(staff)
    now = visit.now
    return [
        Held(
            case=case,
            ref=reading.ref(case.id),
            holders=sorted(holders.get(case.id, set()) & {case.assignee or "", case.second or ""}),
            is_open=visit.session.cards.get(case.id, now - timedelta(1)) > now,
        )
        for case in cases
    ]


ROUTES = (
    Route("GET", "/bench", show, CUSTODIANS),
    Route("POST", "/bench/check", check_all, CUSTODIANS),
    Route("POST", "/bench/{case:str}/release", release_card, CUSTODIANS),
)
