"""
What staff do with a case.

Every act is one function, called inside one write transaction. It takes the case through
:func:`casework.permits.take` (who may, which version, which state), does what follows from it (clocks,
notices, days) and writes its journal row, signed by who did it. What people write arrives as sealed rows
that the desk built; an act looks at where they belong, never inside.

Every act raises what :func:`casework.permits.take` raises, and nothing of it is kept then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from casework import clocks, merging, notices, permits, proposing, recording, retention, routing
from casework.journal import Reason
from casework.permits import Acting
from casework.routing import Asked
from casework.rows import Rows
from casework.tables import Case, Recusal

CONFLICT = "conflict"
GIVE_BACK_CODES = ("conflict", "wrong_field", "full", "duplicate", "out_of_scope", "absent")
DECLINE_CODES = ("out_of_scope", "duplicate", "cannot_help", "unsafe", "no_contact")
MUTE_CODES = ("flood", "abuse", "mistaken", "asked", "other")  # also why a chat is heard again
OUTCOMES = ("helped", "advised", "referred", "withdrawn", "no_contact", "published", "not_published", "other")


def accept(session: Session, case_id: bytes, version: int, second: str | None, acting: Acting) -> Case:
    """
    Make the actor the one who answers for a case, and *second* the one who can open it beside them.

    The new generation of its keys is handed in by the desk (:func:`casework.asking.hand_in`); until the hub
    took it, the duty list's grants keep the case open.

    Raises:
        NotAllowedError: also for a second who may not be.
    """
    case = permits.take(session, case_id, version, "accept", acting)
    proposing.check_second(case, second, acting.staff, acting.staffing, "accept")
    proposing.check_conflict(session, case, (acting.staff, second), "accept")
    case.assignee, case.second = acting.staff, second
    merging.carry(session, case, held_by=acting.staff)
    clocks.stop(session, case.id)
    times = acting.settings.times
    # Working days are counted where whoever answers lives.
    theirs = replace(times, zone=acting.staffing.zone(acting.staff, times.zone))
    until = clocks.due(case.urgency, acting.now, theirs)
    clocks.restart(session, case.id, clocks.REPLY, until)
    notices.withdraw(session, case.id)
    recording.record(session, case, "accept", acting)
    return recording.record_second(session, case, acting)


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
    recording.write(session, case, rows)
    if code == CONFLICT:
        session.merge(Recusal(case=case.id, staff=acting.staff))
        session.flush()
    proposing.propose_to_others(session, case, acting, asked)
    return recording.record(session, case, "give-back", acting, reason)


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
    recording.write(session, case, rows)
    return recording.end(session, case, "decline", acting, reason)


def mark_spam(session: Session, case_id: bytes, version: int, acting: Acting) -> Case:
    """Put aside what was never meant as a tip. It is erased sooner than anything else."""
    case = permits.take(session, case_id, version, "spam", acting)
    return recording.end(session, case, "spam", acting)


def mute(session: Session, case_id: bytes, version: int, rows: Rows, reason: Reason, acting: Acting) -> Case:
    """
    Have the hub take in nothing more from the chat that tells this case.

    It follows the row of the journal (:mod:`casework.parties`) as long as the chat's thread lasts. Which chat
    that is, nobody at a desk learns; nor does a count of what was not taken in exist anywhere.
    """
    case = permits.take(session, case_id, version, "mute", acting)
    recording.write(session, case, rows)
    return recording.record(session, case, "mute", acting, reason)


def unmute(
    session: Session, case_id: bytes, version: int, rows: Rows, reason: Reason, acting: Acting
) -> Case:
    """Have the hub listen again to a chat that was muted."""
    case = permits.take(session, case_id, version, "unmute", acting)
    recording.write(session, case, rows)
    return recording.record(session, case, "unmute", acting, reason)


def note(session: Session, case_id: bytes, version: int, rows: Rows, acting: Acting) -> Case:
    """Add a sealed note, a cover sheet or anything else that changes nothing but what is known."""
    case = permits.take(session, case_id, version, "note", acting)
    recording.write(session, case, rows)
    return recording.record(session, case, "note", acting)


def set_deadlines(
    session: Session, case_id: bytes, version: int, rows: Rows, remind_on: date | None, acting: Acting
) -> Case:
    """
    Replace the cover sheet by one with other deadlines.

    Of these the hub learns one day, moved a few days earlier by lot, on which it tells the holders that
    something waits; and again daily, until a desk says another.
    """
    case = permits.take(session, case_id, version, "note", acting)
    recording.write(session, case, rows)
    retention.set_reminder(case, remind_on, acting.day, acting.settings.random)
    return recording.record(session, case, "note", acting)


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
    recording.write(session, case, rows)
    merging.write(session, case, merged or {})
    return recording.record(session, case, "ring", acting)


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
    return recording.record(session, case, "wait", acting)


def close(
    session: Session, case_id: bytes, version: int, outcome: str, acting: Acting, rows: Rows | None = None
) -> Case:
    """Close a case with an *outcome*. Replies still waiting go on waiting for the tipster."""
    _check_code(outcome, OUTCOMES)
    case = permits.take(session, case_id, version, "close", acting)
    case.reason_code = outcome
    recording.write(session, case, rows)
    return recording.end(session, case, "close", acting)


def reopen(session: Session, case_id: bytes, version: int, acting: Acting) -> Case:
    """Take an ended case up again; it is no longer due to be erased."""
    case = permits.take(session, case_id, version, "reopen", acting)
    case.reason_code = None
    retention.resume(case)
    kind = clocks.ACCEPT if case.status == "new" else clocks.REPLY
    # Nobody writes into a second matter, so nobody waits there for an answer.
    if case.split_from is None:
        clocks.restart(session, case.id, kind, clocks.due(case.urgency, acting.now, acting.settings.times))
    return recording.record(session, case, "reopen", acting)


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
    recording.write_sealed(session, case, rows)
    merging.write(session, case, merged or {})
    clocks.stop(session, case.id, clocks.REPLY)
    notices.withdraw(session, case.id)
    return recording.record(session, case, noted_as or act, acting)


def _check_code(code: str, allowed: tuple[str, ...]) -> None:
    if code not in allowed:
        raise ValueError("casework: internal error: no such code")
