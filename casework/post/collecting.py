"""The hub's side of the post: what waits for whoever holds a phrase or a handle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical, keys
from casework.post.writing import content_context
from casework.rows import Rows
from casework.tables import Chunk, Item, Letter, Mailbox
from crypto import context, sealed
from crypto.errors import CryptoError
from crypto.mailbox import Mailbox as Secret

SHOWN_AGAIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One letter, opened."""

    letter: bytes
    item: bytes
    kind: str  # text | file
    at: str
    n: int
    seq: int = 0
    text: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    mime: str = ""
    content: bytes | None = field(default=None, repr=False)
    shown: date | None = None
    copies: tuple[bytes, ...] = ()  # the same letter in another mailbox of the same chat
    word: str = ""  # of a text that may be public: the tag of its digest, to be answered
    hours: str = ""  # when to ring: whoever taps is to give a new courier address with these


@dataclass(frozen=True, slots=True)
class Collected:
    """What a mailbox held: the case it belongs to, and its letters in the order they were written."""

    case: bytes
    letters: tuple[Waiting, ...] = field(repr=False)
    damaged: int = 0
    kind: str = "button"  # phrase | chat | button | invitation
    expires: date | None = None

    @property
    def unseen(self) -> tuple[Waiting, ...]:
        """Return the letters never shown before."""
        return tuple(one for one in self.letters if one.shown is None)


def collect(session: Session, mailbox: Secret) -> Collected | None:
    """
    Open everything that waits in *mailbox*; None when there is no such mailbox.

    A letter that does not open is counted, never passed over in silence, and keeps no other from being read.

    Raises:
        CryptoError: the mailbox's own row was changed.
    """
    row = session.get(Mailbox, mailbox.id)
    if row is None:
        return None
    case = mailbox.open_route(row.route)
    letters, damaged = [], 0
    for letter in session.scalars(select(Letter).where(Letter.mailbox == mailbox.id)):
        try:
            letters.append(_open_letter(session, letter, mailbox))
        except (CryptoError, KeyError, TypeError, ValueError):
            damaged += 1
    letters.sort(key=lambda one: (one.at, one.seq, one.item, one.n))
    return Collected(case, tuple(letters), damaged, row.kind, row.expires)


def _open_letter(session: Session, letter: Letter, mailbox: Secret) -> Waiting:
    assert letter.sealed is not None
    where = context.letter(mailbox.id, letter.id)
    head = canonical.loads(sealed.open_sealed(letter.sealed, mailbox.identity, where))
    content = None
    if letter.chunks:
        inside = content_context(mailbox.id, letter.id)
        content = keys.open_chunks(session, letter.id, mailbox.identity, inside)
    return Waiting(
        letter=letter.id,
        item=bytes.fromhex(head["item"]),
        kind=head["kind"],
        at=head["at"],
        n=head["n"],
        seq=int(head.get("seq", 0)),
        text=head.get("text", ""),
        name=head.get("name", ""),
        mime=head.get("mime", ""),
        content=content,
        shown=letter.shown,
        word=str(head.get("word", "")),
        hours=str(head.get("hours", "")),
    )


def shown_rows(collected: Collected, today: date) -> Rows:
    """Return what to write once the unseen letters were put into the outbox."""
    rows = Rows()
    for one in collected.unseen:
        rows.change(Letter, {"id": one.letter}, shown=today)
    for item in dict.fromkeys(one.item for one in collected.unseen):
        rows.change(Item, {"id": item}, state="shown", why=None)
    return rows


def reap(session: Session, today: date) -> int:
    """Drop letters two weeks after they were first shown, and old invitations; return how many letters."""
    session.execute(delete(Mailbox).where(Mailbox.expires < today))
    over = list(session.scalars(select(Letter.id).where(Letter.shown < today - SHOWN_AGAIN)))
    session.execute(delete(Chunk).where(Chunk.owner.in_(over)))
    session.execute(delete(Letter).where(Letter.id.in_(over)))
    return len(over)
