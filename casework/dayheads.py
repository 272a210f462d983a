"""
Daily heads: what the journal's head was when a day ended, one signed line a day, kept off the database.

Whoever holds every key of hub and staff can write another journal whose chain holds. They cannot change a
line that somebody copied before: held against the journal, the lines say which day was rewritten or cut off.
A line tells the day, how many acts there were, and a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import canonical
from casework.errors import CaseworkError
from casework.tables import JournalRow
from crypto.errors import CryptoError
from crypto.journal import GENESIS
from crypto.signature import SigningKey, verify

_TAG = "subrosa/day-head"
_ONE = timedelta(days=1)


class NotADayHeadError(CaseworkError):
    """This is not a daily head that the hub of this house signed."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.what = f"line {line}"


class RewrittenError(CaseworkError):
    """The journal is not the one the hub signed when the day ended."""

    def __init__(self, after: DayHead | None, until: DayHead) -> None:
        first = 1 if after is None else after.n + 1
        days = f"{until.day}"
        if after is None:
            days = f"until {days}"
        elif until.day - after.day > _ONE:
            days = f"between {after.day + _ONE} and {days}"
        self.what = f"{days}, rows {first} to {until.n}"
        super().__init__(self.what)
        self.day = until.day


@dataclass(frozen=True, slots=True)
class DayHead:
    """The journal after the last row of a day."""

    day: date
    n: int
    head: bytes
    signature: bytes = field(repr=False)

    @classmethod
    def take(cls, session: Session, hub: SigningKey, now: datetime) -> DayHead:
        """Sign the head the journal has now as that of the day before *now*."""
        day = now.date() - _ONE
        newest = session.scalar(select(JournalRow).order_by(JournalRow.n.desc()).limit(1))
        n, head = (0, GENESIS) if newest is None else (newest.n, newest.head)
        return cls(day, n, head, hub.sign(_TAG, _claim(day, n, head)))

    @classmethod
    def read(cls, line: str) -> DayHead:
        """Read what :meth:`write` wrote; a ValueError says that it did not."""
        day, n, head, signature = line.split()
        found = cls(date.fromisoformat(day), int(n), bytes.fromhex(head), bytes.fromhex(signature))
        if found.write() != line:
            raise ValueError("not a daily head")
        return found

    def write(self) -> str:
        """Return its line."""
        return f"{self.day.isoformat()} {self.n} {self.head.hex()} {self.signature.hex()}"


def read_all(text: str, hub: bytes) -> list[DayHead]:
    """
    Read lines that the hub signed with the private half of *hub*, oldest day first.

    Raises:
        NotADayHeadError: names the first line that it did not.
    """
    heads = []
    for at, line in enumerate(text.splitlines(), 1):
        try:
            one = DayHead.read(line)
            verify(hub, _TAG, _claim(one.day, one.n, one.head), one.signature)
        except (CryptoError, ValueError):
            raise NotADayHeadError(at) from None
        heads.append(one)
    return sorted(heads, key=lambda one: (one.day, one.n))


def hold(session: Session, heads: Sequence[DayHead]) -> None:
    """
    Hold the journal, whose chain was verified, against *heads*, oldest first.

    Raises:
        RewrittenError: names the first day that is not as it was signed.
    """
    before = None
    for one in heads:
        row = session.get(JournalRow, one.n)
        if (GENESIS if one.n == 0 else row and row.head) != one.head:
            raise RewrittenError(before, one)
        before = one


def _claim(day: date, n: int, head: bytes) -> bytes:
    return canonical.dumps({"day": day.isoformat(), "head": head.hex(), "n": n})
