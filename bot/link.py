"""
The thread of a conversation: a keyed tag of the chat, and the state locked beside it.

Under the link key, which a reboot takes, or under the remembered key where the tipster asked for that. A
chat has at most one row. Losing it loses the thread, never a word.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from bot import belated
from casework.rows import table_of
from casework.strongbox import Strongbox
from casework.tables import Link
from crypto import lock
from crypto.context import named
from crypto.errors import CryptoError
from intake import coaching
from intake import state as states
from intake.coaching import Belated
from intake.state import State

LINK_LASTS = timedelta(days=14)  # the link key's own life is a week or two
REMEMBERED_LASTS = timedelta(days=30)

# Made once: this is asked and said for every single message.
_TABLE = table_of(Link)
_OF_CHAT = _TABLE.c.tag.in_(bindparam("tags", expanding=True))
_FIND = select(_TABLE.c.tag, _TABLE.c.locked).where(_OF_CHAT).order_by(_TABLE.c.expires.desc())
_FORGET = delete(_TABLE).where(_OF_CHAT)
_NOTE = insert(_TABLE)


def read(session: Session, strongbox: Strongbox, chat: int) -> State | None:
    """Return where the conversation with *chat* stands, or None when it is new or forgotten."""
    keys = {_tag(key, chat): key for key in _keys(strongbox)}
    late = {belated.tag_of(key, chat): key for key in _keys(strongbox)}
    came: list[Belated] = []
    known: State | None = None
    for tag, locked in session.execute(_FIND, {"tags": [*keys, *late]}):
        if tag in late:
            came += belated.read(late[tag], tag, locked)
            continue
        try:
            known = known or states.loads(lock.unlock(keys[tag], locked, named("link", tag)))
        except CryptoError:
            continue
    return None if known is None else coaching.hear_late(known, came)


def put(session: Session, strongbox: Strongbox, chat: int, state: State | None, today: date) -> None:
    """Make *state* the one thing known about *chat*; None forgets it."""
    keys = _keys(strongbox)
    late = [belated.tag_of(key, chat) for key in keys] if state is None else []
    session.execute(_FORGET, {"tags": [*(_tag(key, chat) for key in keys), *late]})
    if state is None:
        return
    key = strongbox.remembered if state.remember else strongbox.link
    tag = _tag(key, chat)
    session.execute(
        _NOTE,
        {
            "tag": tag,
            "key": key.number,
            "locked": lock.lock(key, states.dumps(state), named("link", tag)),
            "expires": today + (REMEMBERED_LASTS if state.remember else LINK_LASTS),
        },
    )


def reap(session: Session, today: date) -> None:
    """Drop links whose time is over."""
    session.execute(delete(Link).where(Link.expires < today))


def _keys(strongbox: Strongbox) -> list[lock.Key]:
    remembered = strongbox.families["remembered"].keys.values()
    return [*strongbox.links.values(), *(lock.Key(key.number, key.secret) for key in remembered)]


def _tag(key: lock.Key, chat: int) -> bytes:
    return lock.tag(key, "link", str(chat).encode())
