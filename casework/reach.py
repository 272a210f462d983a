"""
What goes along when a case goes.

Matters split off from a case name it in clear, and theirs name them. What a lawyer passed to editors is
named by the journal alone, in the row the lawyer signed.

By its time a case goes with its matters, each of which has to have come to its own time. Its tipster's word,
and the operator's, reach further: to the briefs of all of them as well, and to drafts not yet public.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.tables import Case, JournalRow

BRIEF = "brief"

Reach = Callable[[Session, bytes], list[bytes]]
"""From a case to the ids of everything that goes with it, itself the first, each held until the end."""


def alone(_session: Session, case_id: bytes) -> list[bytes]:
    """Return the case alone: what went with it has been named by itself."""
    return [case_id]


def matters(session: Session, case_id: bytes) -> list[bytes]:
    """Return a case and every matter split off from it, and from those."""
    found, wanted = [case_id], [case_id]
    while wanted:
        split = select(Case.id).where(Case.split_from.in_(wanted), Case.id.not_in(found))
        wanted = list(session.scalars(split.with_for_update()))
        found += wanted
    return found


def everything(session: Session, case_id: bytes) -> list[bytes]:
    """Return a case, its matters, and what was passed to editors of any of them."""
    found = matters(session, case_id)
    wanted = found
    while wanted:
        fresh = [one for brief in _briefs(session, wanted) for one in matters(session, brief)]
        wanted = [one for one in dict.fromkeys(fresh) if one not in found]
        found = found + wanted
    return found


def above(session: Session, case_id: bytes) -> list[bytes]:
    """Return a case and those it was split off from, up to the first."""
    found = [case_id]
    while True:
        origin = session.scalar(select(Case.split_from).where(Case.id == found[-1]))
        if origin is None or origin in found:
            return found
        found.append(origin)


def is_held(session: Session, case_id: bytes) -> bool:
    """Tell whether somebody holds a case, or any matter of it, for a court."""
    ids = matters(session, case_id)
    return session.scalar(select(Case.id).where(Case.id.in_(ids), Case.held).limit(1)) is not None


def _briefs(session: Session, cases: Sequence[bytes]) -> list[bytes]:
    passed = select(JournalRow.subject).where(JournalRow.act == BRIEF, JournalRow.case.in_(cases))
    # A row that named another kind of case would be no lawyer's, whoever wrote it.
    briefs = select(Case.id).where(Case.id.in_(passed), Case.kind == BRIEF)
    return list(session.scalars(briefs.with_for_update()))
