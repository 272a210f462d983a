"""
What staff do with a case.

Every act is one function, called inside one write transaction. It takes the case through
:func:`casework.permits.take` (who may, which version, which state), does what follows from it (clocks,
notices, days) and writes its journal row, signed by who did it. What people write arrives as sealed rows
that the desk built; an act looks at where they belong, never inside.

Every act raises what :func:`casework.permits.take` raises, and nothing of it is kept then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clocks, journal, lives, notices, openers, permits, retention, routing
from casework.actors import subject_of
from casework.clocks import Hours, Times
from casework.errors import NotAllowedError, NotFoundError, StaleError, WrongStateError
from casework.journal import Reason
from casework.permits import Acting
from casework.rosters import LEGAL, Staffing
from casework.routing import Asked, Candidate
from casework.rows import Rows
from casework.rows import write as write_rows
from casework.tables import Case, Chunk, Grant, Item, Letter, Mailbox, Push, Recusal, Slip

CONFLICT = "conflict"
GIVE_BACK_CODES = ("conflict", "wrong_field", "full", "duplicate", "out_of_scope", "absent")
DECLINE_CODES = ("out_of_scope", "duplicate", "cannot_help", "unsafe", "no_contact")
MUTE_CODES = ("flood", "abuse", "mistaken", "asked", "other")  # also why a chat is heard again
OUTCOMES = ("helped", "advised", "referred", "withdrawn", "no_contact", "published", "not_published", "other")

_DESK_ROWS = {kind.__tablename__ for kind in (Item, Chunk, Mailbox, Letter, Push, Slip)}


def accept(session: Session, case_id: bytes, version: int, second: str | None, acting: Acting) -> Case:
    """
    Make the actor the one who answers for a case, and *second* the one who can open it beside them.

    The new generation of its keys is handed in by the desk (:func:`casework.asking.hand_in`); until the hub
    took it, the duty list's grants keep the case open.

    Raises:
        NotAllowedError: also for a second who may not be.
    """
    case = permits.take(session, case_id, version, "accept", acting)
    _check_second(case, second, acting.staff, acting.staffing, "accept")
    _check_conflict(session, case, (acting.staff, second), "accept")
    case.assignee, case.second = acting.staff, second
    _carry_merged(session, case, held_by=acting.staff)
    clocks.stop(session, case.id)
    times = acting.settings.times
    # Working days are counted where whoever answers lives.
    theirs = replace(times, zone=acting.staffing.zone(acting.staff, times.zone))
    until = clocks.due(case.urgency, acting.now, theirs)
    clocks.restart(session, case.id, clocks.REPLY, until)
    notices.withdraw(session, case.id)
    _record(session, case, "accept", acting)
    return _record_second(session, case, acting)


def propose_second(case: Case, staff: str, staffing: Staffing, loads: dict[str, int]) -> str | None:
    """Return who should be second beside *staff*: their stand-in, else the least loaded other member."""
    others = [one for one in staffing.members(case.team) if one != staff]
    stand_in = staffing.stand_ins.get(staff)
    if stand_in in others:
        return stand_in
    return min(others, key=lambda one: (one not in staffing.on_duty, loads.get(one, 0), one), default=None)


def give_back(
    session: Session,
    case_id: bytes,
    version: int,
    code: str,
    acting: Acting,
    rows: Rows | None = None,
    reason: Reason | None = None,
    asked: Asked = routing.NOTHING,
) -> Case:
    """
    Hand a proposed case back unaccepted; it is at once proposed to somebody else, by what it *asked* for.

    Its accept clock runs on: giving back wins nobody time.
    """
    _check_code(code, GIVE_BACK_CODES)
    case = permits.take(session, case_id, version, "give-back", acting)
    case.reason_code = code
    _write(session, case, rows)
    if code == CONFLICT:
        session.merge(Recusal(case=case.id, staff=acting.staff))
        session.flush()
    _propose_to_others(session, case, acting, asked)
    return _record(session, case, "give-back", acting, reason)


def decline(
    session: Session,
    case_id: bytes,
    version: int,
    code: str,
    acting: Acting,
    rows: Rows | None = None,
    reason: Reason | None = None,
) -> Case:
    """Decline a case for the whole house; *rows* may hold the answer to the tipster."""
    _check_code(code, DECLINE_CODES)
    case = permits.take(session, case_id, version, "decline", acting)
    case.reason_code = code
    _write(session, case, rows)
    return _end(session, case, "decline", acting, reason)


def mark_spam(session: Session, case_id: bytes, version: int, acting: Acting) -> Case:
    """Put aside what was never meant as a tip. It is erased sooner than anything else."""
    case = permits.take(session, case_id, version, "spam", acting)
    return _end(session, case, "spam", acting)


def mute(session: Session, case_id: bytes, version: int, rows: Rows, reason: Reason, acting: Acting) -> Case:
    """
    Have the hub take in nothing more from the chat that tells this case.

    It follows the row of the journal (:mod:`casework.parties`) as long as the chat's thread lasts. Which chat
    that is, nobody at a desk learns; nor does a count of what was not taken in exist anywhere.
    """
    case = permits.take(session, case_id, version, "mute", acting)
    _write(session, case, rows)
    return _record(session, case, "mute", acting, reason)


def unmute(
    session: Session, case_id: bytes, version: int, rows: Rows, reason: Reason, acting: Acting
) -> Case:
    """Have the hub listen again to a chat that was muted."""
    case = permits.take(session, case_id, version, "unmute", acting)
    _write(session, case, rows)
    return _record(session, case, "unmute", acting, reason)


def note(session: Session, case_id: bytes, version: int, rows: Rows, acting: Acting) -> Case:
    """Add a sealed note, a cover sheet or anything else that changes nothing but what is known."""
    case = permits.take(session, case_id, version, "note", acting)
    _write(session, case, rows)
    return _record(session, case, "note", acting)


def set_deadlines(
    session: Session, case_id: bytes, version: int, rows: Rows, remind_on: date | None, acting: Acting
) -> Case:
    """
    Replace the cover sheet by one with other deadlines.

    Of these the hub learns one day, moved a few days earlier by lot, on which it tells the holders that
    something waits; and again daily, until a desk says another.
    """
    case = permits.take(session, case_id, version, "note", acting)
    _write(session, case, rows)
    retention.set_reminder(case, remind_on, acting.day, acting.settings.random)
    return _record(session, case, "note", acting)


def reply(
    session: Session,
    case_id: bytes,
    version: int,
    rows: Rows,
    acting: Acting,
    merged: Mapping[bytes, Rows] | None = None,
) -> Case:
    """
    Answer the tipster with what :func:`casework.post.write_reply` built; the reply clock stops.

    An answer to the person of a case that was *merged* into this one is built in theirs and named by it.
    """
    return _answer(session, case_id, version, rows, "reply", acting, merged=merged)


def reply_to_many(session: Session, case_id: bytes, version: int, rows: Rows, acting: Acting) -> Case:
    """Answer as :func:`reply` does; the journal says that the same words went to many."""
    return _answer(session, case_id, version, rows, "reply", acting, noted_as="bulk-reply")


def reassure(
    session: Session,
    case_id: bytes,
    version: int,
    rows: Rows,
    acting: Acting,
    merged: Mapping[bytes, Rows] | None = None,
) -> Case:
    """Let its tipsters know that somebody else answers for the case now. No clock stops: it is no answer."""
    case = permits.take(session, case_id, version, "note", acting)
    _write(session, case, rows)
    _write_merged(session, case, merged or {})
    return _record(session, case, "ring", acting)


def ask_back(
    session: Session,
    case_id: bytes,
    version: int,
    rows: Rows,
    acting: Acting,
    merged: Mapping[bytes, Rows] | None = None,
) -> Case:
    """Ask the tipster something, as :func:`reply`; the case then waits for them."""
    return _answer(session, case_id, version, rows, "ask", acting, merged=merged)


def wait(session: Session, case_id: bytes, version: int, whom: str, acting: Acting) -> Case:
    """Say that the case waits for an authority, or for ourselves (*whom*: authority | us)."""
    _check_code(whom, ("authority", "us"))
    case = permits.take(session, case_id, version, f"wait-{whom}", acting)
    return _record(session, case, "wait", acting)


def close(
    session: Session, case_id: bytes, version: int, outcome: str, acting: Acting, rows: Rows | None = None
) -> Case:
    """Close a case with an *outcome*. Replies still waiting go on waiting for the tipster."""
    _check_code(outcome, OUTCOMES)
    case = permits.take(session, case_id, version, "close", acting)
    case.reason_code = outcome
    _write(session, case, rows)
    return _end(session, case, "close", acting)


def reopen(session: Session, case_id: bytes, version: int, acting: Acting) -> Case:
    """Take an ended case up again; it is no longer due to be erased."""
    case = permits.take(session, case_id, version, "reopen", acting)
    case.reason_code = None
    retention.resume(case)
    kind = clocks.ACCEPT if case.status == "new" else clocks.REPLY
    # Nobody writes into a second matter, so nobody waits there for an answer.
    if case.split_from is None:
        clocks.restart(session, case.id, kind, clocks.due(case.urgency, acting.now, acting.settings.times))
    return _record(session, case, "reopen", acting)


def assign(
    session: Session,
    case_id: bytes,
    version: int,
    to: str,
    second: str | None,
    acting: Acting,
    rows: Rows | None = None,
) -> Case:
    """
    Give a case to *to*. An accepted one goes over with a handover note among *rows*.

    A coordinator who is not on the case holds no key, so gives an accepted case only to its second; once
    neither of its people is left, to anybody of the team, because its newest key is then the duty list's.

    Raises:
        NotAllowedError: also without a handover note, or for somebody who may not get it, or who could not
            open what nobody accepted yet.
    """
    case = permits.take(session, case_id, version, "assign", acting)
    if not permits.is_member(to, case.team, acting.staffing):
        raise NotAllowedError("assign")
    if case.status == "new" and to not in openers.of(session, case.id, acting.staffing.hands):
        raise NotAllowedError("assign")
    _check_conflict(session, case, (to, second), "assign")
    if case.status in lives.ACTIVE:
        _check_handover(case, to, acting, rows)
        _check_second(case, second, to, acting.staffing, "assign")
        case.second = second
    case.assignee = to
    # Whoever takes over decides anew who helps; the new keys leave out whoever helped before.
    case.consultant = None
    if case.status in lives.ACTIVE:
        _carry_merged(session, case)
    _write(session, case, rows)
    notices.withdraw(session, case.id)
    notices.tell(session, _kind_of(case), [to], case.id, acting.now)
    _record(session, case, "assign", acting, subject=subject_of(to))
    return _record_second(session, case, acting)


def merge(session: Session, case_id: bytes, version: int, into: bytes, acting: Acting) -> Case:
    """
    Merge a case into another that the actor may see. Both keep their items; what comes later goes to *into*.

    Whoever answers for *into* answers for its histories: the merged case follows it from one to the next.

    Raises:
        NotFoundError: also when the other case is of another team, or not this person's to see.
    """
    case = permits.take(session, case_id, version, "merge", acting)
    other = session.get(Case, into)
    if other is None or into == case_id or other.team != case.team:
        raise NotFoundError
    if not permits.sees(other, acting.staff, acting.staffing):
        raise NotFoundError
    if other.status not in (*lives.ACTIVE, "new"):
        raise WrongStateError("merge")
    case.merged_into = into
    if other.status in lives.ACTIVE:
        case.assignee, case.second = other.assignee, other.second
        _carry_merged(session, case)
    else:
        case.assignee = case.assignee or acting.staff
    return _end(session, case, "merge", acting, subject=into)


def merged_into(session: Session, case_id: bytes) -> list[Case]:
    """Return the cases whose histories *case_id* carries: merged into it, or into one of those."""
    found: dict[bytes, Case] = {}
    wanted = [case_id]
    while wanted:
        rows = session.scalars(select(Case).where(Case.merged_into.in_(wanted), Case.id.not_in(list(found))))
        fresh = [case for case in rows.all() if case.id != case_id]
        found |= {case.id: case for case in fresh}
        wanted = [case.id for case in fresh]
    return sorted(found.values(), key=lambda one: (one.opened, one.id))


def lend(session: Session, case_id: bytes, version: int, to: str, acting: Acting) -> Case:
    """
    Let a consultant read the content of a case and answer in it; its holders go on answering for it.

    The desk hands in their grants of content. No card is ever theirs.

    Raises:
        NotAllowedError: also for somebody who is no living consultant, or a case that is not a lawyer's.
    """
    case = permits.take(session, case_id, version, "lend", acting)
    if case.team != LEGAL or not permits.has_role(to, acting.staffing, "consultant"):
        raise NotAllowedError("lend")
    if permits.is_holder(case, to):
        raise NotAllowedError("lend")
    case.consultant = to
    notices.tell(session, notices.NEW, [to], case.id, acting.now)
    return _record(session, case, "lend", acting, subject=subject_of(to))


def pass_up(session: Session, case_id: bytes, version: int, acting: Acting, rows: Rows | None = None) -> Case:
    """End a consultant's work on a case, by themselves or by a holder; the holders hear of it."""
    case = permits.take(session, case_id, version, "pass-up", acting)
    if case.consultant is None:
        raise WrongStateError("pass-up")
    case.consultant = None
    _write(session, case, rows)
    told = [one for one in (case.assignee, case.second) if one is not None and one != acting.staff]
    notices.tell(session, notices.REPLY, told, case.id, acting.now)
    return _record(session, case, "pass-up", acting)


