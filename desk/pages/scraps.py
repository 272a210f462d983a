"""Keeping what is typed into a case and not sent, while it is typed."""

from __future__ import annotations

import json
from dataclasses import replace

from casework import scraps
from desk import door, reading, sealing
from desk.errors import IncompleteError
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit


def keep(visit: Visit) -> Reply:
    """Keep the words of one field for whoever types them, and say when they were kept."""
    case = reading.see(visit, visit.id("case"))
    field = visit.choose("field", tuple(scraps.KINDS))
    words = visit.form.get("words")
    if len(words) > scraps.LIMITS[field]:
        raise IncompleteError("words")
    rows = None
    if words:
        own = visit.session.staff.identity.recipient
        inner = scraps.payload(case.id, field, visit.staff, words, own)
        rows = sealing.item(visit, case.id, scraps.KINDS[field], dict(inner))
    with visit.database.write() as session:
        scraps.keep(session, case.id, field, rows, visit.acting)
    said = visit.words.say("draft.kept", at=visit.words.moment(visit.now.isoformat())) if words else ""
    return Reply(status=200, body=json.dumps({"said": said}).encode(), mime="application/json")


def with_script(visit: Visit, page: Reply) -> Reply:
    """Return *page* with leave to load the one script that keeps what is typed."""
    return replace(page, headers={"Content-Security-Policy": door.keeping_policy(visit.desk.settings)})


ROUTES = (Route("POST", "/case/{case:str}/scrap", keep, CASEWORKERS),)
