"""Which mailboxes belong to a case: on its row, under the epoch lock, so that erasing one erases both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, inspect, select, update
from sqlalchemy.orm import Session, object_session

from casework.errors import KeyMissingError
from casework.tables import Case, Chunk, Item, Letter, Mailbox
from crypto import context, lock

_ID_SIZE = 16


def lock_ids(epoch: lock.Key, case: bytes, ids: Iterable[bytes]) -> bytes:
    """Lock the *ids* of the mailboxes of *case* under the epoch key."""
    return lock.lock(epoch, b"".join(sorted(set(ids))), context.named("mailboxes", case))


def unlock_ids(epochs: Mapping[int, lock.Key], case: Case) -> list[bytes]:
    """
    Return the ids of the mailboxes of *case*.

    Raises:
        KeyMissingError: the epoch key that locks them is not on file.
        CryptoError: the column belongs to another case or is damaged.
    """
    if case.mailboxes is None:
        return []
    key = epochs.get(lock.number_of(case.mailboxes))
    if key is None:
        raise KeyMissingError("epoch")
    joined = lock.unlock(key, case.mailboxes, context.named("mailboxes", case.id))
    return [joined[at : at + _ID_SIZE] for at in range(0, len(joined), _ID_SIZE)]


def add_ids(epochs: Mapping[int, lock.Key], epoch: lock.Key, case: Case, ids: Iterable[bytes]) -> None:
    """
    Add *ids* to those on *case*, under the current epoch.

    Whoever else adds to the same case meanwhile waits for this transaction: an id that got lost could never
    be erased.

    Raises:
        KeyMissingError, CryptoError: as :func:`unlock_ids`.
    """
    session = object_session(case)
    if session is not None and inspect(case).persistent:
        session.refresh(case, ["mailboxes", "epoch"], with_for_update=True)
    case.mailboxes = lock_ids(epoch, case.id, [*unlock_ids(epochs, case), *ids])
    case.epoch = epoch.number


def end_phrases(
    session: Session,
    epochs: Mapping[int, lock.Key],
    epoch: lock.Key,
    case: Case,
    newest: bytes,
    item: bytes,
) -> bool:
    """
    Close the mailbox of every phrase of *case* but the *newest*; say whether answers nobody saw went too.

    Those answers stay in the case and are marked as failed there, so that they are written again. *item* is
    the one that lets desks write to the newest.

    Raises:
        KeyMissingError, CryptoError: as :func:`unlock_ids`.
    """
    known = unlock_ids(epochs, case)
    older = list(
        session.scalars(
            select(Mailbox.id).where(Mailbox.id.in_(known), Mailbox.kind == "phrase", Mailbox.id != newest)
        )
    )
    letters = select(Letter.id).where(Letter.mailbox.in_(older))
    session.execute(delete(Chunk).where(Chunk.owner.in_(letters)))
    session.execute(delete(Letter).where(Letter.mailbox.in_(older)))
    session.execute(delete(Mailbox).where(Mailbox.id.in_(older)))
    session.execute(delete(Item).where(Item.case == case.id, Item.kind == "mailbox", Item.id != item))
    case.mailboxes = lock_ids(epoch, case.id, [one for one in known if one not in older])
    case.epoch = epoch.number
    if session.scalar(select(Item.id).where(Item.case == case.id, Item.kind == "chat").limit(1)) is not None:
        return False  # they wait in the chat as well
    unseen = (Item.case == case.id, Item.kind == "reply", Item.state == "waiting")
    lost = session.execute(update(Item).where(*unseen).values(state="failed", why="phrase_replaced"))
    return bool(lost.rowcount)  # type: ignore[attr-defined]