def follow(session: Session, case_id: bytes) -> Case | None:
    """Return the case that what is addressed to *case_id* belongs to now: itself, or what it went into."""
    seen: set[bytes] = set()
    case = session.get(Case, case_id)
    while case is not None and case.merged_into is not None and case.id not in seen:
        seen.add(case.id)
        case = session.get(Case, case.merged_into)
    return case


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


def write_sealed(session: Session, case: Case, rows: Rows) -> None:
    """
    Write what a desk sealed, after a look at where it belongs.

    Raises:
        NotAllowedError: it would change or drop something, or belongs to another case.
        StaleError: a mailbox it writes to is gone: the tipster has another phrase by now.
    """
    if rows.changes or rows.drops or rows.steps:
        raise NotAllowedError("write")
    for table, values in rows.inserts:
        if table.name not in _DESK_ROWS or values.get("case", case.id) != case.id:
            raise NotAllowedError("write")
    _check_mailboxes(session, rows)
    write_rows(session, [rows])


def _write_merged(session: Session, case: Case, merged: Mapping[bytes, Rows]) -> None:
    """Write what belongs to cases that were merged into *case*, and to no other."""
    known = {one.id: one for one in merged_into(session, case.id)} if merged else {}
    for case_id, rows in merged.items():
        if case_id not in known:
            raise NotFoundError
        write_sealed(session, known[case_id], rows)


