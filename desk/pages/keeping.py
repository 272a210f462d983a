"""What is erased when, and what is held: one's own ended cases, or for a coordinator everybody's."""

from __future__ import annotations

from casework import holds
from desk import reading, turning
from desk.routes import Route
from desk.visit import Reply, Visit

KEEPERS = frozenset({"lawyer", "editor", "coordinator"})
# Lines on one page.
CASES = 80


def show(visit: Visit) -> Reply:
    """Show the calendar of erasures."""
    with visit.database.read() as session:
        cases = holds.calendar(session, visit.acting)
    return visit.page(
        "keeping.html",
        cases=turning.part(visit, "/keeping", "cases", [(reading.ref(one.id), one) for one in cases], CASES),
        is_everybodys="coordinator" in visit.roles,
    )


def hold(visit: Visit) -> Reply:
    """Hold a case beyond its time, or let it go."""
    case_id = visit.id("case")
    what = visit.choose("what", ("hold", "let_go"))
    with visit.database.write() as session:
        (holds.hold if what == "hold" else holds.let_go)(session, case_id, visit.acting)
    there = turning.where(visit, "/keeping", "cases")
    return visit.go(there, "notice.held" if what == "hold" else "notice.let_go")


ROUTES = (
    Route("GET", "/keeping", show, KEEPERS),
    Route("POST", "/keeping/{case:str}/hold", hold, KEEPERS),
)
