"""
Two public entries that tell the same: what only one says is taken over by a correction, then that one goes.

The order matters: an entry that was taken down keeps no word that could still be brought over.
"""

from __future__ import annotations

from casework import releases
from desk import correcting
from desk.errors import IncompleteError, MissingError
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit
from register import merging
from register.entry import Entry, is_id


def show(visit: Visit) -> Reply:
    """Show, side by side with the entry that stays, what only the one that goes has said."""
    other = _public(visit, visit.arguments.get("entry", ""))
    wanted = visit.query.get("into", "").strip().lower()[:20]
    kept = correcting.public_entry(visit, wanted) if wanted and wanted != other.id else None
    return visit.page(
        "merge.html",
        other=other,
        kept=kept,
        wanted=wanted,
        gains=merging.gains(kept, other) if kept else (),
        code=releases.DUPLICATE,
    )


def take_over(visit: Visit) -> Reply:
    """Begin a correction of the entry that stays, with what was ticked in it."""
    other = _public(visit, visit.arguments.get("entry", ""))
    into = visit.need("into", 20).lower()
    if into == other.id or not is_id(into):
        raise IncompleteError("into")
    kept = correcting.correctable(visit, into)
    ticked = set(visit.form.all("take"))
    chosen = [one for one in merging.gains(kept, other) if one.name in ticked]
    if not chosen:
        raise IncompleteError("take")
    draft = correcting.begin_with(visit, merging.taken_over(kept, chosen))
    return visit.go(f"/draft/{draft.hex()}", "notice.taken_over")


def _public(visit: Visit, public_id: str) -> Entry:
    entry = correcting.public_entry(visit, public_id)
    if entry is None:
        raise MissingError
    return entry


ROUTES = (
    Route("GET", "/published/{entry:str}/merge", show, EDITORS),
    Route("POST", "/published/{entry:str}/take-over", take_over, EDITORS),
)
