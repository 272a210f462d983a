"""
The identity card: shown for a stated reason, for a few minutes, with a journal row each time.

The keeper takes the outer lock off only when the row for this very look is in the journal, ten times an hour
at most. The key is dropped with the answer; the card is opened again for every page that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import cardrequests, journal, keys, permits
from casework.asking import GrantRef
from casework.cardrequests import Asked
from casework.journal import Reason
from casework.rows import Rows, write
from casework.tables import Case, Item
from crypto.errors import CryptoError
from crypto.xwing import Identity
from desk import kinship, opening, reading
from desk.errors import MissingError
from desk.routes import Route
from desk.sealing import minute
from desk.visit import Reply, Visit

# Short, because a long list is not read; the last one asks for words.
REASONS = ("contact", "document", "safety", "conflict", "other")
SHOWN_FOR = timedelta(minutes=3)
# What says how a card came to be, not whose it is.
_NOT_SHOWN = frozenset({"seq", "kind", "at", "by"})
READERS = frozenset({"lawyer", "editor", "custodian", "coordinator"})


@dataclass(frozen=True)
class Note:
    """One thing a tipster told about who they are."""

    kind: str
    fields: list[tuple[str, str]] = field(repr=False)
    day: date | None = None
    is_unproven: bool = False
    item: bytes = b""

    @property
    def text(self) -> str:
        """What was told, as one reads it aloud."""
        return "; ".join(text for _name, text in self.fields)


def open_card(visit: Visit) -> Reply:
    """Open the card for a reason, and show it."""
    case_id = visit.id("case")
    code = visit.choose("reason", REASONS)
    words = visit.need("words", 2000) if code == "other" else visit.form.get("words")[:2000]
    case = _case(visit, case_id)
    if kinship.must_compare(visit, case) and kinship.says_something(visit, case):
        # Said before the card is shown; whoever still opens it then knows what they do.
        return visit.go(f"/case/{case_id.hex()}/alike", "notice.conflict")
    reason = Reason.make(f"{code}: {words}" if words else code)
    with visit.database.write() as session:
        seal_reason(visit, session, case, reason)
        row = journal.write(
            session, "open-card", by=visit.actor, day=visit.today, case=case_id, reason=reason
        )
        number = row.n
    opened = opening.open_card(visit, case_id, number)
    visit.session.cards[case_id] = visit.now + SHOWN_FOR
    visit.session.card_keys[case_id] = opened
    return visit.go(f"/case/{case_id.hex()}/card")


def show(visit: Visit) -> Reply:
    """Show a card whose minutes are not over; afterwards lead back to the case."""
    case_id = visit.id("case")
    case = _case(visit, case_id)
    until = visit.session.cards.get(case_id)
    if until is None or until < visit.now:
        visit.session.put_away(case_id)
        return visit.go(f"/case/{case_id.hex()}" if _is_caseworker(visit) else "/bench", "notice.card_over")
    notes = read(visit, case_id, visit.session.card_keys.get(case_id, {}))
    return visit.page(
        "card.html",
        case=case,
        ref=reading.ref(case_id),
        notes=notes,
        asked=_asked(visit, case_id),
        minutes=max(1, round((until - visit.now).total_seconds() / 60)),
        back=f"/case/{case_id.hex()}" if _is_caseworker(visit) else "/bench",
    )


def _asked(visit: Visit, case_id: bytes) -> Asked | None:
    """Return what an editor asks for of this card, where a custodian looks at it."""
    if not visit.roles & {"custodian", "coordinator"}:
        return None
    with visit.database.read() as session:
        found = cardrequests.waiting(session, visit.session.staff.identity, visit.staffing.roster)
    return next((one for one in found if one.case == case_id), None)


def put_away(visit: Visit) -> Reply:
    """Put the card away before its time."""
    case_id = visit.id("case")
    visit.session.put_away(case_id)
    return visit.go(f"/case/{case_id.hex()}" if _is_caseworker(visit) else "/bench")


def _is_caseworker(visit: Visit) -> bool:
    return bool(visit.roles & {"lawyer", "editor"})


def _case(visit: Visit, case_id: bytes) -> Case:
    """Return a case whose card this person holds; who may look now is the keeper's word."""
    with visit.database.read() as session:
        case = session.get(Case, case_id)
    if case is None or case.status in ("writing", "erased"):
        raise MissingError
    if not opening.readable(visit, [case_id], keys.IDENTITY):
        raise MissingError
    is_keeper_of_cards = case.team == "editors" and bool(visit.roles & {"custodian", "coordinator"})
    if not is_keeper_of_cards and not permits.sees(case, visit.staff, visit.staffing):
        raise MissingError
    return case


def seal_reason(visit: Visit, session: Session, case: Case, reason: Reason, act: str = "open-card") -> None:
    """Seal the reason beside the case where this person can; the journal keeps only its hash."""
    floor = visit.floor(case.id, keys.CONTENT)
    key = keys.current(session, case.id, keys.CONTENT, visit.staffing.hands, visit.staffing.roster, floor)
    if key is None:
        return
    rows = Rows()
    keys.seal_item(
        rows,
        key,
        kind="reason",
        author=visit.staff,
        payload={"act": act, "at": minute(visit.now), "by": visit.staff, **reason.payload()},
        day=visit.today,
        signing=visit.actor.signing,
    )
    write(session, [rows])


def read(visit: Visit, case_id: bytes, opened: dict[GrantRef, Identity]) -> list[Note]:
    """Return what stands on the card: each thing that was told, in the order in which it was told."""
    with visit.database.read() as session:
        cards = session.scalars(
            select(Item).where(Item.case == case_id, Item.compartment == keys.IDENTITY, Item.kind == "card")
        ).all()
    notes: list[tuple[tuple[int, str, int], Note]] = []
    unread = 0
    for item in cards:
        identity = opened.get(GrantRef(case_id, keys.IDENTITY, item.generation))
        try:
            payload = keys.open_item(item, identity) if identity is not None else None
        except CryptoError:
            payload = None
        if payload is None:
            unread += 1
            continue
        seq = payload.get("seq")
        place = (item.generation, item.day.isoformat(), seq if isinstance(seq, int) else 0)
        notes.append((place, _note(visit, item, payload, identity)))
    read = [note for _place, note in sorted(notes, key=lambda pair: pair[0])]
    return [*read, Note("unread", [])] if unread else read


def _note(visit: Visit, item: Item, payload: dict[str, object], identity: Identity | None) -> Note:
    """Read one thing that was told; anybody can seal to a card, so it says whether the hub did."""
    kind = str(payload.get("kind") or "card")
    is_proven = identity is not None and reading.is_proven(visit, item, identity)
    fields = [(name, _text(value)) for name, value in payload.items() if value and name not in _NOT_SHOWN]
    return Note(kind, fields, item.day, is_unproven=not is_proven, item=item.id)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(_text(one) for one in value.values() if one)
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value)


ROUTES = (
    Route("POST", "/case/{case:str}/card", open_card, READERS),
    Route("GET", "/case/{case:str}/card", show, READERS),
    Route("POST", "/case/{case:str}/card/away", put_away, READERS),
)
