"""Which mailboxes belong to a case: on its row, under the epoch lock, so that erasing one erases both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from casework.errors import KeyMissingError
from casework.tables import Case
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