def _check_mailboxes(session: Session, rows: Rows) -> None:
    opened = {values["id"] for table, values in rows.inserts if table.name == "mailbox"}
    wanted = {values["mailbox"] for table, values in rows.inserts if table.name == "letter"} - opened
    known = set(session.scalars(select(Mailbox.id).where(Mailbox.id.in_(sorted(wanted)))))
    if wanted - known:
        raise StaleError


def _write(session: Session, case: Case, rows: Rows | None) -> None:
    if rows is not None:
        write_sealed(session, case, rows)


def _answer(
    session: Session,
    case_id: bytes,
    version: int,
    rows: Rows,
    act: str,
    acting: Acting,
    noted_as: str | None = None,
    merged: Mapping[bytes, Rows] | None = None,
) -> Case:
    case = permits.take(session, case_id, version, act, acting)
    write_sealed(session, case, rows)
    _write_merged(session, case, merged or {})
    clocks.stop(session, case.id, clocks.REPLY)
    notices.withdraw(session, case.id)
    return _record(session, case, noted_as or act, acting)


def _end(
    session: Session,
    case: Case,
    act: str,
    acting: Acting,
    reason: Reason | None = None,
    subject: bytes | None = None,
) -> Case:
    """End a case: no clock runs any more, nobody is told any more, and the day it is erased is set."""
    clocks.stop(session, case.id)
    notices.withdraw(session, case.id)
    retention.end(case, acting.day, acting.settings.periods, acting.settings.random)
    return _record(session, case, act, acting, reason, subject)


