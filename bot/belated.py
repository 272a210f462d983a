"""
What a file that came hours late gave away: it lies beside the thread of its chat until that chat is heard.

The row that asks for such a file does not say whose it is. It holds a tag, which only the link key makes of a
chat; what the file turned out to give away is left there, under the same key, as long as a thread lasts.
Reading it changes nothing, so nothing is lost to a message that was in work meanwhile: the thread remembers
what it has heard of.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from casework import canonical
from casework.strongbox import Strongbox
from casework.tables import Link
from crypto import lock
from crypto.context import named
from crypto.errors import CryptoError
from intake.coaching import REMEMBERED, Belated

LASTS = timedelta(days=14)


def tag_of(key: lock.Key, chat: int) -> bytes:
    """Return where what came late for *chat* lies under *key*."""
    return lock.tag(key, "belated", str(chat).encode())


def place_of(strongbox: Strongbox, chat: int, *, remember: bool) -> dict[str, Any]:
    """Return what a row that asks for a file holds of its chat: a tag and the key it was made with."""
    key = strongbox.remembered if remember else strongbox.link
    return {"remember": remember, "key": key.number, "tag": tag_of(key, chat).hex()}


def leave(session: Session, strongbox: Strongbox, place: dict[str, Any], came: Belated, today: date) -> None:
    """Leave at *place* what *came*; where its key is gone, so is the thread, and nobody can be told."""
    keys = _remembered(strongbox) if place["remember"] else strongbox.links
    key, tag = keys.get(place["key"]), bytes.fromhex(place["tag"])
    if key is None:
        return
    row = session.execute(select(Link.locked).where(Link.tag == tag)).scalar_one_or_none()
    left = [] if row is None else read(key, tag, row)
    kept = [one.payload() for one in (*left, came)][-REMEMBERED:]
    locked = lock.lock(key, canonical.dumps({"belated": kept}), named("link", tag))
    session.execute(delete(Link).where(Link.tag == tag))
    values = {"tag": tag, "key": key.number, "locked": locked, "expires": today + LASTS}
    session.execute(insert(Link).values(**values))


def read(key: lock.Key, tag: bytes, locked: bytes) -> list[Belated]:
    """Open what was left at *tag*; nothing where it is damaged."""
    try:
        found = canonical.loads(lock.unlock(key, locked, named("link", tag)))
    except CryptoError:
        return []
    return [Belated.read(one) for one in found["belated"]]


def _remembered(strongbox: Strongbox) -> dict[int, lock.Key]:
    kept = strongbox.families["remembered"].keys.values()
    return {key.number: lock.Key(key.number, key.secret) for key in kept}
