"""
One update being worked: the rows so far, and the keys of the case they are sealed to.

A case is reached in one of three ways: begun by this very update, still being written, or filed. Whoever
seals asks :meth:`Work.key` and does not care which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from casework import keys
from casework.keys import NewKey, PublicKey
from casework.rows import Rows
from casework.spill import Spill
from casework.tables import Case
from crypto.xwing import Identity
from intake import writing as writings
from intake.cases import Began
from intake.snapshot import House, ReadCase, nobody
from intake.state import State
from intake.writing import Writing

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A file that is still to come: the note that stands for it, and what its head says besides words."""

    item: bytes
    head: dict[str, Any]


@dataclass(repr=False)
class Work:
    """What one update changes."""

    house: House
    chat: int
    now: datetime
    random: Random
    state: State  # as it is after this update, or as it was when the update forgets it
    read_other: ReadCase = nobody  # of a case that whoever writes was invited into
    case: bytes | None = None
    began: Began | None = None  # the case its tipster began, when it was merged into *case*
    team: str | None = None
    parties: tuple[str, ...] = ()  # who answers for the case, as signed
    writing: Writing | None = None
    begun: bool = False
    filed: bool = False
    keys: dict[str, PublicKey] = field(default_factory=dict)
    next_generation: dict[str, int] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)
    mailboxes: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    phrases: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    erase: bytes | None = None
    awaited: list[Awaited] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Work {self.rows!r}>"

    @property
    def at(self) -> str:
        """Return the minute this was taken in, as sealed payloads carry it."""
        return self.now.replace(second=0, microsecond=0).isoformat()

    def key(self, compartment: str) -> PublicKey:
        """Return the key to seal to; where none may be sealed to, make and grant a new one."""
        if compartment not in self.keys:
            assert self.case is not None
            self.keys[compartment] = self._make(self.case, compartment, self.next_generation[compartment])
        return self.keys[compartment]

    def _make(self, owner: bytes, compartment: str, generation: int) -> PublicKey:
        assert self.team is not None
        made = keys.make(owner, compartment, generation)
        keys.add_key(self.rows, made, "hub", hub=self.house.signing)
        holders = self.house.staffing.next_holders(self.team, compartment, self.parties)
        keys.add_grants(self.rows, made, holders, self.house.epoch)
        return keys.public(made)

    @property
    def own(self) -> bytes:
        """Return the case its tipster began, in which everything lies that leads to them alone."""
        assert self.case is not None
        return self.case if self.began is None else self.began.id

    def own_key(self) -> PublicKey:
        """Return the key of the content of that case, as :meth:`key`."""
        if self.began is None:
            return self.key(keys.CONTENT)
        if self.began.content is None:
            made = self._make(self.began.id, keys.CONTENT, self.began.next_content)
            self.began = replace(self.began, content=made)
        assert self.began.content is not None
        return self.began.content

    def seal_own(self, kind: str, payload: dict[str, Any]) -> bytes:
        """Seal what leads to this tipster alone, by the hub's hand, and return its id."""
        return keys.seal_item(
            self.rows,
            self.own_key(),
            kind=kind,
            author="hub",
            payload=payload,
            day=self.now.date(),
            signing=self.house.signing,
        )

    def seal(self, compartment: str, kind: str, author: str, payload: dict[str, Any]) -> bytes:
        """Seal one item of the case and return its id."""
        return keys.seal_item(
            self.rows,
            self.key(compartment),
            kind=kind,
            author=author,
            payload=payload,
            day=self.now.date(),
            signing=self.house.signing,
        )

    def seal_file(self, compartment: str, author: str, head: dict[str, Any], content: bytes | Spill) -> bytes:
        """Seal one file of the case and return its id."""
        return keys.seal_file(
            self.rows,
            self.key(compartment),
            kind="file",
            author=author,
            head=head,
            content=content,
            day=self.now.date(),
            signing=self.house.signing,
        )

    def seed(self, compartment: str) -> NewKey:
        """Return generation 0 of a case still being written, seed and all."""
        assert self.case is not None
        assert self.writing is not None
        seed = bytes.fromhex(self.writing.content if compartment == keys.CONTENT else self.writing.identity)
        return NewKey(self.case, compartment, 0, Identity.from_seed(seed))

    def change_case(self, **values: Any) -> None:
        """Change clear columns of the case."""
        self.rows.change(Case, {"id": self.case}, **values)

    def note_answers(self) -> None:
        """Keep the answers of the state with a case that is still being written."""
        if self.case is None or self.writing is None:
            return
        state, before = self.state, self.writing
        self.writing = replace(
            before,
            language=state.language,
            kind=state.kind,
            urgency=state.urgency,
            reach=state.reach,
            hours=state.hours,
            clearing=state.clearing,
            wrote_before=state.wrote_before,
            seems=state.seems,
        )
        if self.writing == before and not self.begun:
            writings.touch(self.rows, self.case, self.now)
        else:
            writings.change(self.rows, self.case, self.writing, self.house.spool, self.now)
