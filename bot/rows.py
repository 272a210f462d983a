"""
Rows of the outbox and of deletions: what the hub will do to a chat, locked under the spool key.

A payload says everything: the chat, the final words, the buttons. A seized disk therefore shows the chats
with something pending and nobody else, and each row dies when it is done.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import canonical
from casework.database import Database
from casework.keys import CHUNK_SIZE, new_id
from casework.rows import Rows
from casework.strongbox import Strongbox
from casework.tables import Chunk, Deletion, Outbox
from crypto import lock
from crypto.context import named
from crypto.errors import NotForUsError

# Telegram refuses to delete what is 48 hours old; an hour is left for retries.
DEADLINE = timedelta(hours=47)


# What a row of the outbox does that says nothing to anybody: it brings a file.
FETCH = "fetch"


class Numbers:
    """Ever higher numbers for the order of the outbox; thread-safe."""

    def __init__(self, first: int) -> None:
        self._count: Iterator[int] = itertools.count(first)
        self._lock = threading.Lock()

    @classmethod
    def after(cls, database: Database) -> Numbers:
        """Go on after the highest number that still waits."""
        with database.read() as session:
            return cls((session.scalar(select(func.max(Outbox.n))) or 0) + 1)

    def next(self) -> int:
        """Return the next number."""
        with self._lock:
            return next(self._count)


def tag_of(key: lock.Key, chat: int) -> bytes:
    """Return what rows of *chat* are marked with under this key; tags of two keys cannot be compared."""
    return lock.tag(key, "chat", str(chat).encode())


def fixed_tag_of(key: lock.Key, chat: int) -> bytes:
    """Return what deletions of *chat* are marked with whose time no sweep puts off."""
    return lock.tag(key, "chat-fixed", str(chat).encode())


def tags_of(strongbox: Strongbox, chat: int) -> tuple[bytes, ...]:
    """Return the tags of *chat* under every spool key on file, the current one first."""
    return tuple(tag_of(key, chat) for key in _spools(strongbox))


def fixed_tags_of(strongbox: Strongbox, chat: int) -> tuple[bytes, ...]:
    """Return the tags of deletions with a time of their own, as :func:`tags_of`."""
    return tuple(fixed_tag_of(key, chat) for key in _spools(strongbox))


def outgoing(
    rows: Rows,
    key: lock.Key,
    payload: dict[str, Any],
    n: int,
    due: datetime,
    content: bytes | None = None,
    item: bytes | None = None,
) -> bytes:
    """Add one message to the outbox, with the *content* of its document, and return its id."""
    row = new_id()
    if content is not None:
        starts = range(0, max(len(content), 1), CHUNK_SIZE)
        payload = {**payload, "parts": len(starts)}
        for at, start in enumerate(starts):
            part = lock.lock(key, content[start : start + CHUNK_SIZE], named("outbox-part", row, at))
            rows.add(Chunk, owner=row, n=at, part=part)
    rows.add(
        Outbox,
        id=row,
        tag=tag_of(key, payload["chat"]),
        n=n,
        due=due,
        spool=key.number,
        locked=lock.lock(key, canonical.dumps(payload), named("outbox", row)),
        item=item,
    )
    return row


def fetching(rows: Rows, key: lock.Key, item: bytes, payload: dict[str, Any], n: int, due: datetime) -> bytes:
    """Add a file to be asked for again at *due*, for the note *item*; its lane is its own."""
    row = new_id()
    rows.add(
        Outbox,
        id=row,
        tag=lock.tag(key, "file", row),
        n=n,
        due=due,
        spool=key.number,
        locked=lock.lock(key, canonical.dumps({"do": FETCH, **payload}), named("outbox", row)),
        item=item,
    )
    return row


def open_outgoing(keys: dict[int, lock.Key], row: bytes, locked: bytes) -> dict[str, Any]:
    """
    Open the payload of an outbox row.

    Raises:
        CryptoError: its key is gone, or it is damaged.
    """
    return _open(keys, locked, named("outbox", row))


def relock_outgoing(keys: dict[int, lock.Key], row: Outbox, payload: dict[str, Any]) -> None:
    """Change what a row of the outbox says, under the key its document is locked with."""
    row.locked = lock.lock(_key(keys, row.locked), canonical.dumps(payload), named("outbox", row.id))


def reply_in(payload: dict[str, Any]) -> tuple[bytes | None, bytes | None]:
    """Return the reply whose words a message carries, and its letter where it was never shown before."""
    item, letter = payload.get("reply"), payload.get("letter")
    return item and bytes.fromhex(item), letter and bytes.fromhex(letter)


def open_parts(keys: dict[int, lock.Key], row: bytes, parts: Iterable[bytes]) -> bytes:
    """
    Open the content of a document.

    Raises:
        CryptoError: a part is damaged or its key is gone.
    """
    return b"".join(
        lock.unlock(_key(keys, part), part, named("outbox-part", row, at)) for at, part in enumerate(parts)
    )


def deletion(
    rows: Rows,
    key: lock.Key,
    chat: int,
    messages: Sequence[int],
    sent: datetime,
    due: datetime | None,
    *,
    keep: bool = False,
    fixed: bool = False,
    reply: str | None = None,
    door: int | None = None,
) -> None:
    """
    Have *messages* deleted at *due*, or when their chat is swept, or at the deadline of one *sent* then.

    With *keep* the deadline only forgets it: the tipster clears that chat by hand. With *fixed* a sweep of
    the chat leaves it alone unless the tipster asks for it. *reply* is the item whose words it carries,
    *door* the bot it stands with.
    """
    row = new_id()
    payload: dict[str, Any] = {"chat": chat, "door": door, "keep": keep, "messages": list(messages)}
    if reply is not None:
        payload["reply"] = reply
    rows.add(
        Deletion,
        id=row,
        tag=fixed_tag_of(key, chat) if fixed else tag_of(key, chat),
        due=due,
        deadline=sent + DEADLINE,
        spool=key.number,
        locked=lock.lock(key, canonical.dumps(payload), named("deletion", row)),
    )


def open_deletion(keys: dict[int, lock.Key], row: bytes, locked: bytes) -> dict[str, Any]:
    """
    Open the payload of a deletion row.

    Raises:
        CryptoError: its key is gone, or it is damaged.
    """
    return _open(keys, locked, named("deletion", row))


def keep(session: Session, strongbox: Strongbox, chat: int, *, keep: bool) -> None:
    """Change for all messages of *chat* what their deadline does, see :func:`deletion`."""
    keys, tags = strongbox.spools, tags_of(strongbox, chat)
    for row in session.scalars(select(Deletion).where(Deletion.tag.in_(tags))):
        payload = {**open_deletion(keys, row.id, row.locked), "keep": keep}
        key = _key(keys, row.locked)
        row.locked = lock.lock(key, canonical.dumps(payload), named("deletion", row.id))


def _spools(strongbox: Strongbox) -> list[lock.Key]:
    """Return every spool key on file, the current one first."""
    current = strongbox.spool
    return [current, *(key for number, key in strongbox.spools.items() if number != current.number)]


def _open(keys: dict[int, lock.Key], locked: bytes, where: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = canonical.loads(lock.unlock(_key(keys, locked), locked, where))
    return payload


def _key(keys: dict[int, lock.Key], locked: bytes) -> lock.Key:
    try:
        return keys[lock.number_of(locked)]
    except KeyError:
        raise NotForUsError from None
