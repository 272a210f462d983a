"""
Turn what happened in a chat into rows to write and replies to send.

A worker calls :func:`handle` with the event, the state of the conversation and a snapshot. It gets back an
:class:`Outcome`; the writer commits its rows together with the state and the outbox, and only then does
anything reach the chat. No database here; sealing needs no secret of staff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from casework.rows import Rows
from intake.events import Event
from intake.replies import Reply
from intake.snapshot import Snapshot
from intake.state import State

Random = Callable[[int], bytes]


@dataclass(repr=False)
class Outcome:
    """What one event led to."""

    state: State | None  # none: forget this chat
    language: str
    rows: Rows = field(default_factory=Rows)
    replies: tuple[Reply, ...] = ()
    mailboxes: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    erase: bytes | None = None
    delete_incoming: bool = False

    def __repr__(self) -> str:
        return f"<Outcome {len(self.replies)} replies>"


def handle(event: Event, state: State | None, snapshot: Snapshot, now: datetime, random: Random) -> Outcome:
    """Answer one event."""
    raise NotImplementedError
