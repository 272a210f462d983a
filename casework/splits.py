"""
Splitting a case: one client, two matters.

The second matter is a case of its own, with keys, tasks, deadlines, people and an end of its own. The client
is not asked to come back through another door: what they write goes on arriving in the first case, and they
are answered from there, because only the hub may say where answers go. The card stays with the first too.

The second names the first in clear, because whoever erases the first erases what was split off from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from casework import journal, keys, permits, recording, sheets
from casework.asking import NewGrant
from casework.keys import CONTENT, PublicKey
from casework.permits import Acting
from casework.rosters import ROLE_OF_TEAM
from casework.rows import Rows
from casework.tables import Case

SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Split:
    """The second matter as the desk built it: its key, its sealed rows, the grants to hand in for it."""

    key: PublicKey
    rows: Rows
    grants: tuple[NewGrant, ...] = field(repr=False)


def build(case: Case, cover: Mapping[str, Any], why: str, acting: Acting) -> Split:
    """
    Seal the first things of the second matter for the holders of *case* and recovery, and forget the seed.

    *cover* is its cover sheet, *why* the first note.
    """
    made = keys.make(keys.new_id(), CONTENT, 0)
    public = keys.public(made)
    rows = Rows()
    at = acting.now.replace(second=0, microsecond=0).isoformat()
    ties = sheets.Sheet(sheets.TIES).with_row(case=case.id.hex(), relation=SPLIT)
    for kind, payload in (
        ("cover", {"n": 1, **cover}),
        ("note", {"at": at, "by": acting.staff, "text": why}),
        (sheets.KIND, ties.payload()),
    ):
        keys.seal_item(
            rows, public, kind=kind, author=acting.staff, payload=payload, day=acting.day,
            signing=acting.by.signing,
        )  # fmt: skip
    return Split(public, rows, tuple(NewGrant.make(made, holder) for holder in _holders(case, acting)))


def write(session: Session, case_id: bytes, version: int, split: Split, rows: Rows, acting: Acting) -> Case:
    """
    Open the second matter, accepted at once by who splits; *rows* are what the first keeps of it.

    No response clock runs in it: the client is answered from the first. The key and its grants are handed in
    beside this.

    Raises:
        CaseworkError: as :func:`casework.permits.take`.
    """
    origin = permits.take(session, case_id, version, "split", acting)
    other = origin.second if origin.assignee == acting.staff else origin.assignee
    case = recording.descend(
        session,
        origin,
        split.key.owner,
        acting,
        split.rows,
        kind=origin.kind,
        team=origin.team,
        status="accepted",
        urgency=origin.urgency,
        assignee=acting.staff,
        second=other if other in acting.staffing.living else None,
        split_from=origin.id,
    )
    recording.write_sealed(session, origin, rows)
    journal.write(session, "split", by=acting.by, day=acting.day, case=origin.id, subject=case.id)
    return case


def _holders(case: Case, acting: Acting) -> Iterable[keys.Holder]:
    """Return who holds the second matter: the one who splits, the other holder of the first, recovery."""
    role = ROLE_OF_TEAM[case.team]
    for one in dict.fromkeys((acting.staff, case.assignee, case.second)):
        if one is not None and permits.has_role(one, acting.staffing, role):
            holder = acting.staffing.holder(one)
            if holder is not None:
                yield holder
    yield from acting.staffing.recovery()
