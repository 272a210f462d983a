"""
The statistics slips a desk adds, for coordinators: what a first answer took, and what a case closed as.

Neither says which case it was.
"""

from __future__ import annotations

from datetime import datetime

from casework import statistics
from casework.rows import Rows
from casework.tables import Case
from crypto.xwing import Recipient
from desk import reading
from desk.reading import Dossier
from desk.visit import Visit

FROM_COVER = ("branch", "region", "relation", "topic")


def add(visit: Visit, rows: Rows, case: Case, outcome: str) -> None:
    """Add the slip of *case* closing with *outcome* to *rows*. Says nothing of which case it was."""
    cover = reading.covers(visit, [case]).get(case.id, {})
    facts = {name: str(cover[name]) for name in FROM_COVER if cover.get(name)}
    facts |= {"kind": case.kind, "outcome": outcome}
    statistics.add_slip(rows, _readers(visit), visit.today.strftime("%Y-%m"), facts)


def answered(visit: Visit, rows: Rows, dossier: Dossier) -> None:
    """Add to *rows* the slip of how long the tipster waited, if this is the first answer they get."""
    if dossier.payloads("reply"):
        return
    asked = [moment for one in dossier.payloads("message") if (moment := _moment(one.get("at")))]
    if asked:
        hours = (visit.now - min(asked)).total_seconds() / 3600
        statistics.add_answer(rows, _readers(visit), visit.today.strftime("%Y-%m"), hours)


def _readers(visit: Visit) -> list[Recipient]:
    found = (visit.staffing.holder(one) for one in visit.staffing.coordinators())
    return [holder.recipient for holder in found if holder is not None]


def _moment(at: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
