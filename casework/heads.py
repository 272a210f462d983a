"""
The journal's heads as somebody saw them, and whether the journal still goes on from there.

The chain shows every change before a head one holds, not that its end was cut off or exchanged. So every
desk keeps the heads it saw, newest last, and demands that what lies in the database continues them:

* *goes on*: the newest head it saw still stands in its place, and every row after it holds.
* *restored*: the journal goes on from an older head it saw, and a row says, signed by the hub, that the house
  was restored from a copy after that. A person looks at this, and then it is accepted.
* *fork*: neither. Somebody cut the journal off or wrote another one, and nobody should go on as if nothing
  had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import journal, rosters
from casework.actors import OPERATOR
from casework.journal import BrokenJournalError
from casework.tables import JournalRow
from crypto.journal import GENESIS
from crypto.roster import Anchor

# As many as are kept: of each doubling of age a few, so that also an old copy is met by a head before it.
KEPT = 64

State = Literal["goes on", "restored", "fork"]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of the journal after its row *n*."""

    n: int
    head: bytes
    is_restore: bool = False  # of a row that says "restored", and that a person has looked at

    @classmethod
    def read(cls, line: str) -> Head:
        """Read what :meth:`write` wrote; a ValueError says that it did not."""
        n, head, *mark = line.split()
        found = cls(int(n), bytes.fromhex(head), bool(mark))
        if found.n < 1 or len(found.head) != len(GENESIS) or found.write() != line:
            raise ValueError("not a head")
        return found

    def write(self) -> str:
        """Return the one line it is kept as."""
        return f"{self.n} {self.head.hex()}" + (" restored" if self.is_restore else "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the journal since it was seen last."""

    state: State
    row: int  # the first that is not what was seen; 0 when it goes on
    lost: int  # rows that were seen and are gone, at most
    newest: Head | None
    restore: Head | None = (
        None  # the row that excuses it, once: after a person looked it excuses nothing more
    )


def judge(session: Session, anchor: Anchor, seen: Sequence[Head]) -> Judgement:
    """
    Hold the journal against the heads in *seen*, oldest first; verifies only what came after them.

    Raises:
        CryptoError: a roster is not signed by the root keys.
    """
    standing = next((head for head in reversed(seen) if _stands(session, head)), None)
    last, n, head = (seen[-1].n if seen else 0), 0, GENESIS
    if standing is not None:
        n, head = standing.n, standing.head
    try:
        newest_n, newest = journal.verify_from(session, anchor, n, head)
    except BrokenJournalError as error:
        return Judgement("fork", error.n, 0, None)
    found = Head(newest_n, newest) if newest_n else None
    if standing == (seen[-1] if seen else None):
        return Judgement("goes on", 0, 0, found)
    restore = _restore(session, anchor, n, last)
    state: State = "fork" if restore is None else "restored"
    return Judgement(state, n + 1, last - n, found, restore)


def keep(seen: Sequence[Head], newest: Head) -> list[Head]:
    """Return *seen* with *newest*; the older the heads, the fewer of them."""
    heads = [*(head for head in seen if head.n < newest.n), newest]
    while len(heads) > KEPT:
        # Drop the one that leaves the smallest hole for its age; the first, the newest and restores stay.
        gaps = [
            ((heads[at + 1].n - heads[at - 1].n) / (newest.n - heads[at].n), at)
            for at in range(1, len(heads) - 1)
            if not heads[at].is_restore
        ]
        if not gaps:
            break
        del heads[min(gaps)[1]]
    return heads


def _stands(session: Session, seen: Head) -> bool:
    return session.scalar(select(JournalRow.head).where(JournalRow.n == seen.n)) == seen.head


def _restore(session: Session, anchor: Anchor, after: int, until: int) -> Head | None:
    """Return the row, among those nobody saw here, in which the hub says that the house was restored."""
    roster = rosters.current(session, anchor)
    rows = session.scalars(
        select(JournalRow)
        .where(
            JournalRow.act == "restored",
            JournalRow.actor == OPERATOR,
            JournalRow.n > after,
            JournalRow.n <= until,
        )
        .order_by(JournalRow.n.desc())
    )
    return next((Head(row.n, row.head, True) for row in rows if journal.is_signed(row, roster)), None)
