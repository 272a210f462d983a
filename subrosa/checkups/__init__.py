"""What the doctor looks at, one file per organ. A checkup yields findings and raises nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from subrosa.settings import Settings


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what, how bad, one sentence, and what to do."""

    name: str
    level: Level
    text: str
    hint: str = ""


Checkup = Callable[[Settings, datetime], Iterator[Finding]]


def ok(name: str, text: str) -> Finding:
    """Say that all is well."""
    return Finding(name, Level.OK, text)


def warn(name: str, text: str, hint: str) -> Finding:
    """Say that something costs more than one may think."""
    return Finding(name, Level.WARN, text, hint)


def red(name: str, text: str, hint: str) -> Finding:
    """Say that somebody may come to harm, or nothing works."""
    return Finding(name, Level.RED, text, hint)
