"""
Erasure of a case.

The order: the id goes onto the list that every restore applies; then grants and keys, items and chunks,
mailboxes and letters, drafts not yet public and their press rows go in one transaction, with the row of the
journal that it was done; then the epoch is rotated, so that what is gone is not carried over. A crash in
between leaves nothing of the case behind, and the next start rotates. What stays: the row of the journal,
which names act and day, and no word of the case.

The promise and its delay: the database, its log and dumps of it, together with any staff keyring, cannot
open the case once the copies of older epoch keys in the operator's escrow are gone. Whole-disk images taken
by whoever hosts the machine are outside it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from casework import canonical, epoch, journal, mailboxes, reach
from casework.actors import Actor
from casework.database import Database
from casework.errors import KeyMissingError, NotFoundError
from casework.strongbox import Strongbox
from casework.tables import (
    Approval,
    Base,
    CardRequest,
    Case,
    Chunk,
    Clock,
    Draft,
    DraftPicture,
    Grant,
    Item,
    Letter,
    Mailbox,
    Mark,
    Notice,
    Outbox,
    Press,
    Push,
    Recusal,
    SealingKey,
    Verdict,
    Wording,
    Writing,
)
from crypto import context, sealed
from crypto.errors import CryptoError

log = logging.getLogger(__name__)

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
    key_renewed: bool = True  # False: the second medium was away; the rotation follows when it is back
    mailboxes_known: bool = True  # False: the list of its mailboxes was damaged; letters may be left


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
    goes: reach.Reach = reach.everything,
) -> Report:
    """
    Erase *case_id* and what *goes* with it, and return what was done.

    *remember* puts the ids onto the list that every restore applies; it is called before any row goes.

    Raises:
        NotFoundError: there is no such case, or *goes* says that its time has not come.
    """
    with database.read() as session:
        if session.get(Case, case_id) is None:
            raise NotFoundError
    # A successor that waits is taken up by the next rotation whatever happens to this process.
    strongbox.prepare("epoch", now)
    with database.write() as session:
        # Held until the end: what is sealed to the case meanwhile fails with it instead of outliving it.
        case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
        if case is None:
            raise NotFoundError
        matters = goes(session, case_id)
        for one in matters:
            remember(one)
        boxes = _mailboxes_of(strongbox, case)
        drafts = [draft for one in matters for draft in _unpublished(session, one)]
        owners = [*matters, *drafts]
        grants = _drop(session, Grant, Grant.owner.in_(owners))
        _drop(session, SealingKey, SealingKey.owner.in_(owners))
        letters = _drop_mailboxes(session, boxes or [])
        items = sum(_drop_items(session, one) for one in matters)
        press = sum(_drop_press(session, strongbox, one, drafts) for one in matters)
        _drop_drafts(session, drafts)
        for table in (Writing, CardRequest, Clock, Mark, Notice, Recusal):
            _drop(session, table, table.case.in_(matters))
        _drop(session, Case, Case.id.in_(matters))
        _release_merged(session, matters)
        for one in matters:
            journal.write(session, "erase", by=by, day=now.date(), case=one)
    return Report(
        grants=grants,
        items=items,
        letters=letters,
        drafts=len(drafts),
        press=press,
        log_truncated=truncate_log(database),
        escrow_days=escrow_days,
        key_renewed=_renew(database, strongbox, mirror, now),
        mailboxes_known=boxes is not None,
    )


def _renew(database: Database, strongbox: Strongbox, mirror: epoch.Mirror, now: datetime) -> bool:
    """Rotate the epoch; False when the second medium is away: the daily rotation does it when it is back."""
    try:
        epoch.rotate(database, strongbox, mirror, now)
    except OSError:
        log.error("erase.medium_away")  # noqa: TRY400  a traceback tells no more
        return False
    return True


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


def _release_merged(session: Session, gone: list[bytes]) -> None:
    """Let what others told, merged into what is gone, be a case of its own again until its own day."""
    alone = {"merged_into": None, "status": "closed", "version": Case.version + 1}
    session.execute(update(Case).where(Case.merged_into.in_(gone)).values(alone))


def _unpublished(session: Session, case_id: bytes) -> list[bytes]:
    """Return the drafts of the case that are not public yet, held until the end."""
    wanted = select(Draft.id).where(Draft.case == case_id, Draft.status.not_in(PUBLIC_STATES))
    return list(session.scalars(wanted.with_for_update()))


def _mailboxes_of(strongbox: Strongbox, case: Case) -> list[bytes] | None:
    """Return the mailboxes of the case; None when the column does not unlock, which must stop no erasure."""
    try:
        return mailboxes.unlock_ids(strongbox.epochs, case)
    except (CryptoError, KeyMissingError):
        log.error("erase.mailboxes_damaged")  # noqa: TRY400  a traceback tells no more
        return None


def _drop(session: Session, table: type[Base], *where: ColumnElement[bool]) -> int:
    """Delete rows and return how many there were."""
    count = session.scalar(select(func.count()).select_from(table).where(*where)) or 0
    session.execute(delete(table).where(*where))
    return count


def _drop_mailboxes(session: Session, boxes: list[bytes]) -> int:
    inside = select(Letter.id).where(Letter.mailbox.in_(boxes))
    _drop(session, Chunk, Chunk.owner.in_(inside))
    letters = _drop(session, Letter, Letter.mailbox.in_(boxes))
    _drop(session, Mailbox, Mailbox.id.in_(boxes))
    return letters


def _drop_items(session: Session, case_id: bytes) -> int:
    """Drop every item, and what is still on its way because of one: calls to make, chats to ring."""
    items = select(Item.id).where(Item.case == case_id)
    _drop(session, Chunk, Chunk.owner.in_(items))
    for table in (Outbox, Push):
        _drop(session, table, table.item.in_(items))
    return _drop(session, Item, Item.case == case_id)


def _drop_drafts(session: Session, drafts: list[bytes]) -> None:
    for table in (DraftPicture, Verdict, Approval, Wording):
        _drop(session, table, table.draft.in_(drafts))
    _drop(session, Draft, Draft.id.in_(drafts))


def _drop_press(session: Session, strongbox: Strongbox, case_id: bytes, drafts: list[bytes]) -> int:
    """Open the press queue and drop what belongs to the case."""
    theirs = []
    for row in session.scalars(select(Press)):
        try:
            opened = sealed.open_sealed(row.sealed, strongbox.press, context.named("press", row.id))
            is_theirs = canonical.loads(opened).get("case") == case_id.hex()
        except (CryptoError, AttributeError):
            is_theirs = False  # the press tick refuses this row by itself and says so
        if is_theirs or row.draft in drafts:
            theirs.append(row.id)
    return _drop(session, Press, Press.id.in_(theirs))
