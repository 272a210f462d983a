"""
What becomes of a reply once it leaves the desk: announced, shown, gone from the chat again, or failed.

Written on its item, by the one table of its life. Of a failure the people responsible hear once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework import lives, notices
from casework.errors import WrongStateError
from casework.keys import ID_SIZE
from casework.tables import Case, Item, Letter

# From a team and an assignee to those who should hear.
Audience = Callable[[str, str | None], Iterable[str]]


def announced(session: Session, item: bytes) -> None:
    """Note that the chat was told that this reply waits."""
    _step(session, item, "push")


def shown(session: Session, item: bytes, letter: bytes | None, today: date) -> None:
    """Note that this reply stands in the chat; *letter* is named where it was shown for the first time."""
    _step(session, item, "show")
    if letter is not None:
        unseen = Letter.id.in_(_each(letter)), Letter.shown.is_(None)
        session.execute(update(Letter).where(*unseen).values(shown=today))


def gone(session: Session, item: bytes) -> None:
    """Note that nothing of this reply stands in the chat any more."""
    _step(session, item, "clear")


def unannounced(session: Session, item: bytes, why: str, audience: Audience, now: datetime) -> None:
    """Note that the chat could not be told, and tell those responsible; a reply shown meanwhile is none."""
    _fail(session, item, "fail", why, audience, now)


def lost(session: Session, item: bytes, letter: bytes, why: str, audience: Audience, now: datetime) -> None:
    """Note that a reply on its way into the chat never came there: it waits as if nobody had asked for it."""
    _wait_again(session, letter)
    _fail(session, item, "lose", why, audience, now)


def taken_back(session: Session, item: bytes, letter: bytes | None) -> None:
    """Note that a reply will not be said to this chat after all; it goes on waiting for phrase or handle."""
    if letter is not None:
        _wait_again(session, letter)
    _step(session, item, "recall")


def _wait_again(session: Session, letter: bytes) -> None:
    session.execute(update(Letter).where(Letter.id.in_(_each(letter))).values(shown=None))


def _each(letter: bytes) -> list[bytes]:
    """Return the id of a letter and those of its copies, which stand behind it."""
    return [letter[at : at + ID_SIZE] for at in range(0, len(letter), ID_SIZE)]


def _step(session: Session, item: bytes, act: str) -> Item | None:
    """Carry *item* one step further; None where it is gone or its life does not know that step."""
    row = session.get(Item, item)
    if row is None or row.state is None:
        return None
    try:
        row.state, row.why = lives.step(lives.REPLY, row.state, act), None
    except WrongStateError:
        return None
    return row


def _fail(session: Session, item: bytes, act: str, why: str, audience: Audience, now: datetime) -> None:
    row = _step(session, item, act)
    if row is None:
        return
    row.why = why
    case = session.get_one(Case, row.case)
    notices.tell(session, notices.FAILED, audience(case.team, case.assignee), case.id, now)
