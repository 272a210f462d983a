"""Taking a case out of the house: asked for, agreed to by a second person, taken as a sealed file."""

from __future__ import annotations

from casework import cases, permits
from crypto.errors import CryptoError
from desk import agekeys, exporting, reading, sealing
from desk.errors import ForbiddenError, IncompleteError
from desk.routes import Route
from desk.visit import Reply, Visit

HOLDERS = frozenset({"lawyer", "editor"})


def show(visit: Visit) -> Reply:
    """Show what was asked for, and the form to ask."""
    dossier = reading.dossier(visit, visit.id("case"))
    return visit.page(
        "export.html",
        case=dossier.case,
        ref=dossier.ref,
        wishes=exporting.wishes(visit, dossier),
        levels=exporting.LEVELS,
        forms=exporting.FORMS,
        longest=agekeys.LONGEST,
    )


def ask(visit: Visit) -> Reply:
    """Ask to take the case out, for one named key."""
    case_id = reading.see(visit, visit.id("case")).id
    level = visit.choose("level", exporting.LEVELS)
    form = visit.choose("form", exporting.FORMS)
    key = visit.need("key", agekeys.LONGEST)
    try:
        key = agekeys.write(agekeys.parse(key))
    except CryptoError:
        raise IncompleteError("key") from None
    payload = {"form": form, "key": key, "level": level, "text": visit.need("reason", 2000)}
    rows = sealing.item(visit, case_id, exporting.ASKED, payload)
    with visit.database.write() as session:
        cases.note(session, case_id, visit.form_version(), rows, visit.acting)
    return visit.go(f"/case/{case_id.hex()}/export", "notice.export_asked")


def agree(visit: Visit) -> Reply:
    """Agree, as a second person who answers for the case, to exactly this key and level."""
    dossier = reading.dossier(visit, visit.id("case"))
    wish = exporting.find(visit, dossier, visit.id("item"))
    if wish.by == visit.staff or not permits.is_holder(dossier.case, visit.staff):
        raise ForbiddenError
    payload = {
        "of": wish.item.hex(), "form": wish.form, "key": wish.key, "level": wish.level,
        "seen": exporting.seen(dossier),
    }  # fmt: skip
    rows = sealing.item(visit, dossier.case.id, exporting.AGREED, payload)
    with visit.database.write() as session:
        cases.note(session, dossier.case.id, visit.form_version(), rows, visit.acting)
    return visit.go(f"/case/{dossier.case.id.hex()}/export", "notice.export_agreed")


def take(visit: Visit) -> Reply:
    """Give the sealed file."""
    dossier = reading.dossier(visit, visit.id("case"))
    wish = exporting.find(visit, dossier, visit.id("item"))
    sealed = exporting.take(visit, dossier, wish)
    headers = {"Content-Disposition": f'attachment; filename="{dossier.ref}.age"'}
    return Reply(status=200, body=sealed, mime="application/octet-stream", headers=headers)


ROUTES = (
    Route("GET", "/case/{case:str}/export", show, HOLDERS),
    Route("POST", "/case/{case:str}/export", ask, HOLDERS),
    Route("POST", "/case/{case:str}/export/{item:str}/agree", agree, HOLDERS),
    Route("POST", "/case/{case:str}/export/{item:str}/take", take, HOLDERS),
)
