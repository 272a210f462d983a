"""
The journal: what staff, hub and operator did, append-only.

Each row carries its act, random ids and the day, and is chained to the row before it by a hash. The actor
signs the head; the hub countersigns it together with the version of the roster it checked the signature
against, so a later revocation orphans nothing. The reason of an act is a sealed item that dies with its
case; here stands only a salted hash of it.

Holds no tipster's word. Does not hide who of the staff did what on which day: that is what it is for.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from casework import canonical, rosters
from casework.actors import HUB, OPERATOR, Actor
from casework.errors import CaseworkError
from casework.tables import House, JournalRow
from crypto import journal as chain
from crypto.errors import CryptoError
from crypto.roster import Anchor, Roster
from crypto.signature import SigningKey, verify

ACTS = frozenset(
    {
        "sign-in", "open-case", "open-card", "check-card", "unmask", "grant", "accept", "decline", "assign",
        "team-check", "note", "ask", "reply", "bulk-reply", "export", "close", "reopen", "merge", "split",
        "lend", "pass-up", "second", "spam", "brief", "give-back", "wait",
        "draft", "freeze", "verdict", "approve", "override", "lift", "embargo", "lift-embargo", "release",
        "publish", "discard",
        "take-down", "figures", "import", "sign-import", "erase", "enrol", "roster", "suspend",
        "lift-suspension", "duty", "tally", "hold", "let-go", "ask-card", "answer-card",
        "restored", "repin", "renew", "recover", "ring", "word", "mute", "unmute",
    }
)  # fmt: skip

# Acts that put another roster in force; only the shell does them.
ROSTER_ACTS = frozenset({"roster", "enrol", "repin"})

# In place of a roster's version: the hub looked at the row and did not take it.
REFUSED = 0
# Before so many rows that the hub all looked at, none is looked for that it did not.
SETTLED = 1000

_TAG = "subrosa/journal"
_COUNTER_TAG = "subrosa/journal-taken"


class BrokenJournalError(CaseworkError):
    """The journal was changed after it was written."""

    def __init__(self, n: int) -> None:
        super().__init__(f"row {n}")
        self.n = n


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act was done: the text to seal beside it, and the salted hash the journal keeps."""

    text: str = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def make(cls, text: str) -> Reason:
        """Salt *text* so that its hash tells nothing to whoever guesses it."""
        return cls(text, secrets.token_bytes(16))

    @property
    def digest(self) -> bytes:
        """Return the hash that stands in the journal."""
        return hashlib.sha256(self.salt + self.text.encode()).digest()

    def payload(self) -> dict[str, str]:
        """Return what is sealed beside the act."""
        return {"reason": self.text, "salt": self.salt.hex()}


def write(
    session: Session,
    act: str,
    *,
    by: Actor,
    day: date,
    case: bytes | None = None,
    subject: bytes | None = None,
    reason: Reason | None = None,
) -> JournalRow:
    """Append one row in the transaction of the act it records."""
    # One chain, one writer: on PostgreSQL the house's row is held until the commit; SQLite has one writer.
    # Whoever also locks cases or drafts does so before this, or two acts could wait for each other.
    session.scalar(select(House.id).with_for_update())
    newest = session.scalar(select(JournalRow).order_by(JournalRow.n.desc()).limit(1))
    row = sign(newest, act, by=by, day=day, case=case, subject=subject, reason=reason)
    session.add(row)
    session.flush()
    return row


def sign(
    newest: JournalRow | None,
    act: str,
    *,
    by: Actor,
    day: date,
    case: bytes | None = None,
    subject: bytes | None = None,
    reason: Reason | None = None,
) -> JournalRow:
    """Return the row that follows *newest*, signed by who acted; it is not in the journal yet."""
    if act not in ACTS:
        raise AssertionError(f"casework: internal error: no such act: {act}")
    row = JournalRow(
        n=1 if newest is None else newest.n + 1,
        act=act,
        actor=by.staff,
        number=by.number,
        day=day,
        case=case,
        subject=subject,
        reason=None if reason is None else reason.digest,
        previous=chain.GENESIS if newest is None else newest.head,
    )
    row.head = chain.head(row.previous, _entry(row))
    row.signature = by.signing.sign(_TAG, row.head)
    return row


def countersign(session: Session, hub: SigningKey, roster: Roster) -> int:
    """
    Take the rows not taken yet: check each signature against *roster* and countersign it.

    Returns how many were taken. A row that does not hold is marked as refused, once and for all, and
    :func:`verify_chain` names it. One by somebody revoked holds if it was written before the roster that
    revokes them.
    """
    waiting = _waiting(session)
    changed = _changed_at(waiting, roster)
    taken = 0
    for row in waiting:
        if not _stands(row, roster, changed):
            row.roster = REFUSED
            continue
        take(row, hub, roster)
        taken += 1
    return taken


