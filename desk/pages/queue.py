"""
My queue: one list ordered by what hurts first.

Two clocks stand side by side: how long the house may still be silent, and the client's own deadline.
Whichever comes first decides the place in the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from casework import deadlines, keys, queues
from casework.deadlines import Deadline
from casework.permits import is_member
from casework.queues import Queued
from casework.rosters import ROLE_OF_TEAM
from casework.tables import Case
from desk import reading
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit

# More than anybody carries; a house with more open cases per person has to be told, not paged.
LIMIT = 400

# Lines of one group on one page: with three full groups it stays below a hundred kilobytes.
PAGE = 70

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One case in a list."""

    case: Case
    cover: Mapping[str, Any] = field(repr=False)
    left: timedelta | None  # how long the house may still be silent
    whose: str  # mine | second | proposed | team
    missed: str = ""  # a clock of it ran out: told | told_late
    deadline: Deadline | None = field(default=None, repr=False)  # the client's next
    days_left: int | None = None
    # When it begins to hurt: the clock runs out, or the day of the deadline begins.
    hurts: datetime = _NEVER

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


@dataclass(frozen=True)
class Turned:
    """The page of one group that is shown, and where the next one begins."""

    name: str
    lines: Sequence[Line]
    total: int
    at: int
    is_ended: bool

    @property
    def more(self) -> int:
        """How many lines come after these."""
        return max(0, self.total - self.at - PAGE)

    @property
    def next(self) -> str:
        """The address of the page after this."""
        ended = "ended=1&" if self.is_ended else ""
        return f"/queue?{ended}group={self.name}&from={self.at + PAGE}"


def show(visit: Visit) -> Reply:
    """Show what waits for this person."""
    is_ended = "ended" in visit.query
    queue = _ended(_ended_lines(visit)) if is_ended else _sorted(waiting(visit))
    group, text = visit.query.get("group", ""), visit.query.get("from", "")
    at = int(text) if text.isdecimal() and len(text) < 6 else 0
    turned = [
        Turned(name, lines[at : at + PAGE] if name == group else lines[:PAGE], len(lines), at, is_ended)
        for name, lines in queue.groups
        if not group or name == group
    ]
    page = visit.page("queue.html", queue=queue, groups=turned, is_turned=bool(group), ended=is_ended)
    # Once the list is there, so that nobody waits for it longer than without.
    visit.desk.read_ahead(visit.desk, visit.session)
    return page


def waiting(visit: Visit) -> list[Line]:
    """Return the lines of this person's teams, in the order in which to take them up."""
    with visit.database.read() as session:
        queued = [
            one for team in _teams(visit) for one in queues.queue(session, visit.staff, team, visit.staffing)
        ]
        queued += queues.lent(session, visit.staff, visit.staffing)
    covers = reading.covers(visit, [one.case for one in queued])
    opened = {owner for owner, part, _generation in list(visit.session.opened) if part == keys.CONTENT}
    # What came in while this person was away was sealed to others, who still have it on their lists.
    theirs = [one for one in queued if one.whose != "team" or one.case.id in opened]
    lines = [_line(visit, one, covers.get(one.case.id, {})) for one in theirs]
    # Two with the same instant stay in the order of the clocks: urgent first, then the longest untouched.
    return sorted(lines, key=lambda line: line.hurts)[:LIMIT]


def _line(visit: Visit, one: Queued, cover: Mapping[str, Any]) -> Line:
    due = one.due
    deadline = deadlines.first_open(deadlines.read(cover))
    begins = None if deadline is None else visit.words.begins(deadline.day)
    return Line(
        case=one.case,
        cover=cover,
        left=None if due is None else due - visit.now,
        whose=one.whose,
        missed=one.missed,
        deadline=deadline,
        days_left=None if deadline is None else deadline.left(visit.words.local_day(visit.now)),
        hurts=min((one for one in (due, begins) if one is not None), default=_NEVER),
    )


def _ended_lines(visit: Visit) -> list[Line]:
    with visit.database.read() as session:
        cases = [case for team in _teams(visit) for case in queues.ended(session, visit.staff, team)]
    covers = reading.covers(visit, cases)
    return [_line(visit, Queued(case, None, "mine"), covers.get(case.id, {})) for case in cases]


def _teams(visit: Visit) -> list[str]:
    return [team for team in ROLE_OF_TEAM if is_member(visit.staff, team, visit.staffing)]


def _sorted(lines: Sequence[Line]) -> Queue:
    unaccepted = [line for line in lines if line.case.status == "new"]
    # The one that hurts most, not the nicest: whoever asks for "next" does not choose.
    fitting = [line for line in unaccepted if line.whose == "proposed" or line.case.assignee is None]
    first = fitting[0] if fitting else None
    groups = (
        ("mine", [line for line in lines if line.whose in ("mine", "lent")]),
        ("unaccepted", [line for line in unaccepted if line is not first]),
        ("second", [line for line in lines if line.whose == "second"]),
    )
    return Queue(first, [(name, group) for name, group in groups if group], len(lines))


def _ended(lines: Sequence[Line]) -> Queue:
    return Queue(None, [("ended", lines)] if lines else [], len(lines))


ROUTES = (Route("GET", "/queue", show, CASEWORKERS),)
