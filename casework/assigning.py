"""
Who works on a case beside or after whoever accepted it: giving it to somebody, lending it, passing it up.

Each act raises what :func:`casework.permits.take` raises, and nothing of it is kept then.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework import lives, merging, notices, openers, permits, proposing, recording
from casework.actors import subject_of
from casework.errors import NotAllowedError, WrongStateError
from casework.permits import Acting
from casework.rosters import LEGAL
from casework.rows import Rows
from casework.tables import Case


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
    proposing.check_conflict(session, case, (to, second), "assign")
    if case.status in lives.ACTIVE:
        _check_handover(case, to, acting, rows)
        proposing.check_second(case, second, to, acting.staffing, "assign")
        case.second = second
    case.assignee = to
    # Whoever takes over decides anew who helps; the new keys leave out whoever helped before.
    case.consultant = None
    if case.status in lives.ACTIVE:
        merging.carry(session, case)
    recording.write(session, case, rows)
    notices.withdraw(session, case.id)
    notices.tell(session, proposing.kind_of(case), [to], case.id, acting.now)
    recording.record(session, case, "assign", acting, subject=subject_of(to))
    return recording.record_second(session, case, acting)


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
    return recording.record(session, case, "lend", acting, subject=subject_of(to))


def pass_up(session: Session, case_id: bytes, version: int, acting: Acting, rows: Rows | None = None) -> Case:
    """End a consultant's work on a case, by themselves or by a holder; the holders hear of it."""
    case = permits.take(session, case_id, version, "pass-up", acting)
    if case.consultant is None:
        raise WrongStateError("pass-up")
    case.consultant = None
    recording.write(session, case, rows)
    told = [one for one in (case.assignee, case.second) if one is not None and one != acting.staff]
    notices.tell(session, notices.REPLY, told, case.id, acting.now)
    return recording.record(session, case, "pass-up", acting)


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
