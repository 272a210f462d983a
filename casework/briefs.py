"""
Briefs: the one-way door from a lawyer's case to the editors.

A brief is a new case of the editors' team whose first item the lawyer wrote, with the client's consent. It
has a random id and keys of its own. Editors hold nothing of the case behind it; the only link is the
lawyer's journal row, which names two random ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from casework import clocks, journal, keys, notices, permits, recording
from casework.actors import Actor
from casework.asking import NewGrant
from casework.errors import NotAllowedError
from casework.keys import CONTENT, PublicKey
from casework.permits import Acting
from casework.rosters import EDITORS, LEGAL, Staffing
from casework.rows import Rows
from casework.tables import Case


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief as the desk built it: the key, its sealed rows, and the grants to hand in for it."""

    key: PublicKey
    rows: Rows
    grants: tuple[NewGrant, ...] = field(repr=False)


def build(text: str, consent: str, *, by: Actor, staffing: Staffing, day: date) -> Brief:
    """
    Seal *text* for the editors on duty and the recovery key, and forget the seed.

    *consent* is what the client said to it, in the lawyer's words; it is sealed beside the text. The lawyer
    signs both, so that nobody else can speak to the editors in their name.

    Raises:
        NotAllowedError: the house has no living editor who could open it.
    """
    holders = staffing.holders(EDITORS, CONTENT)
    if not staffing.members(EDITORS):
        raise NotAllowedError("brief")
    made = keys.make(keys.new_id(), CONTENT, 0)
    public = keys.public(made)
    rows = Rows()
    for kind, words in (("brief", text), ("consent", consent)):
        keys.seal_item(
            rows,
            public,
            kind=kind,
            author=by.staff,
            payload={"text": words},
            day=day,
            signing=by.signing,
        )
    return Brief(public, rows, tuple(NewGrant.make(made, holder) for holder in holders))


def write(session: Session, case_id: bytes, version: int, brief: Brief, acting: Acting) -> Case:
    """
    Open the case of the editors that *brief* is; the lawyer hands in its key and grants beside this.

    Raises:
        NotAllowedError: the client did not consent to a summary, or this is no lawyer's case.
        CaseworkError: as :func:`casework.permits.take`.
    """
    origin = permits.take(session, case_id, version, "brief", acting)
    if origin.team != LEGAL or not origin.may_summarise:
        raise NotAllowedError("brief")
    case = recording.descend(
        session,
        origin,
        brief.key.owner,
        acting,
        brief.rows,
        kind="brief",
        team=EDITORS,
        status="new",
        urgency="normal",
        assignee=None,
    )
    journal.write(session, "brief", by=acting.by, day=acting.day, case=origin.id, subject=case.id)
    until = clocks.due(case.urgency, acting.now, acting.settings.times)
    clocks.restart(session, case.id, clocks.ACCEPT, until)
    told = notices.audience(acting.staffing, EDITORS, None)
    notices.tell(session, notices.NEW, told, case.id, acting.now)
    return case
