"""The journal as coordinators read it: who did what, on which day, and whether the chain holds."""

from __future__ import annotations

from sqlalchemy import select

from casework import journal
from casework.journal import BrokenJournalError
from casework.tables import JournalRow
from desk.errors import ConflictError
from desk.pages.house import COORDINATORS
from desk.routes import ROLES, Route
from desk.visit import Reply, Visit

LIMIT = 300


def show(visit: Visit) -> Reply:
    """Verify the whole chain and show its newest rows."""
    actor = visit.query.get("actor", "")
    broken, head = 0, b""
    with visit.database.read() as session:
        try:
            head = journal.verify_chain(session, visit.desk.anchor)
        except BrokenJournalError as error:
            broken = error.n
        wanted = select(JournalRow).order_by(JournalRow.n.desc()).limit(LIMIT)
        if actor:
            wanted = wanted.where(JournalRow.actor == actor)
        rows = session.scalars(wanted).all()
    return visit.page(
        "journal.html",
        rows=rows,
        broken=broken,
        head=head.hex(),
        actor=actor,
        actors=sorted({entry.id for entry in visit.staffing.roster.staff} | {"hub", "operator"}),
    )


def accept_restored(visit: Visit) -> Reply:
    """Go on from a house that was restored from a copy, after somebody looked at what is gone."""
    if visit.desk.journal is None or not visit.desk.journal.accept_restored(
        visit.database, visit.desk.anchor
    ):
        raise ConflictError(("wrong_state",))
    visit.desk.book.forget()
    return visit.go("/", "notice.restored")


ROUTES = (
    Route("GET", "/journal", show, COORDINATORS),
    Route("POST", "/restored", accept_restored, ROLES),
)
