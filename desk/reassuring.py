"""
Telling clients, unasked and once, that somebody else answers for their case since its lawyer is gone.

The hub gave the case to its second; only a desk that holds the case can reach its tipster. One neutral line
with a button goes out, as for any reply; what waits behind it is one sentence in their language. The tap
gives the hub a new courier address, sealed to keys that whoever is gone never held, and the old one dies.
Who chose a phrase only finds the sentence when they come back.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as DatabaseSession

import casework
from casework import cases, catalogue, hubkeys, lives
from casework.actors import HUB
from casework.errors import CaseworkError
from casework.post import Written, write_reply
from casework.rows import Rows
from casework.tables import Case, JournalRow
from crypto.errors import CryptoError
from desk import handing, histories, reading, sealing
from desk.errors import DeskError
from desk.handing import HandIn
from desk.reading import Dossier
from desk.replying import boxes_of, courier_of
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

CATALOGUES = Path(casework.__file__).parent / "catalogues"


def reassure(visit: Visit) -> Iterator[int]:
    """Tell the clients of cases this person was left with; say of each whether there was a way."""
    for case in _left_with(visit):
        visit.session.reassured.add(case)
        try:
            yield int(_reassure(visit, case))
        except (CaseworkError, CryptoError, DeskError) as error:
            log.warning("desk.not_reassured %s", type(error).__name__)


def _left_with(visit: Visit) -> list[bytes]:
    """Return the cases the hub left to this person and whose tipsters were not told of it yet."""
    with visit.database.read() as session:
        own = session.scalars(
            select(Case.id).where(Case.assignee == visit.staff, Case.status.in_(lives.ACTIVE))
        ).all()
        ahead = [case for case in own if case not in visit.session.reassured]
        left = _newest(session, ahead, JournalRow.act == "assign", JournalRow.actor == HUB)
        # Most often there is none.
        told = _newest(session, list(left), JournalRow.act == "ring")
    return [case for case, row in left.items() if row > told.get(case, 0)]


def _newest(
    session: DatabaseSession, cases: Sequence[bytes], *wanted: ColumnElement[bool]
) -> dict[bytes, int]:
    """Return the newest row of the journal about each of *cases* that is *wanted*, where there is one."""
    found: dict[bytes, int] = {}
    for at in range(0, len(cases), 500):
        about = select(JournalRow.case, func.max(JournalRow.n)).where(
            JournalRow.case.in_(cases[at : at + 500]), *wanted
        )
        found |= {case: n for case, n in session.execute(about.group_by(JournalRow.case)) if case is not None}
    return found


def _reassure(visit: Visit, case_id: bytes) -> bool:
    dossier = reading.dossier(visit, case_id)
    told = {
        one.case.id: written
        for one in (dossier, *histories.merged(visit, dossier))
        if (written := _written(visit, one)) is not None
    }
    if not told:
        return False
    merged = {case: written.rows for case, written in told.items()}
    rows = merged.pop(case_id, Rows())
    with visit.database.write() as session:
        cases.reassure(session, case_id, dossier.case.version, rows, visit.acting, merged)
    mailboxes = {case: written.mailboxes for case, written in told.items() if written.mailboxes}
    handing.hand_in(visit, HandIn(mailboxes=mailboxes))
    return True


def _written(visit: Visit, dossier: Dossier) -> Written | None:
    """Return the sentence on its way to one tipster, none where there is no way."""
    courier, boxes = courier_of(dossier), boxes_of(dossier)
    if courier is None and not boxes:
        return None
    with visit.database.read() as session:
        hub = hubkeys.find(session, hubkeys.COURIER, visit.staffing.roster)
    language = courier.language if courier is not None else dossier.case.language
    return write_reply(
        sealing.content_key(visit, dossier.case.id),
        _speak(language),
        (),
        by=visit.actor,
        now=visit.now,
        courier=courier,
        hub=hub,
        boxes=boxes,
        random=os.urandom,
        seq=dossier.next_seq,
        renews=True,
    )


@cache
def _speak(language: str) -> str:
    return catalogue.load(CATALOGUES, language).gettext("post.reassure")
