"""The statistics slip a desk adds when a case closes: categories of the cover sheet, for coordinators."""

from __future__ import annotations

from casework import statistics
from casework.rows import Rows
from casework.tables import Case
from desk import reading
from desk.visit import Visit

FROM_COVER = ("branch", "region", "relation", "topic")


def add(visit: Visit, rows: Rows, case: Case, outcome: str) -> None:
    """Add the slip of *case* closing with *outcome* to *rows*. Says nothing of which case it was."""
    cover = reading.covers(visit, [case]).get(case.id, {})
    facts = {name: str(cover[name]) for name in FROM_COVER if cover.get(name)}
    facts |= {"kind": case.kind, "outcome": outcome}
    found = (visit.staffing.holder(one) for one in visit.staffing.coordinators())
    recipients = [holder.recipient for holder in found if holder is not None]
    statistics.add_slip(rows, recipients, visit.today.strftime("%Y-%m"), facts)
