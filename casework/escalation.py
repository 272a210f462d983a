"""
Escalation: what happens when nobody took a case in time, or nobody answers.

An unaccepted case climbs from its assignee to the stand-in, to everybody on duty, to the coordinators, who
hear of it until somebody accepts. An accepted one that stays silent is named to its assignee and its second.
Only notices and the proposal change here, and go to nobody who cannot open the case: its keys lie with those
on duty when it was filed, and with whom a colleague's desk passed them on to since (:mod:`casework.openers`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import clocks, journal, lives, notices, openers, proposing, retention
from casework.actors import Actor, subject_of
from casework.clocks import Breach
from casework.parties import Book
from casework.permits import Settings
from casework.rosters import Staffing
from casework.tables import Case, Clock


def escalate(session: Session, staffing: Staffing, now: datetime, settings: Settings) -> int:
    """Carry every clock that ran out one step further; return how many there were."""
    breaches = clocks.claim_overdue(session, now, settings.times)
    for breach in breaches:
        case = session.get(Case, breach.case)
        if case is not None:
            _carry(session, case, breach, staffing, now)
    return len(breaches)


def remind(session: Session, staffing: Staffing, now: datetime) -> int:
    """
    Tell the holders of cases whose noted day has come; return how many cases there were.

    With neither of them at work the coordinators hear of it: no deadline passes in silence.
    """
    due = retention.claim_reminders(session, now.date())
    for case in due:
        notices.tell(session, notices.REMIND, _answering(session, case, staffing), case.id, now)
    return len(due)


def free_suspended(session: Session, staffing: Staffing, book: Book, hub: Actor, now: datetime) -> int:
    """
    Take cases from people who are no longer living staff: proposals go back, accepted ones to the second.

    Whoever is left alone with a case gets a new second, so that none hangs on one person. Returns how many
    cases were touched. A suspension nobody signed takes no case from anybody. Keys are another matter: new
    ones come from :mod:`casework.succession`, and who holds the old ones re-wraps them at a desk.
    """
    staffing = staffing.as_signed
    touched, loads = 0, proposing.loads(session)
    living = sorted(staffing.living)
    wanted = select(Case).where(
        or_(
            Case.assignee.not_in(living) & Case.status.in_(("new", *lives.ACTIVE)),
            Case.second.not_in(living) & Case.status.in_(lives.ACTIVE),
        )
    )
    # Somebody acting on a case just now goes first; the next round finds it.
    for case in session.scalars(wanted.with_for_update(skip_locked=True)).all():
        if case.status == "new":
            case.assignee = None
            case.version += 1
            told = _audience(session, case, staffing)
        elif {case.assignee, case.second} & staffing.living:
            told = _leave_to(session, case, staffing, loads, book, hub, now)
        else:
            # Said once a day, not at every tick: the clock says it again.
            if session.get(Clock, (case.id, clocks.ORPHAN)) is not None:
                continue
            clocks.restart(session, case.id, clocks.ORPHAN, _tomorrow(now))
            told = staffing.coordinators()
        notices.tell(session, notices.DUTY, told, case.id, now)
        touched += 1
    return touched


def _leave_to(
    session: Session,
    case: Case,
    staffing: Staffing,
    loads: dict[str, int],
    book: Book,
    hub: Actor,
    now: datetime,
) -> list[str]:
    """
    Leave a case to the one of its people who is still there, with a new second; return who hears of it.

    The hub signs for it only where the columns say what the journal says: keys follow its word.
    """
    is_as_signed = set(book.of(case.id, case.team).people) == {case.assignee, case.second} - {None}
    is_assignee_there = case.assignee in staffing.living
    left = case.assignee if is_assignee_there else case.second
    assert left is not None
    case.assignee, case.second = left, proposing.propose_second(session, case, left, staffing, loads)
    # Whoever is left decides anew who helps: the journal names no consultant from this row on.
    case.consultant = None
    case.version += 1
    subject = subject_of(left) if is_as_signed else None
    journal.write(session, "assign", by=hub, day=now.date(), case=case.id, subject=subject)
    if is_as_signed and case.second is not None:
        journal.write(
            session, "second", by=hub, day=now.date(), case=case.id, subject=subject_of(case.second)
        )
    return [left] if is_assignee_there else [left, *staffing.coordinators()]


def hand_to_stand_ins(session: Session, staffing: Staffing, now: datetime) -> int:
    """
    Propose what waits for somebody who is away to their stand-in, if they may have it, else to all on duty.

    So is what waits for somebody who cannot open it, whoever proposed it to them. Returns how many cases were
    touched. What was accepted stays where it is: the second holds its keys, and hears of its clocks.
    """
    hands = staffing.as_signed.hands
    waiting = select(Case).where(
        Case.status == "new",
        Case.assignee.is_not(None),
        or_(Case.assignee.in_(sorted(staffing.away)), openers.is_shut(hands)),
    )
    touched = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    for case in touched:
        stand_in = staffing.stand_ins.get(case.assignee or "") if case.assignee in staffing.away else None
        case.assignee = stand_in if stand_in in _on_duty(session, case, staffing) else None
        case.version += 1
        told = [case.assignee] if case.assignee else _audience(session, case, staffing)
        notices.tell(session, notices.DUTY, told, case.id, now)
    return len(touched)


def _carry(session: Session, case: Case, breach: Breach, staffing: Staffing, now: datetime) -> None:
    if breach.kind == clocks.ORPHAN:
        told = [] if {case.assignee, case.second} & staffing.living else staffing.coordinators()
        if not told:
            clocks.stop(session, case.id, clocks.ORPHAN)
    elif case.status == "new":
        told = _ladder(session, case, breach.kind, staffing)
    elif case.status in lives.ACTIVE:
        told = _answering(session, case, staffing)
    else:
        clocks.stop(session, case.id)
        return
    kind = notices.REPLY if breach.kind == clocks.REPLY else notices.DUTY
    notices.tell(session, kind, told, case.id, now)


def _answering(session: Session, case: Case, staffing: Staffing) -> list[str]:
    """
    Return who hears that somebody waits in an accepted case: its people, and who stands in; who can open it.

    With none of them at work the coordinators hear of it too: an absent person's notice is nobody's.
    """
    people = {one for one in (case.assignee, case.second) if one is not None and one in staffing.living}
    stand_in = staffing.stand_ins.get(case.assignee or "") if case.assignee in staffing.away else None
    # A new second cannot open it before a colleague's desk passed its keys on.
    asked = people if stand_in is None else people | {stand_in}
    told = asked & _able(session, case, staffing)
    if told <= staffing.away:
        told.update(staffing.coordinators())
    return sorted(told or people)


def _ladder(session: Session, case: Case, step: str, staffing: Staffing) -> list[str]:
    """Return whom this step tells: the stand-in, those on duty, the coordinators; never nobody."""
    able = _able(session, case, staffing)
    stand_in = staffing.stand_ins.get(case.assignee or "")
    if step == "accept" and stand_in in staffing.living & able and stand_in is not None:
        return [stand_in]
    if step in ("accept", "accept_duty"):
        return _audience(session, case, staffing)
    return staffing.coordinators() or staffing.members(case.team)


def _audience(session: Session, case: Case, staffing: Staffing) -> list[str]:
    """Return who hears that a case waits for anybody: who is on duty and can open it, else coordinators."""
    return _on_duty(session, case, staffing) or staffing.coordinators() or staffing.members(case.team)


def _on_duty(session: Session, case: Case, staffing: Staffing) -> list[str]:
    """Return who is on duty for a case, can open it and is in no conflict with it."""
    able = _able(session, case, staffing)
    return [one for one in staffing.members(case.team) if one in staffing.on_duty & able]


def _able(session: Session, case: Case, staffing: Staffing) -> set[str]:
    return openers.of(session, case.id, staffing.hands) - proposing.recused(session, case.id)


def _tomorrow(now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)
