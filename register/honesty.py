"""
What the register says of its own work: how long people wait, what the gate lets through.

Both come from outside as small files: monthly figures that a coordinator tallied at the desk, and the rate
measured on a test set. What is absent is said to be absent. Small numbers are rounded before they are shown.
"""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from register.errors import MalformedHonestyError

_GATE = Path(__file__).parent / "data" / "gate.json"
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")
# 97.5 % of a normal distribution lies below this many standard deviations.
_Z = 1.959964


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One month at the desk: hours to a first answer, half of them shorter, and how many wait at its end."""

    month: str
    median_hours: int
    waiting: int

    def __post_init__(self) -> None:
        if not _MONTH.fullmatch(self.month) or self.median_hours < 0 or self.waiting < 0:
            raise ValueError("not a month's figures")


class GateRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of so many documents of the test set that should have been stopped, so many got through."""

    day: date
    documents: int
    leaked: int

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


T = TypeVar("T", Answers, GateRate)


class Honesty(msgspec.Struct, frozen=True):
    """What is known; ``None`` where nothing is."""

    answers: Answers | None = None
    gate: GateRate | None = None


def read(answers: Path | None = None, gate: Path = _GATE) -> Honesty:
    """
    Read the two files; one that is not there is not known.

    Raises:
        MalformedHonestyError: a file is there and does not say what it should.
    """
    return Honesty(
        answers=_read(answers, Answers) if answers else None,
        gate=_read(gate, GateRate),
    )


def rounded(waiting: int) -> int:
    """Round how many wait, so that nobody can watch one person come or go; 0 stands for fewer than five."""
    step = 5 if waiting < 50 else 10
    return 0 if waiting < 5 else step * max(1, (waiting + step // 2) // step)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError):
        raise MalformedHonestyError(path.name) from None
