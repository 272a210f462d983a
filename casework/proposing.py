"""
To whom a case is proposed, and who may have it: members of its team, by what they carry, when and on what.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clocks, lives, notices, openers, permits, routing
from casework.clocks import Hours, Times
from casework.errors import NotAllowedError
from casework.permits import Acting
from casework.rosters import Staffing
from casework.routing import Asked, Candidate
from casework.tables import Case, Recusal


def recused(session: Session, case_id: bytes) -> set[str]:
    """Return who said that this case is in conflict with their own."""
    return set(session.scalars(select(Recusal.staff).where(Recusal.case == case_id)))


def is_awake(staffing: Staffing, staff: str, now: datetime, times: Times) -> bool:
    """Tell whether it is a working hour where *staff* lives."""
    zone = staffing.zone(staff, times.zone)
    return clocks.is_open(now, Hours(zone=zone, working_day=times.working_day))


def candidates(
    session: Session,
    case: Case,
    staff: Iterable[str],
    staffing: Staffing,
    now: datetime,
    times: Times,
    asked: Asked,
) -> list[Candidate]:
    """Return *staff* as candidates for a case, by what they carry, when they work and on what."""
    return routing.candidates(
        staff,
        staffing.limits,
        loads(session),
        speaks=lambda one: staffing.speaks(one, case.language),
        is_awake=lambda one: is_awake(staffing, one, now, times),
        topic=lambda one: routing.rank(staffing.topics.get(one, ()), asked.topic),
        subject=lambda one: routing.rank(staffing.subjects.get(one, ()), asked.subject),
    )


def loads(session: Session) -> dict[str, int]:
    """Return how many cases each person answers for now, proposed ones included."""
    counted = (
        select(Case.assignee, func.count())
        .where(Case.assignee.is_not(None), Case.status.in_(("new", *lives.ACTIVE)))
        .group_by(Case.assignee)
    )
    return {staff: number for staff, number in session.execute(counted) if staff is not None}


def propose_second(
    session: Session, case: Case, staff: str, staffing: Staffing, loads: dict[str, int]
) -> str | None:
    """
    Return who should be second beside *staff*: their stand-in, else the least loaded other member.

    Never who said that they are in conflict with this case: a second holds all of its keys.
    """
    shut_out = {staff, *recused(session, case.id)}
    others = [one for one in staffing.members(case.team) if one not in shut_out]
    stand_in = staffing.stand_ins.get(staff)
    if stand_in in others:
        return stand_in
    return min(others, key=lambda one: (one not in staffing.on_duty, loads.get(one, 0), one), default=None)


def propose_to_others(session: Session, case: Case, acting: Acting, asked: Asked) -> None:
    """Route a case anew among everybody on duty who can open it but the actor, and tell whom it went to."""
    staffing = acting.staffing
    # Whoever gave it back once is not asked again: that would be a case going in circles.
    shut_out = {acting.staff, *openers.shut_out(session, case.id)}
    there = staffing.on_duty & openers.of(session, case.id, staffing.hands) - shut_out
    on_duty = [one for one in staffing.members(case.team) if one in there]
    able = candidates(session, case, on_duty, staffing, acting.now, acting.settings.times, asked)
    choice = routing.route(able, acting.settings.random, is_urgent=case.urgency == "now")
    case.assignee = choice.assignee
    told = {choice.assignee} if choice.assignee else set(on_duty)
    notices.withdraw(session, case.id)
    notices.tell(session, kind_of(case), told or staffing.coordinators(), case.id, acting.now)


def kind_of(case: Case) -> str:
    """Return the kind of notice that tells somebody a case is theirs now."""
    return notices.URGENT if case.urgency == "now" and case.status == "new" else notices.NEW


def check_second(case: Case, second: str | None, first: str, staffing: Staffing, act: str) -> None:
    """Nobody is second to themselves, and only a living member of the team is."""
    if second is not None and (second == first or not permits.is_member(second, case.team, staffing)):
        raise NotAllowedError(act)


def check_conflict(session: Session, case: Case, people: Iterable[str | None], act: str) -> None:
    """Nobody gets a case they said they are in conflict with, not even by their own hand."""
    if recused(session, case.id) & set(people):
        raise NotAllowedError(act)
