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

from casework import cardrequests, journal, keys, lives, notices
from casework.asking import NewGrant
from casework.cardrequests import Asked
from casework.journal import Reason
from casework.keys import NewKey
from casework.rows import Rows, write
from casework.tables import CardRequest, Case, Grant, Item
from desk import checking, drafting, handing, opening, reading, turning
from desk.drafting import Sheet
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.handing import HandIn
from desk.pages import card
from desk.pages.card import REASONS, seal_reason
from desk.routes import EDITORS, Route
from desk.sealing import minute
from desk.visit import Reply, Visit

CUSTODIANS = frozenset({"custodian", "coordinator"})
# Cards in custody on one page.
CARDS = 50


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
        held=turning.part(visit, "/bench", "cards", _held(visit), CARDS),
        card_reasons=REASONS,
        asked=_asked(visit),
    )


def ask(visit: Visit) -> Reply:
    """Ask the custodians for something of a tip's card, with a reason."""
    case_id = reading.see(visit, visit.id("case")).id
    wanted = tuple(one for one in cardrequests.WANTED if one in visit.form.all("wanted"))
    if not wanted:
        raise IncompleteError("wanted")
    reason = Reason.make(visit.need("reason", 1000))
    with visit.database.write() as session:
        cardrequests.ask(session, case_id, wanted, reason, visit.acting)
    return visit.go(f"/case/{case_id.hex()}", "notice.card_asked")


def answer(visit: Visit) -> Reply:
    """Give an editor the ticked things of a card, or nothing, with words; the card itself stays here."""
    case_id = visit.id("case")
    if not opening.readable(visit, [case_id], keys.IDENTITY):
        raise MissingError
    with visit.database.read() as session:
        if session.get(CardRequest, case_id) is None:
            raise MissingError
    given = _given(visit, case_id)
    words = visit.form.get("words")[:2000]
    if not given and not words:
        raise IncompleteError("words")
    floor = visit.floor(case_id, keys.CONTENT)
    with visit.database.write() as session:
        key = keys.current(session, case_id, keys.CONTENT, visit.staffing.hands, visit.staffing.roster, floor)
        if key is None:
            raise MissingError
        rows = Rows()
        keys.seal_item(
            rows, key, kind="released", author=visit.staff, day=visit.today, signing=visit.actor.signing,
            payload={"text": "\n".join([*given, words]).strip(), "at": minute(visit.now), "by": visit.staff},
        )  # fmt: skip
        write(session, [rows])
        asker = cardrequests.answer(session, case_id, visit.acting)
        notices.tell(session, notices.REPLY, [asker], case_id, visit.now)
    return visit.go("/bench", "notice.card_given" if given else "notice.card_refused")


def _given(visit: Visit, case_id: bytes) -> list[str]:
    """Return what was ticked, read anew from the card on the table."""
    ticked = set(visit.form.all("give"))
    if not ticked:
        return []
    until = visit.session.cards.get(case_id)
    if until is None or until < visit.now:
        raise ConflictError(("card_over",))
    notes = card.read(visit, case_id, visit.session.card_keys.get(case_id, {}))
    found = [note for note in notes if note.item.hex() in ticked]
    if len(found) != len(ticked):
        raise MissingError
    return [note.text for note in found]


def _asked(visit: Visit) -> Sequence[tuple[str, Asked]]:
    with visit.database.read() as session:
        found = cardrequests.waiting(session, visit.session.staff.identity, visit.staffing.roster)
    return [(reading.ref(one.case), one) for one in found]


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
    editors = visit.on(case).people
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
    Route("POST", "/case/{case:str}/card/ask", ask, EDITORS),
    Route("POST", "/bench/{case:str}/answer", answer, CUSTODIANS),
    Route("POST", "/bench/{case:str}/release", release_card, CUSTODIANS),
)
