"""
Search over what this person may read, and which cases are like the one before them.

A query never stands in an address: it is posted, looked up in memory, and forgotten with the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from casework import keys, lives
from casework.tables import Case, Item
from crypto.errors import CryptoError
from desk import finding, opening, reading, shelving
from desk.finding import Hit
from desk.routes import CASEWORKERS, Route
from desk.shelf import WORD
from desk.visit import Reply, Visit

STATES = ("new", "active", "ended")
URGENCIES = ("now", "days", "normal")
# Letters of an item around the word that was found.
AROUND = 90


@dataclass(frozen=True)
class Found:
    """One line of the answer: a case, and the words of it that fit."""

    case: Case
    cover: Mapping[str, Any] = field(repr=False)
    pieces: Sequence[tuple[str, bool]] = field(repr=False)

    @property
    def ref(self) -> str:
        """Its short name."""
        return reading.ref(self.case.id)


def show(visit: Visit) -> Reply:
    """Show the box to search in."""
    return _page(visit, asked=False)


def search(visit: Visit) -> Reply:
    """Show the cases in which every word of the query stands."""
    query = visit.form.get("query")[: finding.LIMIT]
    shelf, is_whole = shelving.filled_in_time(visit)
    hits = finding.search(shelf, query)
    state, urgency = visit.form.get("state"), visit.form.get("urgency")
    with visit.database.read() as session:
        cases = {
            case.id: case
            for at in range(0, len(hits), 500)
            for case in session.scalars(
                select(Case).where(Case.id.in_([hit.case for hit in hits[at : at + 500]]))
            )
        }
    fitting = [hit for hit in hits if hit.case in cases and _fits(cases[hit.case], state, urgency)]
    shown = fitting[: finding.SHOWN]
    covers = reading.covers(visit, [cases[hit.case] for hit in shown])
    items = _items(visit, shown)
    found = [Found(cases[hit.case], covers.get(hit.case, {}), _pieces(visit, hit, items)) for hit in shown]
    return _page(
        visit,
        asked=True,
        is_whole=is_whole,
        query=query,
        state=state,
        urgency=urgency,
        found=found,
        total=len(fitting),
    )


def _page(
    visit: Visit,
    *,
    asked: bool,
    is_whole: bool = True,
    query: str = "",
    state: str = "",
    urgency: str = "",
    found: Sequence[Found] = (),
    total: int = 0,
) -> Reply:
    return visit.page(
        "search.html",
        asked=asked,
        query=query,
        state=state,
        urgency=urgency,
        states=STATES,
        urgencies=URGENCIES,
        found=found,
        total=total,
        is_whole=is_whole and not visit.session.shelf.missing,
        read=visit.session.shelf.known - visit.session.shelf.missing,
        known=visit.session.shelf.known,
        limit=finding.LIMIT,
    )


def _fits(case: Case, state: str, urgency: str) -> bool:
    groups = {"new": ("new",), "active": lives.ACTIVE, "ended": lives.ENDED}
    return (state not in groups or case.status in groups[state]) and urgency in ("", case.urgency)


def _items(visit: Visit, hits: Sequence[Hit]) -> Mapping[bytes, Item]:
    with visit.database.read() as session:
        wanted = select(Item).where(Item.id.in_([hit.item for hit in hits]))
        return {item.id: item for item in session.scalars(wanted)}


def _pieces(visit: Visit, hit: Hit, items: Mapping[bytes, Item]) -> Sequence[tuple[str, bool]]:
    """Return the passage of the item that fits best, cut into what was asked for and the rest."""
    item = items.get(hit.item)
    identity = None if item is None else opening.identity(visit, hit.case, keys.CONTENT, item.generation)
    if item is None or identity is None:
        return ()
    try:
        text = shelving.text_of(keys.open_item(item, identity))
    except CryptoError:
        return ()
    marks = [m.span() for m in WORD.finditer(text) if m[0].lower().replace("ё", "е") in hit.words]
    if not marks:
        return ((text[: 2 * AROUND], False),)
    start, end = max(0, marks[0][0] - AROUND), marks[0][1] + 2 * AROUND
    pieces: list[tuple[str, bool]] = [("… " if start else "", False)]
    at = start
    for left, right in marks:
        if right <= end:
            pieces += [(text[at:left], False), (text[left:right], True)]
            at = right
    return [*pieces, (text[at:end], False), (" …" if end < len(text) else "", False)]


ROUTES = (
    Route("GET", "/search", show, CASEWORKERS),
    Route("POST", "/search", search, CASEWORKERS),
)
