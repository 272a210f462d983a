"""My queue: one list ordered by what hurts first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from casework import queues
from casework.permits import is_member
from casework.rosters import ROLE_OF_TEAM
from casework.tables import Case
from desk import reading
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit

# More than anybody carries; a house with more open cases per person has to be told, not paged.
LIMIT = 400


@dataclass(frozen=True)
class Line:
    """One case in a list."""

    case: Case
    cover: Mapping[str, Any] = field(repr=False)
    left: timedelta | None
    whose: str  # mine | second | proposed | team

    @property
    def ref(self) -> str:
        """Its short name."""
        return reading.ref(self.case.id)


@dataclass(frozen=True)
class Queue:
    """The lists of one person."""

    next: Line | None
    groups: Sequence[tuple[str, Sequence[Line]]]
    total: int


def show(visit: Visit) -> Reply:
    """Show what waits for this person."""
    if "ended" in visit.query:
        return visit.page("queue.html", queue=_ended(_ended_lines(visit)), ended=True)
    return visit.page("queue.html", queue=_sorted(_waiting(visit)), ended=False)


def _waiting(visit: Visit) -> list[Line]:
    """Return the lines of this person's teams, in the order in which to take them up."""
    with visit.database.read() as session:
        queued = [
            one for team in _teams(visit) for one in queues.queue(session, visit.staff, team, visit.staffing)
        ]
    covers = reading.covers(visit, [one.case for one in queued])
    lines = [
        Line(
            one.case, covers.get(one.case.id, {}), None if one.due is None else one.due - visit.now, one.whose
        )
        for one in queued
    ]
    return lines[:LIMIT]


def _ended_lines(visit: Visit) -> list[Line]:
    with visit.database.read() as session:
        cases = [case for team in _teams(visit) for case in queues.ended(session, visit.staff, team)]
    covers = reading.covers(visit, cases)
    return [Line(case, covers.get(case.id, {}), None, "mine") for case in cases]


def _teams(visit: Visit) -> list[str]:
    return [team for team in ROLE_OF_TEAM if is_member(visit.staff, team, visit.staffing)]


def _sorted(lines: Sequence[Line]) -> Queue:
    unaccepted = [line for line in lines if line.case.status == "new"]
    # The one that hurts most, not the nicest: whoever asks for "next" does not choose.
    fitting = [line for line in unaccepted if line.whose == "proposed" or line.case.assignee is None]
    first = fitting[0] if fitting else None
    mine = [line for line in lines if line.whose == "mine"]
    groups = (
        ("answer", [line for line in mine if line.case.status in ("accepted", "open", "waiting_us")]),
        ("unaccepted", [line for line in unaccepted if line is not first]),
        ("waiting", [line for line in mine if line.case.status in ("waiting_source", "waiting_authority")]),
        ("second", [line for line in lines if line.whose == "second"]),
    )
    return Queue(first, [(name, group) for name, group in groups if group], len(lines))


def _ended(lines: Sequence[Line]) -> Queue:
    return Queue(None, [("ended", lines)] if lines else [], len(lines))


ROUTES = (Route("GET", "/queue", show, CASEWORKERS),)
