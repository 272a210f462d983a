"""
One answer to many: sealed when confirmed, sent a minute later, taken back until then.

Rules:

* Every answer was sealed before the minute began; while it runs only sealed rows wait here, in memory.
* The words stand meanwhile as unsent in each case. If this process dies within the minute, nothing was sent,
  each case still waits in its lawyer's list and shows what was about to go.
* A case that changed within the minute, or whose tipster wrote, is left out and named. So is every case of
  somebody who is no longer living staff when the minute is over.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from casework.permits import Acting
from casework.post import Written

# So long the whole batch can be taken back.
UNDO = timedelta(minutes=1)
# More than thirty answers nobody reads before sending them.
LIMIT = 30
# What a person hears of batches that went out while they were elsewhere.
KEPT = 20


@dataclass(frozen=True)
class One:
    """One sealed answer of a batch, and what its case was like when it was confirmed."""

    case: bytes
    version: int
    heard: int
    written: Written = field(repr=False)


@dataclass
class Batch:
    """Answers that go out together."""

    acting: Acting = field(repr=False)
    due: datetime
    answers: Sequence[One] = field(repr=False)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    sent: int = 0
    left_out: list[bytes] = field(default_factory=list)

    @property
    def staff(self) -> str:
        """Return who confirmed it."""
        return self.acting.staff


class Batches:
    """Every batch of this process that waits for its minute, and the last ones that went out."""

    def __init__(self) -> None:
        self._waiting: dict[str, Batch] = {}
        self._over: list[Batch] = []
        self._lock = threading.Lock()

    def put(self, batch: Batch) -> None:
        """Let *batch* go out when its minute is over."""
        with self._lock:
            self._waiting[batch.id] = batch

    def take_back(self, name: str, staff: str, now: datetime) -> Batch | None:
        """Return the batch *name* of *staff*, which will not go out; none when it is too late."""
        with self._lock:
            batch = self._waiting.get(name)
            if batch is None or batch.staff != staff or batch.due <= now:
                return None
            return self._waiting.pop(name)

    def of(self, staff: str) -> list[Batch]:
        """Return what of *staff* waits, the soonest first."""
        with self._lock:
            return sorted((one for one in self._waiting.values() if one.staff == staff), key=lambda b: b.due)

    def over(self, staff: str) -> list[Batch]:
        """Return what of *staff* went out and they were not told of yet; tells it once."""
        with self._lock:
            found = [one for one in self._over if one.staff == staff]
            self._over = [one for one in self._over if one.staff != staff]
            return found

    def due(self, now: datetime) -> list[Batch]:
        """Return the batches whose minute is over; each is given to one caller only."""
        with self._lock:
            ready = [one for one in self._waiting.values() if one.due <= now]
            for one in ready:
                del self._waiting[one.id]
            return ready

    def note(self, batch: Batch) -> None:
        """Keep what became of a batch until its author looks."""
        with self._lock:
            self._over = [*self._over, batch][-KEPT:]
