"""Sending what waited its minute: each answer in a transaction of its own, or left out and named."""

from __future__ import annotations

import logging

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework import asking, cases, rosters
from casework.errors import CaseworkError, StaleError
from casework.permits import Acting
from casework.tables import Item
from crypto.errors import CryptoError
from desk.batches import Batch, One
from desk.errors import DeskError
from desk.handing import HandIn, Pending
from desk.visit import Desk

log = logging.getLogger("subrosa.desk")


def heard(session: Session, case: bytes) -> int:
    """Return how many things a tipster has said in a case; an alarm, which the hub seals, is one of them."""
    theirs = or_(Item.author == "tipster", Item.kind == "alarm")
    said = select(func.count()).select_from(Item).where(Item.case == case, theirs)
    return session.scalar(said) or 0


def send_due(desk: Desk) -> int:
    """Send every batch whose minute is over; return how many answers went."""
    sent = 0
    for batch in desk.batches.due(desk.clock()):
        for one in batch.answers:
            try:
                pending = _send(desk, batch, one)
            except (CaseworkError, CryptoError, DeskError) as error:
                log.warning("desk.left_out %s", type(error).__name__)
                batch.left_out.append(one.case)
            except Exception as error:  # noqa: BLE001  one answer that fails must not lose the others
                log.error("desk.left_out %s", type(error).__name__)  # noqa: TRY400
                batch.left_out.append(one.case)
            else:
                batch.sent += 1
                _look_after(desk, batch, pending)
        desk.batches.note(batch)
        sent += batch.sent
    return sent


def _send(desk: Desk, batch: Batch, one: One) -> Pending | None:
    """Write one answer and hand its mailboxes in, if the case is still what it was."""
    now = desk.clock()
    with desk.database.write() as session:
        staffing = rosters.staffing(session, desk.anchor, now)
        acting = Acting(batch.acting.by, staffing, now, batch.acting.settings)
        if heard(session, one.case) != one.heard:
            raise StaleError
        cases.reply_to_many(session, one.case, one.version, one.written.rows, acting)
        if not one.written.mailboxes:
            return None
        what = HandIn(mailboxes={one.case: one.written.mailboxes})
        row = asking.hand_in(session, acting.by, staffing.roster, now=now, mailboxes=what.mailboxes)
    return Pending(row, what)


def _look_after(desk: Desk, batch: Batch, pending: Pending | None) -> None:
    """Let a session of the author look after a hand-in that a restarting hub would lose."""
    mine = [one for one in desk.sessions.living(desk.clock()) if one.staff.staff == batch.staff]
    if pending is not None and mine:
        with mine[0].lock:
            mine[0].waiting.append(pending)
