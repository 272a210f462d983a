"""
What the register says of its own work: how long people wait, what the gate lets through.

Monthly figures come from a coordinator's desk, rounded there already; the rate measured on a test set comes
with the program. What is absent is said to be absent.
"""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import msgspec

from register.errors import MalformedHonestyError

_GATE = Path(__file__).parent / "data" / "gate.json"
# 97.5 % of a normal distribution lies below this many standard deviations.
_Z = 1.959964


class Answers(msgspec.Struct, frozen=True):
    """
    One month at the desk: hours to a first answer, half of them shorter, and how many waited at its end.

    Both rounded; 0 who waited are fewer than five.
    """

    month: str  # YYYY-MM
    hours: int
    waiting: int


class GateRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    Of so many documents of the test set that should have been stopped, so many got through.

    ``unseen`` is the same of documents that were judged once, before any rule had been mended on them.
    """

    day: date
    documents: int
    leaked: int
    unseen: GateRate | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.leaked <= self.documents or self.documents == 0:
            raise ValueError("not a rate")

    @property
    def interval(self) -> tuple[float, float]:
        """The share that is to be expected elsewhere: Wilson's interval, 95 %."""
        n, share = self.documents, self.leaked / self.documents
        middle = share + _Z**2 / (2 * n)
        wide = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        low, high = (middle - wide) / (1 + _Z**2 / n), (middle + wide) / (1 + _Z**2 / n)
        return max(0.0, low), min(1.0, high)


class Honesty(msgspec.Struct, frozen=True):
    """What is known; ``None`` where nothing is."""

    answers: Answers | None = None
    gate: GateRate | None = None


def measured(gate: Path = _GATE) -> GateRate | None:
    """
    Read the rate that came with the program; ``None`` where it was not measured.

    Raises:
        MalformedHonestyError: a file is there and does not say what it should.
    """
    try:
        return msgspec.json.decode(gate.read_bytes(), type=GateRate)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError):
        raise MalformedHonestyError(gate.name) from None
