"""
Everything a worker may know when it answers one update: the house as it is now, and the case at hand.

Read by whoever owns a database session, before the work begins; the work itself has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from casework.rosters import Staffing
from crypto.lock import Key
from crypto.mailbox import Mailbox
from crypto.xwing import Recipient
from intake.cases import CaseFacts, Letter


@dataclass(frozen=True, repr=False)
class House:
    """What is the same for every chat; good for some seconds, so it may be read once for many updates."""

    staffing: Staffing
    loads: Mapping[str, int]  # staff id -> open cases
    epoch: Key
    spools: Mapping[int, Key]
    spool: Key
    courier: tuple[int, Recipient]
    look_again: datetime | None = None  # when somebody will next look, if nobody is on duty now

    def __repr__(self) -> str:
        return "<House>"


@dataclass(frozen=True, repr=False)
class Match:
    """Where a mailbox led: the case, and its letters (those not yet shown, and those shown lately)."""

    case: CaseFacts
    letters: tuple[Letter, ...]
    rows: object = None  # casework.rows.Rows that mark the waiting letters as shown

    def __repr__(self) -> str:
        return "<Match>"


LookUp = Callable[[Mailbox], Match | None]


def nothing(_mailbox: Mailbox) -> Match | None:
    """Find no mailbox."""
    return None


@dataclass(frozen=True, repr=False)
class Snapshot:
    """The house, this chat and its case."""

    house: House
    chat: int
    tag: bytes
    case: CaseFacts | None = None  # of State.case; none when there is no such case (any more)
    language_code: str | None = None
    look_up: LookUp = field(default=nothing)

    def __repr__(self) -> str:
        return "<Snapshot>"