def _record(
    session: Session,
    case: Case,
    act: str,
    acting: Acting,
    reason: Reason | None = None,
    subject: bytes | None = None,
) -> Case:
    journal.write(session, act, by=acting.by, day=acting.day, case=case.id, subject=subject, reason=reason)
    return case


def _record_second(session: Session, case: Case, acting: Acting) -> Case:
    """Name the second of an accepted case, in the row right after the one that gave it."""
    if case.second is None or case.status not in lives.ACTIVE:
        return case
    return _record(session, case, "second", acting, subject=subject_of(case.second))


def _propose_to_others(session: Session, case: Case, acting: Acting, asked: Asked) -> None:
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
    notices.tell(session, _kind_of(case), told or staffing.coordinators(), case.id, acting.now)


def _kind_of(case: Case) -> str:
    return notices.URGENT if case.urgency == "now" and case.status == "new" else notices.NEW


def _carry_merged(session: Session, case: Case, held_by: str | None = None) -> None:
    """
    Let what was merged into *case* be answered for by the same people.

    With *held_by* only what that person holds a grant of: nobody answers for what they cannot open.
    """
    for one in merged_into(session, case.id):
        held = select(Grant.staff).where(Grant.owner == one.id, Grant.staff == held_by).limit(1)
        if held_by is None or session.scalar(held) is not None:
            one.assignee, one.second = case.assignee, case.second
            one.version += 1


def _check_second(case: Case, second: str | None, first: str, staffing: Staffing, act: str) -> None:
    if second is not None and (second == first or not permits.is_member(second, case.team, staffing)):
        raise NotAllowedError(act)


def _check_conflict(session: Session, case: Case, people: Iterable[str | None], act: str) -> None:
    """Nobody gets a case they said they are in conflict with, not even by their own hand."""
    if recused(session, case.id) & set(people):
        raise NotAllowedError(act)


def _check_handover(case: Case, to: str, acting: Acting, rows: Rows | None) -> None:
    """An accepted case goes over with a note by a holder, or, without keys, to whoever holds them already."""
    if not permits.is_holder(case, acting.staff):
        is_stranded = not {case.assignee, case.second} & acting.staffing.living
        if to != case.second and not is_stranded:
            raise NotAllowedError("assign")
        return
    written = rows.inserts if rows is not None else []
    if not any(table.name == "item" and values["kind"] == "handover" for table, values in written):
        raise NotAllowedError("assign")


def _check_code(code: str, allowed: tuple[str, ...]) -> None:
    if code not in allowed:
        raise ValueError("casework: internal error: no such code")
