"""The case page: what was said, what is known, and what can be done now."""

from __future__ import annotations

from datetime import datetime, timedelta

from casework import cases, codes, deadlines, journal, openers, permits, proposing, scraps, sheets, withdrawal
from casework.rosters import ROLE_OF_TEAM
from casework.routing import Asked
from casework.tables import Case
from desk import accepting, door, handing, histories, reading, replying, together, trusting, turning
from desk.entryform import BRANCHES
from desk.pages.acts import RELATIONS, TOPICS
from desk.pages.card import REASONS
from desk.pages.scraps import with_script
from desk.reading import Dossier
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit
from register.places import subjects

# Acts that stand in the list of further things to do, not in a place of their own.
MORE = frozenset(
    {
        "give-back",
        "lend",
        "pass-up",
        "assign",
        "wait-authority",
        "close",
        "reopen",
        "merge",
        "decline",
        "spam",
        "mute",
        "brief",
    }
)


def show(visit: Visit) -> Reply:
    """Show one case; the first look of a session is noted in the journal."""
    case_id = visit.id("case")
    handing.settle(visit)
    dossier = reading.dossier(visit, case_id)
    note_opening(visit, case_id)
    beside, merged = together.beside(visit, dossier), histories.merged(visit, dossier)
    for other in beside:
        if other.case is not None:
            note_opening(visit, other.id)
    case = dossier.case
    accepting.mend(visit, case)
    acts = permits.acts_for(case, visit.staff, visit.staffing)
    # Who is in conflict with it gets it by nobody's hand.
    with visit.database.read() as session:
        not_for = {case.assignee, *proposing.recused(session, case.id)}
    members = [one for one in visit.staffing.members(case.team) if one not in not_for]
    own = visit.session.staff.identity
    page = visit.page(
        "case.html",
        dossier=dossier,
        beside=beside,
        talk=turning.stretch(histories.conversation(dossier, merged), visit.query.get("until", "")),
        people=histories.people(dossier, merged),
        has_merged=bool(merged),
        trust=trusting.look(visit, dossier),
        case=case,
        acts=frozenset(acts),
        more=not MORE.isdisjoint(acts),
        members=members,
        takers=_takers(visit, case, members),
        second=_proposed_second(visit, dossier) if "accept" in acts else None,
        card_reasons=REASONS,
        card_until=visit.session.cards.get(case_id),
        left=_left(visit, dossier),
        deadline=deadlines.first_open(deadlines.read(dossier.cover)),
        today=visit.words.local_day(visit.now),
        give_back_codes=cases.GIVE_BACK_CODES,
        decline_codes=cases.DECLINE_CODES,
        mute_codes=cases.MUTE_CODES,
        outcomes=codes.outcomes(case.team),
        outcome=_outcome(visit, dossier),
        unsent=dossier.sheet(sheets.UNSENT).rows,
        mine_unsent=scraps.read(dossier.items, scraps.ANSWER, visit.staff, own)
        or replying.unsent_of(dossier.sheet(sheets.UNSENT), visit.staff),
        mine_noted=scraps.read(dossier.items, scraps.NOTE, visit.staff, own),
        keeping=door.KEEPING if "note" in acts else "",
        consultants=_consultants(visit, dossier) if "lend" in acts and case.consultant is None else [],
        role=ROLE_OF_TEAM[case.team],
        topics=TOPICS,
        relations=RELATIONS,
        branches=BRANCHES,
        subjects=sorted(subjects().values(), key=lambda one: one.name(visit.language)),
        is_muted=visit.is_muted(case),
        muted_elsewhere=[one for one in merged if visit.is_muted(one.case)],
        unconfirmed=bool(visit.session.waiting),
        taken_back=_taken_back(visit, case_id),
    )
    return with_script(visit, page) if "note" in acts else page


def may_help(visit: Visit, case: Case, staff: str) -> bool:
    """Tell whether a consultant is there to lend this case to."""
    return permits.has_role(staff, visit.staffing, "consultant") and not permits.is_holder(case, staff)


def _takers(visit: Visit, case: Case, members: list[str]) -> list[str]:
    """Return whom this case can be given to: one that nobody accepted yet, only to who can open it."""
    if case.status != "new":
        return members
    with visit.database.read() as session:
        able = openers.of(session, case.id, visit.staffing.hands)
    return [one for one in members if one in able]


def _consultants(visit: Visit, dossier: Dossier) -> list[str]:
    """Return whom this case can be lent to, whom it fits best first."""
    case, staffing = dossier.case, visit.staffing
    found = [one.id for one in staffing.roster.holding("consultant") if may_help(visit, case, one.id)]
    asked = Asked(dossier.cover.get("matter"), dossier.cover.get("region"))
    with visit.database.read() as session:
        able = proposing.candidates(session, case, found, staffing, visit.now, visit.desk.cases.times, asked)
    return [one.staff for one in sorted(able, key=lambda one: (-one.speaks, -one.topic, -one.subject))]


def note_opening(visit: Visit, case_id: bytes) -> None:
    """Write the journal row of a case opened for the first time in this session."""
    if case_id in visit.session.noted:
        return
    with visit.database.write() as session:
        journal.write(session, "open-case", by=visit.actor, day=visit.today, case=case_id)
    visit.session.noted.add(case_id)


def _proposed_second(visit: Visit, dossier: Dossier) -> str | None:
    with visit.database.read() as session:
        loads = proposing.loads(session)
        return proposing.propose_second(session, dossier.case, visit.staff, visit.staffing, loads)


def _taken_back(visit: Visit, case_id: bytes) -> datetime | None:
    with visit.database.read() as session:
        return withdrawal.until(session, case_id)


def _outcome(visit: Visit, dossier: Dossier) -> str:
    """Return how a closed case ended, as exactly as it is known."""
    exact = str(dossier.cover.get("outcome") or dossier.case.reason_code or "")
    return codes.name(codes.outcomes(dossier.case.team), exact, visit.language)


def _left(visit: Visit, dossier: Dossier) -> timedelta | None:
    seconds = reading.left(dossier.clocks, visit.now)
    return None if seconds is None else timedelta(seconds=seconds)


ROUTES = (Route("GET", "/case/{case:str}", show, CASEWORKERS),)
