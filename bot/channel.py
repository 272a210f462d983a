"""
The public channel: what should stand there is a row first, committed with the act it follows from.

* A row goes ``wanted`` → ``placed`` → ``shown``, and from anywhere to ``leaving`` → ``gone``. What is gone
  never comes back, like the entry itself.
* A post is placed with a link and no word of the entry; its words come by an edit, once its number is kept.
  So a crash in between may leave a second link behind, and never words that nobody could take back.
* What leaves is deleted, or where Telegram does not allow that, overwritten. It goes before anything else,
  and is tried until it is done.
* Everything here is public: ids, digests and numbers of posts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channel_calls import FixedPostError, MissingError
from bot.errors import ChannelError
from bot.send import GivenUpError, LaterError, PausedError
from casework.database import Database
from casework.tables import ChannelPost

log = logging.getLogger(__name__)

# Posts dealt with in one go: those that leave, and others, of which Telegram takes about twenty a minute.
LEAVING_AT_ONCE, OTHERS_AT_ONCE = 50, 1
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)


class Calls(Protocol):
    """The three calls a channel needs; each raises what :mod:`bot.send` raises, or MissingError."""

    def post(self, text: str) -> int:
        """Put a new post and return its number."""

    def edit(self, message: int, text: str) -> None:
        """Give a post other words."""

    def delete(self, message: int) -> None:
        """Take a post away; raises FixedPostError where Telegram does not allow it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What to say: a link alone, an entry while it is public, and what stands in place of one that was."""

    link: Callable[[str], str]
    whole: Callable[[str], str | None]
    gone: str


def announce(session: Session, public_id: str, now: datetime) -> None:
    """Want a new entry shown as it now is. What left stays away."""
    if session.get(ChannelPost, public_id) is None:
        session.add(ChannelPost(public_id=public_id, state="wanted", due=now, tries=0))
    else:
        renew(session, public_id, now)


def renew(session: Session, public_id: str, now: datetime) -> None:
    """Want the post of an entry to say what the entry now says; one that was never posted is not news."""
    row = session.get(ChannelPost, public_id)
    if row is not None and row.state in ("placed", "shown", "failed"):
        row.state, row.due, row.tries = "placed", now, 0


def withdraw(session: Session, public_id: str, now: datetime) -> None:
    """Want an entry out of the channel, if it ever was on its way there."""
    row = session.get(ChannelPost, public_id)
    if row is not None and row.state != "gone":
        row.state, row.due, row.tries = "leaving", now, 0


def tend(database: Database, calls: Calls, say: Wording, now: datetime) -> None:
    """
    Bring the channel up to the rows that are due, those that leave first.

    Raises:
        ChannelError: Telegram refuses token, channel or post. What is due is tried again later, but for words
            it will never take.
    """
    stuck = 0
    for public_id in _due(database, now):
        try:
            _step(database, calls, say, public_id)
        except PausedError as pause:
            _put_off_all(database, now, now + timedelta(seconds=pause.wait))
            if pause.code != "slowed":
                raise ChannelError from None
            return
        except LaterError:
            _put_off(database, public_id, now)
        except (FixedPostError, GivenUpError) as error:
            log.error("channel.refused %s", type(error).__name__)  # noqa: TRY400 - a class name only
            _note(database, public_id, from_states=("wanted", "placed"), state="failed", due=None)
            _put_off(database, public_id, now)
            stuck += 1
    if stuck:
        raise ChannelError


def _due(database: Database, now: datetime) -> list[str]:
    """Name the rows to look at now."""
    due = select(ChannelPost.public_id).where(ChannelPost.due <= now).order_by(ChannelPost.due)
    with database.read() as session:
        leaving = session.scalars(due.where(ChannelPost.state == "leaving").limit(LEAVING_AT_ONCE)).all()
        others = session.scalars(due.where(ChannelPost.state != "leaving").limit(OTHERS_AT_ONCE)).all()
    return [*leaving, *others]


def _step(database: Database, calls: Calls, say: Wording, public_id: str) -> None:
    with database.read() as session:
        row = session.get(ChannelPost, public_id)
    if row is None:
        return
    if row.state == "leaving":
        _take_away(database, calls, say, row)
    elif row.state in ("wanted", "placed"):
        _show(database, calls, say, row)


def _show(database: Database, calls: Calls, say: Wording, row: ChannelPost) -> None:
    """Place a post if there is none, and give it the words the entry has now."""
    whole = say.whole(row.public_id)
    if whole is None:
        # It was taken down meanwhile; the order that says so is about to arrive here too.
        raise LaterError
    message = row.message
    if message is None:
        message = calls.post(say.link(row.public_id))
        # The number is kept whatever the row wants by now: what must leave needs it most.
        _note(database, row.public_id, message=message)
    _note(database, row.public_id, from_states=("wanted",), state="placed")
    if not _is_still(database, row.public_id, "placed"):
        return
    try:
        calls.edit(message, whole)
    except MissingError:
        # Somebody with rights in the channel removed it; that is not ours to undo.
        _note(database, row.public_id, from_states=("placed",), state="gone", due=None)
        return
    digest = hashlib.sha256(whole.encode()).digest()
    _note(database, row.public_id, from_states=("placed",), state="shown", digest=digest, due=None, tries=0)


def _take_away(database: Database, calls: Calls, say: Wording, row: ChannelPost) -> None:
    """Delete a post, or overwrite it where it cannot be deleted any more."""
    if row.message is not None:
        try:
            calls.delete(row.message)
        except MissingError:
            pass
        except FixedPostError:
            _overwrite(calls, say, row.message)
    _note(database, row.public_id, state="gone", digest=None, due=None, tries=0)


def _overwrite(calls: Calls, say: Wording, message: int) -> None:
    try:
        calls.edit(message, say.gone)
    except MissingError:
        return


def _is_still(database: Database, public_id: str, state: str) -> bool:
    """Look again: an order to take it down may have come while the call was under way."""
    with database.read() as session:
        row = session.get(ChannelPost, public_id)
        return row is not None and row.state == state


def _note(database: Database, public_id: str, from_states: tuple[str, ...] = (), **values: Any) -> None:
    """Write what became of a row, unless it has meanwhile left *from_states*."""
    found = update(ChannelPost).where(ChannelPost.public_id == public_id)
    if from_states:
        found = found.where(ChannelPost.state.in_(from_states))
    with database.write() as session:
        session.execute(found.values(**values))


def _put_off(database: Database, public_id: str, now: datetime) -> None:
    """Try a row again, a little later each time."""
    with database.write() as session:
        row = session.get(ChannelPost, public_id)
        if row is not None and row.due is not None:
            row.due = now + min(FIRST_PAUSE * 2 ** min(row.tries, 10), LONGEST_PAUSE)
            row.tries += 1


def _put_off_all(database: Database, now: datetime, until: datetime) -> None:
    """Try nothing before *until*."""
    with database.write() as session:
        session.execute(update(ChannelPost).where(ChannelPost.due <= now).values(due=until))
