"""From a lawyer to the editors: a brief written for them, with consent, through a one-way door."""

from __future__ import annotations

from casework import briefs
from desk import handing, reading
from desk.handing import HandIn
from desk.routes import LAWYERS, Route
from desk.visit import Reply, Visit


def write(visit: Visit) -> Reply:
    """Open a new case of the editors that holds only what stands in this form."""
    case = reading.see(visit, visit.id("case"))
    brief = briefs.build(
        visit.need("text"),
        visit.need("consent", 2000),
        by=visit.actor,
        staffing=visit.staffing,
        day=visit.today,
    )
    with visit.database.write() as session:
        briefs.write(session, case.id, visit.form_version(), brief, visit.acting)
    is_done = handing.hand_in(visit, HandIn(new_keys=[brief.key], grants=brief.grants))
    return visit.go(f"/case/{case.id.hex()}", "notice.briefed" if is_done else "notice.keys_pending")


ROUTES = (Route("POST", "/case/{case:str}/brief", write, LAWYERS),)
