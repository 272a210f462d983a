"""
Merging one case into another: two histories, answered for by the same people from then on.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import lives, permits, recording
from casework.errors import NotFoundError, WrongStateError
from casework.permits import Acting
from casework.rows import Rows
from casework.tables import Case, Grant


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
        carry(session, case)
    else:
        case.assignee = case.assignee or acting.staff
    return recording.end(session, case, "merge", acting, subject=into)


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


def follow(session: Session, case_id: bytes) -> Case | None:
    """Return the case that what is addressed to *case_id* belongs to now: itself, or what it went into."""
    seen: set[bytes] = set()
    case = session.get(Case, case_id)
    while case is not None and case.merged_into is not None and case.id not in seen:
        seen.add(case.id)
        case = session.get(Case, case.merged_into)
    return case


def write(session: Session, case: Case, merged: Mapping[bytes, Rows]) -> None:
    """Write what belongs to cases that were merged into *case*, and to no other."""
    known = {one.id: one for one in merged_into(session, case.id)} if merged else {}
    for case_id, rows in merged.items():
        if case_id not in known:
            raise NotFoundError
        recording.write_sealed(session, known[case_id], rows)


def carry(session: Session, case: Case, held_by: str | None = None) -> None:
    """
    Let what was merged into *case* be answered for by the same people.

    With *held_by* only what that person holds a grant of: nobody answers for what they cannot open.
    """
    for one in merged_into(session, case.id):
        held = select(Grant.staff).where(Grant.owner == one.id, Grant.staff == held_by).limit(1)
        if held_by is None or session.scalar(held) is not None:
            one.assignee, one.second = case.assignee, case.second
            one.version += 1
