"""Files of a case: a safe picture first; the file itself only as a journalled export."""

from __future__ import annotations

from urllib.parse import quote

from casework import journal
from casework.tables import Case, Item
from desk import originals, preview, reading
from desk.errors import MissingError
from desk.pages.case import note_opening
from desk.preview import PreviewError
from desk.reading import Paper
from desk.routes import CASEWORKERS, PICTURE, Route
from desk.visit import Reply, Visit


def show(visit: Visit) -> Reply:
    """Show what the file claims to be, and one page of it as a picture."""
    case_id = visit.id("case")
    case, item, paper, caption = _paper(visit)
    note_opening(visit, case_id)
    page = _page(visit)
    return visit.page(
        "file.html", case=case, ref=reading.ref(case_id), item=item, paper=paper, caption=caption, page=page
    )


def picture(visit: Visit) -> Reply:
    """Give one page as a PNG drawn by the child process."""
    _case, item, paper, _caption = _paper(visit)
    try:
        drawn = preview.render(originals.content(visit, item, paper), paper.mime, _page(visit))
    except PreviewError:
        raise MissingError from None
    return Reply(status=200, body=drawn.png, mime="image/png", headers={"X-Pages": str(drawn.pages)})


def export(visit: Visit) -> Reply:
    """Give the file as it came, for saving, once the journal says so."""
    case_id = visit.id("case")
    _case, item, paper, _caption = _paper(visit)
    content = originals.content(visit, item, paper)
    with visit.database.write() as session:
        journal.write(session, "export", by=visit.actor, day=visit.today, case=case_id, subject=item.id)
    return Reply(
        status=200,
        body=content,
        # Never the type it claims: a browser must save it, not run it.
        mime="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(paper.name or 'file', safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _paper(visit: Visit) -> tuple[Case, Item, Paper, str]:
    return originals.find(visit, visit.id("case"), visit.id("item"))


def _page(visit: Visit) -> int:
    text = visit.query.get("page", "1")
    return max(0, int(text) - 1) if text.isdecimal() and len(text) < 5 else 0


ROUTES = (
    Route("GET", "/case/{case:str}/file/{item:str}", show, CASEWORKERS),
    Route("GET", "/case/{case:str}/file/{item:str}/picture", picture, CASEWORKERS, lane=PICTURE),
    Route("POST", "/case/{case:str}/file/{item:str}/export", export, CASEWORKERS),
)
