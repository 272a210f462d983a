"""The coordinator's view: who carries what, who waits unseen, whom to ring. No word of any case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casework import answers, assigning, documents, openers, proposing, queues, rosters, timelines, workdays
from casework.queues import Queued
from casework.rosters import ROLE_OF_TEAM
from casework.tables import StaffState
from desk import deadlinks, gating, people, reading, turning
from desk.errors import IncompleteError
from desk.routes import Route
from desk.visit import Reply, Visit

COORDINATORS = frozenset({"coordinator"})

# Lines on one page. With every form they carry the page stays below a hundred kilobytes, in a house of two
# hundred people and a thousand cases too.
WAITING, PEOPLE = 25, 10


@dataclass(frozen=True)
class Person:
    """One colleague as the house sees them."""

    id: str
    roles: Sequence[str]
    load: int
    limit: int
    on_duty: bool
    stand_in: str | None
    suspended_until: datetime | None
    suspended_by: str
    expires_soon: bool
    languages: Sequence[str] = ()
    rota: str = ""
    zone: str = ""
    away_from: date | None = None
    away_until: date | None = None
    is_away: bool = False
    topics: Sequence[str] = ()
    subjects: Sequence[str] = ()
    number: int = 0  # of their newest key
    expires: date | None = None
    compares: bool = False  # takes part in the team check

    @property
    def fill(self) -> int:
        """How full they are, in tenths."""
        return min(10, -(-10 * self.load // self.limit)) if self.limit else 10


def show(visit: Visit) -> Reply:
    """Show how the house stands."""
    with visit.database.read() as session:
        overview = queues.overview(session, visit.staffing, visit.now)
        states = dict(people.states(session))
        waiting = turning.part(visit, "/house", "waiting", overview.unaccepted, WAITING)
        able = openers.of_each(session, [one.case.id for one in waiting.lines], visit.staffing.hands)
        able = {case: who - proposing.recused(session, case) for case, who in able.items()}
    members = {team: visit.staffing.members(team) for team in ROLE_OF_TEAM}
    stranded = overview.without_holder
    return visit.page(
        "house.html",
        overview=overview,
        waiting=waiting,
        lines=[_waiting(visit, one) for one in waiting.lines],
        stranded=len(stranded),
        stranded_first=[(reading.ref(case.id), case) for case in stranded[:WAITING]],
        people=turning.part(visit, "/house", "people", colleagues(visit, states, overview.loads), PEOPLE),
        everybody=sorted({one.id for one in visit.staffing.roster.staff if not one.revoked}),
        openers={
            one.case.id: [who for who in members[one.case.team] if who in able[one.case.id]]
            for one in waiting.lines
        },
        roster=visit.staffing.roster,
        unreviewed=unreviewed(),
        days_left=(visit.staffing.roster.expires - visit.today).days,
        lasting=rosters.LASTING,
        languages=people.LANGUAGES,
        zones=people.ZONES,
        calendar_known=workdays.is_known(visit.today.year),
        asked=sorted(gating.asked(visit, 7).items(), key=lambda one: (-one[1], one[0])),
        much=gating.FREEZES_A_DAY,
        aged=visit.desk.claims.aged(visit.desk.settings.records_dir, visit.today),
        links=deadlinks.read(visit.desk.settings.records_dir, visit.today),
    )


def unreviewed() -> Mapping[str, Sequence[str]]:
    """Return the legal texts no lawyer has signed yet, by the room they stand in."""
    found = {
        "answers": answers.unreviewed(),
        "documents": documents.unreviewed(),
        "timelines": timelines.unreviewed(),
    }
    return {kind: names for kind, names in found.items() if names}


def colleagues(visit: Visit, states: Mapping[str, StaffState], loads: Mapping[str, int]) -> list[Person]:
    """Return everybody on the roster who is not revoked, with their newest key."""
    roster = visit.staffing.roster
    found = []
    for entry in sorted(roster.staff, key=lambda one: one.id):
        if entry.revoked or entry is not roster.find(entry.id):
            continue
        state = states.get(entry.id)
        until = state.suspended_until if state is not None else None
        found.append(
            Person(
                id=entry.id,
                roles=sorted(entry.roles),
                load=loads.get(entry.id, 0),
                limit=state.case_limit if state is not None else 0,
                on_duty=state.on_duty if state is not None else False,
                stand_in=state.stand_in if state is not None else None,
                suspended_until=until if until is not None and until > visit.now else None,
                suspended_by=state.suspended_by if state is not None else "",
                expires_soon=entry.expires is not None and entry.expires < visit.today + timedelta(days=30),
                languages=state.languages.split() if state is not None else (),
                rota=state.rota if state is not None else "",
                zone=state.zone if state is not None else "",
                away_from=state.away_from if state is not None else None,
                away_until=state.away_until if state is not None else None,
                is_away=entry.id in visit.staffing.away,
                topics=state.topics.split() if state is not None else (),
                subjects=state.subjects.split() if state is not None else (),
                number=entry.number,
                expires=entry.expires,
                compares=state.compares if state is not None else False,
            )
        )
    return found


def assign(visit: Visit) -> Reply:
    """Propose a waiting case to somebody, or give a stranded one to its second; opens nothing."""
    case_id = visit.id("case")
    with visit.database.write() as session:
        assigning.assign(session, case_id, visit.form_version(), visit.need("to", 32), None, visit.acting)
    return visit.go(turning.where(visit, "/house", "waiting"), "notice.assigned")


def set_duty(visit: Visit) -> Reply:
    """Set duty, limit and stand-in of a colleague."""
    keep_duty(visit, visit.arguments["staff"])
    return visit.go(turning.where(visit, "/house", "people"), "notice.duty")


def keep_duty(visit: Visit, staff: str) -> None:
    """
    Keep what the form says of somebody's duty, limit and stand-in.

    Raises:
        IncompleteError: the limit is no number.
    """
    limit = visit.need("limit", 4)
    if not limit.isdecimal():
        raise IncompleteError("limit")
    with visit.database.write() as session:
        people.set_duty(
            session,
            staff,
            visit.acting,
            on_duty=bool(visit.form.get("on_duty")),
            limit=int(limit),
            stand_in=visit.form.get("stand_in") or None,
        )


def set_working(visit: Visit) -> Reply:
    """Set languages, weekdays, place and absence of a colleague."""
    with visit.database.write() as session:
        people.set_working(session, visit.arguments["staff"], visit.acting, working(visit))
    return visit.go(turning.where(visit, "/house", "people"), "notice.duty")


def working(visit: Visit) -> people.Working:
    """Return what the form says of when and in what somebody works."""
    found = people.Working(
        languages=tuple(one for one in people.LANGUAGES if one in visit.form.all("languages")),
        rota="".join(sorted(set(visit.form.all("rota")))),
        zone=visit.form.get("zone"),
        away_from=_day(visit, "away_from"),
        away_until=_day(visit, "away_until"),
    )
    if not found.is_sound:
        raise IncompleteError("away_until" if found.away_from else "zone")
    return found


def _day(visit: Visit, name: str) -> date | None:
    text = visit.form.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise IncompleteError(name) from None


def lift(visit: Visit) -> Reply:
    """Take a suspension back."""
    with visit.database.write() as session:
        people.lift(session, visit.arguments["staff"], visit.acting)
    return visit.go(turning.where(visit, "/house", "people"), "notice.lifted")


def _waiting(visit: Visit, one: Queued) -> tuple[str, Queued, timedelta | None]:
    return reading.ref(one.case.id), one, None if one.due is None else one.due - visit.now


ROUTES = (
    Route("GET", "/house", show, COORDINATORS),
    Route("POST", "/house/case/{case:str}/assign", assign, COORDINATORS),
    Route("POST", "/house/{staff:str}/duty", set_duty, COORDINATORS),
    Route("POST", "/house/{staff:str}/working", set_working, COORDINATORS),
    Route("POST", "/house/{staff:str}/lift", lift, COORDINATORS),
)
