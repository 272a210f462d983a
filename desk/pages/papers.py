"""Documents of a case: forms filled from what is sealed in it, as text to copy by hand and as a file."""

from __future__ import annotations

from urllib.parse import quote

from casework import documents, journal, permits, sheets
from casework.documents import Document
from casework.errors import NotAllowedError
from casework.sheets import Row
from desk import docx, working
from desk.errors import IncompleteError, MissingError
from desk.pages.case import note_opening
from desk.reading import Dossier
from desk.routes import LAWYERS, Route
from desk.visit import Reply, Visit

LIMIT = 8000


def show(visit: Visit) -> Reply:
    """Show which documents there are, and which were begun."""
    dossier = working.look(visit)
    note_opening(visit, dossier.case.id)
    begun = {row.get("document") for row in dossier.sheet(sheets.PAPERS).rows}
    return visit.page(
        "papers.html",
        dossier=dossier,
        case=dossier.case,
        documents=documents.load().values(),
        begun=begun,
    )


def write(visit: Visit) -> Reply:
    """Show one document: what is filled in, and how it reads."""
    dossier = working.look(visit)
    document = _document(visit)
    values = _values(visit, dossier, document)
    return visit.page(
        "paper.html",
        dossier=dossier,
        case=dossier.case,
        acts=frozenset(permits.acts_for(dossier.case, visit.staff, visit.staffing)),
        document=document,
        values=values,
        text=documents.as_text(document.fill(values)),
        is_begun=_row(dossier, document) is not None,
    )


def keep(visit: Visit) -> Reply:
    """Keep what was filled in, sealed with the case."""
    dossier = working.look(visit)
    document = _document(visit)
    values = {}
    for field in document.fields:
        value = visit.form.get(f"f_{field.code}")
        if len(value) > LIMIT:
            raise IncompleteError(field.code)
        values[field.code] = value
    sheet = dossier.sheet(sheets.PAPERS)
    row = _row(dossier, document)
    if row is None:
        sheet = sheet.with_row(document=document.code, **values)
    else:
        sheet = sheet.with_change(row["id"], **values)
    working.keep(visit, dossier.case, sheet)
    return visit.go(f"/case/{dossier.case.id.hex()}/papers/{document.code}", "notice.paper")


def take(visit: Visit) -> Reply:
    """Give the document as a file, once the journal says that something left the house."""
    dossier = working.look(visit)
    document = _document(visit)
    if "note" not in permits.acts_for(dossier.case, visit.staff, visit.staffing):
        raise NotAllowedError("export")
    body = docx.write(document.fill(_values(visit, dossier, document)))
    with visit.database.write() as session:
        journal.write(session, "export", by=visit.actor, day=visit.today, case=dossier.case.id)
    return Reply(
        status=200,
        body=body,
        mime=docx.MIME,
        headers={
            # A name that says what it is and not whose: it lies in a folder of downloads afterwards.
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.code)}.docx",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _document(visit: Visit) -> Document:
    found = documents.load().get(visit.arguments.get("document", ""))
    if found is None:
        raise MissingError
    return found


def _row(dossier: Dossier, document: Document) -> Row | None:
    rows = dossier.sheet(sheets.PAPERS).rows
    return next((row for row in rows if row.get("document") == document.code), None)


def _values(visit: Visit, dossier: Dossier, document: Document) -> dict[str, str]:
    """Return what was kept; before that, the parties where each field takes one, and today's day."""
    row = _row(dossier, document)
    if row is not None:
        return {field.code: row.get(field.code, "") for field in document.fields}
    parties = dossier.sheet(sheets.PARTIES).rows
    named = {party.get("role", ""): party.get("name", "") for party in reversed(parties)}
    values = {field.code: named.get(field.party, "") for field in document.fields if field.party}
    return {"date": visit.words.local_day(visit.now).strftime("%d.%m.%Y"), **values}


ROUTES = (
    Route("GET", "/case/{case:str}/papers", show, LAWYERS),
    Route("GET", "/case/{case:str}/papers/{document:str}", write, LAWYERS),
    Route("POST", "/case/{case:str}/papers/{document:str}", keep, LAWYERS),
    Route("POST", "/case/{case:str}/papers/{document:str}/docx", take, LAWYERS),
)
