"""
What waits to be said to one chat: taken back when it is forgotten or rung no more, held while it blocks us.

What is held is tried again when the person comes back, and once more after two days; then it is given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import outcomes
from bot import rows as build
from bot.outcomes import Audience
from bot.send import BLOCKED
from casework.strongbox import Strongbox
from casework.tables import Chunk, Outbox
from crypto.errors import CryptoError

# Rows with an instant in them live no longer than this.
HELD = timedelta(hours=48)


def withdraw(session: Session, strongbox: Strongbox, chat: int) -> None:
    """Take back what still waits to be said to *chat*; replies among it go on waiting in their mailbox."""
    for row, payload in _waiting(session, strongbox, chat):
        item, letter = build.reply_in(payload)
        if row.item is not None or item is not None:
            outcomes.taken_back(session, row.item or item or b"", letter)
        _drop(session, row)


def silence(session: Session, strongbox: Strongbox, chat: int) -> None:
    """Take back every line that would ring at *chat*; what was asked for there still goes."""
    for row, _payload in _waiting(session, strongbox, chat):
        if row.item is not None:
            outcomes.taken_back(session, row.item, None)
            _drop(session, row)


def hold(session: Session, strongbox: Strongbox, chat: int, now: datetime, audience: Audience) -> None:
    """
    Put off what waits for *chat*, which has us blocked: every reply among it has failed until further notice.

    What was held before for its whole time is given up.
    """
    for row, payload in _waiting(session, strongbox, chat):
        item, letter = build.reply_in(payload)
        if row.item is not None:
            outcomes.unannounced(session, row.item, BLOCKED, audience, now)
        elif item is not None and letter is not None:
            outcomes.lost(session, item, letter, BLOCKED, audience, now)
        held = payload.get("held") or {"due": row.due.isoformat(), "until": (now + HELD).isoformat()}
        until = datetime.fromisoformat(held["until"])
        if until <= now:
            _drop(session, row)
            continue
        row.due = until
        build.relock_outgoing(strongbox.spools, row, payload | {"held": held})


def release(session: Session, strongbox: Strongbox, chat: int, now: datetime) -> None:
    """Let what was held for *chat* go out, each in its own time."""
    for row, payload in _waiting(session, strongbox, chat):
        if "held" in payload:
            row.due = max(now, datetime.fromisoformat(payload["held"]["due"]))


def is_over(payload: dict[str, Any], now: datetime) -> bool:
    """Tell whether a message has been held for its whole time."""
    return "held" in payload and datetime.fromisoformat(payload["held"]["until"]) <= now


def _waiting(session: Session, strongbox: Strongbox, chat: int) -> Iterator[tuple[Outbox, dict[str, Any]]]:
    """Return the rows of *chat* with what they say; what no key opens is given up by the outbox itself."""
    tags = build.tags_of(strongbox, chat)
    for row in session.scalars(select(Outbox).where(Outbox.tag.in_(tags)).order_by(Outbox.n)).all():
        try:
            yield row, build.open_outgoing(strongbox.spools, row.id, row.locked)
        except CryptoError:
            continue


def _drop(session: Session, row: Outbox) -> None:
    session.execute(delete(Chunk).where(Chunk.owner == row.id))
    session.delete(row)
