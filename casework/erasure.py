"""
Erasure of a case.

The order: grants first, then the epoch is rotated, so that what is gone is not carried over; then rows and
chunks, mailboxes and letters, drafts not yet public and their press rows; then the id goes onto the list
that every restore applies, and the journal says that it was done. What stays: the journal's row of the act
and the day, with no word of the case.

The promise and its delay: the database, its log and dumps of it, together with any staff keyring, cannot
open the case once the copies of older epoch keys in the operator's escrow are gone. Whole-disk images taken
by whoever hosts the machine are outside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from casework import canonical, epoch, journal, mailboxes
from casework.actors import Actor
from casework.database import Database
from casework.errors import NotFoundError
from casework.strongbox import Strongbox
from casework.tables import (
    Approval,
    Case,
    Chunk,
    Clock,
    Draft,
    Grant,
    Item,
    Letter,
    Mailbox,
    Notice,
    Outbox,
    Press,
    SealingKey,
    Verdict,
    Writing,
)
from crypto import context, sealed
from crypto.errors import CryptoError

PUBLIC_STATES = ("published", "corrected", "retracted")


@dataclass(frozen=True, slots=True)
class Report:
    """What an erasure did, and how long copies of older keys are still kept."""

    grants: int
    items: int
    letters: int
    drafts: int
    press: int
    log_truncated: bool
    escrow_days: int


def erase(
    database: Database,
    strongbox: Strongbox,
    case_id: bytes,
    *,
    by: Actor,
    now: datetime,
    mirror: epoch.Mirror,
    remember: Callable[[bytes], None],
    escrow_days: int,
) -> Report:
    """
    Erase *case_id* and return what was done.

    *remember* puts the id onto the list that every restore applies; it is called before any row goes.

    Raises:
        NotFoundError: there is no such case.
    """
    with database.write() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise NotFoundError
        remember(case_id)
        boxes = mailboxes.unlock_ids(strongbox.epochs, case)
        drafts = _unpublished(session, case_id)
        owners = [case_id, *drafts]
        grants = session.scalars(select(Grant).where(Grant.owner.in_(owners))).all()
        for grant in grants:
            session.delete(grant)
        session.execute(delete(Writing).where(Writing.case == case_id))
        case.status = "erased"
        case.mailboxes = None
        journal.write(session, "erase", by=by, day=now.date(), case=case_id)
    epoch.rotate(database, strongbox, mirror, now)
    with database.write() as session:
        letters = _drop_mailboxes(session, boxes)
        items = _drop_items(session, case_id)
        press = _drop_press(session, strongbox, case_id)
        _drop_drafts(session, drafts)
        session.execute(delete(SealingKey).where(SealingKey.owner.in_(owners)))
        for table in (Clock, Notice):
            session.execute(delete(table).where(table.case == case_id))
        session.execute(delete(Case).where(Case.id == case_id))
    return Report(
        grants=len(grants),
        items=items,
        letters=letters,
        drafts=len(drafts),
        press=press,
        log_truncated=truncate_log(database),
        escrow_days=escrow_days,
    )


def truncate_log(database: Database) -> bool:
    """Empty SQLite's write-ahead log; False when somebody is reading it still, True on other engines."""
    if not database.is_sqlite:
        return True
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
    except OperationalError:
        return False
    return busy == 0


def _unpublished(session: Session, case_id: bytes) -> list[bytes]:
    """Return the drafts of the case that are not public yet."""
    return list(
        session.scalars(select(Draft.id).where(Draft.case == case_id, Draft.status.not_in(PUBLIC_STATES)))
    )


def _drop_mailboxes(session: Session, boxes: list[bytes]) -> int:
    letters = list(session.scalars(select(Letter.id).where(Letter.mailbox.in_(boxes))))
    session.execute(delete(Chunk).where(Chunk.owner.in_(letters)))
    session.execute(delete(Letter).where(Letter.mailbox.in_(boxes)))
    session.execute(delete(Mailbox).where(Mailbox.id.in_(boxes)))
    return len(letters)


def _drop_items(session: Session, case_id: bytes) -> int:
    items = list(session.scalars(select(Item.id).where(Item.case == case_id)))
    session.execute(delete(Chunk).where(Chunk.owner.in_(items)))
    session.execute(delete(Outbox).where(Outbox.item.in_(items)))
    session.execute(delete(Item).where(Item.case == case_id))
    return len(items)


def _drop_drafts(session: Session, drafts: list[bytes]) -> None:
    for table in (Verdict, Approval):
        session.execute(delete(table).where(table.draft.in_(drafts)))
    session.execute(delete(Draft).where(Draft.id.in_(drafts)))


def _drop_press(session: Session, strongbox: Strongbox, case_id: bytes) -> int:
    """Open the press queue and drop what belongs to the case."""
    dropped = 0
    for row in session.scalars(select(Press)):
        try:
            opened = sealed.open_sealed(row.sealed, strongbox.press, context.named("press", row.id))
        except CryptoError:
            continue  # the press tick refuses this row by itself and says so
        if canonical.loads(opened).get("case") == case_id.hex():
            session.delete(row)
            dropped += 1
    return dropped