def _waiting(session: Session) -> list[JournalRow]:
    """
    Return the rows not taken yet, from the end back to :data:`SETTLED` rows that all were looked at.

    A later row that looks taken says nothing of those before it: anybody who writes the database makes one.
    """
    end = session.scalar(select(func.max(JournalRow.n))) or 0
    found: list[JournalRow] = []
    while end > 0:
        near = JournalRow.n.between(end - SETTLED + 1, end)
        some = session.scalars(
            select(JournalRow).where(near, JournalRow.roster.is_(None)).order_by(JournalRow.n)
        ).all()
        if not some:
            break
        found = [*some, *found]
        end -= SETTLED
    return found


def take(row: JournalRow, hub: SigningKey, roster: Roster) -> None:
    """Countersign one row whose signature was checked against *roster*."""
    row.roster = roster.version
    row.countersignature = hub.sign(_COUNTER_TAG, _taken(row.head, roster.version))


def verify_chain(session: Session, anchor: Anchor) -> bytes:
    """
    Check every row, its signature and the hub's countersignature; return the head.

    Rows not yet countersigned are checked against the roster in force.

    Raises:
        BrokenJournalError: names the first row that does not hold.
        CryptoError: a roster is not signed by the root keys.
    """
    return verify_from(session, anchor, 0, chain.GENESIS)[1]


def verify_from(session: Session, anchor: Anchor, after: int, head: bytes) -> tuple[int, bytes]:
    """
    Check every row that follows row *after*, whose head was *head*; return the last row's number and head.

    Raises:
        BrokenJournalError, CryptoError: as :func:`verify_chain`.
    """
    known: dict[int, Roster] = {}
    in_force, n = rosters.version(session), after
    changed: int | None = None  # asked once, and only where there is a row not yet taken
    for row in _later(session, after):
        n += 1
        version = in_force if row.roster is None else row.roster
        if row.n != n or row.previous != head or version == REFUSED:
            raise BrokenJournalError(n)
        roster = known.get(version) or rosters.at_version(session, version, anchor)
        known[version] = roster
        if row.roster is None and changed is None:
            untaken = select(JournalRow).where(JournalRow.n >= n, JournalRow.roster.is_(None))
            changed = _changed_at(session.scalars(untaken).all(), roster)
        if not _stands(row, roster, changed or 0) or not was_taken(row, roster):
            raise BrokenJournalError(n)
        head = row.head
    return n, head


def _later(session: Session, after: int) -> Iterator[JournalRow]:
    """Go through the rows after row *after*, a thousand at a time: many years do not lie in memory whole."""
    later = select(JournalRow).order_by(JournalRow.n).limit(1000)
    while rows := session.scalars(later.where(JournalRow.n > after)).all():
        yield from rows
        after = rows[-1].n


def count(session: Session) -> int:
    """Return how many acts stand in the journal."""
    return session.scalar(select(func.count()).select_from(JournalRow)) or 0


def _stands(row: JournalRow, roster: Roster, changed: int) -> bool:
    """Tell whether somebody this roster lists signed a row, before row *changed* if it revokes them."""
    entry = roster.find(row.actor)
    if entry is not None and entry.revoked and row.roster is None and row.n > changed:
        return False
    return is_signed(row, roster)


def _changed_at(rows: Sequence[JournalRow], roster: Roster) -> int:
    """Return the last of *rows* in which the shell put a roster in force, 0 when there is none."""
    acts = (row for row in rows if row.act in ROSTER_ACTS and row.actor == OPERATOR)
    return max((row.n for row in acts if is_signed(row, roster)), default=0)


def _entry(row: JournalRow | Row[Any]) -> bytes:
    """Return the canonical bytes of what a row records."""
    return canonical.dumps(
        {
            "act": row.act,
            "actor": row.actor,
            "case": _hex(row.case),
            "day": row.day.isoformat(),
            "n": row.n,
            "number": row.number,
            "reason": _hex(row.reason),
            "subject": _hex(row.subject),
        }
    )


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def follows(row: JournalRow | Row[Any], n: int, head: bytes) -> bool:
    """Tell whether *row* is the one after row *n*, whose head was *head*. Does not say who wrote it."""
    if row.n != n + 1 or row.previous != head:
        return False
    return row.head == chain.head(row.previous, _entry(row))


def is_signed(row: JournalRow, roster: Roster) -> bool:
    """Tell whether the actor, by the key *roster* lists for them, signed exactly what this row says."""
    if len(row.previous) != len(chain.GENESIS) or row.head != chain.head(row.previous, _entry(row)):
        return False
    if row.actor in (HUB, OPERATOR):
        public = roster.hub_signing
    else:
        entry = roster.find(row.actor)
        if entry is None or entry.number != row.number:
            return False
        public = entry.signing
    try:
        verify(public, _TAG, row.head, row.signature)
    except CryptoError:
        return False
    return True


def was_taken(row: JournalRow, roster: Roster) -> bool:
    """Tell whether the hub's countersignature, if there is one, holds."""
    if row.roster is None:
        return True
    try:
        verify(roster.hub_signing, _COUNTER_TAG, _taken(row.head, row.roster), row.countersignature or b"")
    except CryptoError:
        return False
    return True


def _taken(head: bytes, version: int) -> bytes:
    return canonical.dumps({"head": head.hex(), "roster": version})
