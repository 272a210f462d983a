"""What a case is like among one's own: a conflict, somebody who wrote before, one event told by several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.likeness import PERSON
from desk import kinship, reading
from desk.kinship import Alike
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit

LAWYERS = frozenset({"lawyer"})


def show(visit: Visit) -> Reply:
    """Show which of one's own cases may be about the same, by what stands outside the cards."""
    case = reading.see(visit, visit.id("case"))
    return _page(visit, case.id, kinship.alike(visit, case.id), with_cards=False)


def compare(visit: Visit) -> Reply:
    """Compare the parties, the card included; say that there is a conflict and whom to ask."""
    case = reading.see(visit, visit.id("case"))
    found = kinship.compare(visit, case)
    seen = {one.case.id for one in found}
    rest = [one for one in kinship.alike(visit, case.id) if one.case.id not in seen]
    return _page(visit, case.id, [*found, *rest], with_cards=True)


def _page(visit: Visit, case_id: bytes, found: list[Alike], *, with_cards: bool) -> Reply:
    covers: Mapping[bytes, Mapping[str, Any]] = reading.covers(visit, [one.case for one in found])
    case = reading.see(visit, case_id)
    return visit.page(
        "alike.html",
        case=case,
        ref=reading.ref(case_id),
        found=found,
        covers=covers,
        with_cards=with_cards,
        is_conflict=any(one.what == PERSON for one in found),
        colleagues=visit.session.colleagues.get(case_id),
        may_compare=case.team == "legal" and "lawyer" in visit.roles,
    )


ROUTES = (
    Route("GET", "/case/{case:str}/alike", show, CASEWORKERS),
    Route("POST", "/case/{case:str}/alike", compare, LAWYERS),
)
