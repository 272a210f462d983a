"""
Long lists and long conversations, as much of them as one page may carry.

A page stays below a hundred kilobytes, in a house of thousands of cases too: it has to come through the line
of a lawyer on a train. What does not stand on it is one link away, and how much that is stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from markupsafe import escape

from desk.reading import Said
from desk.visit import Visit

# Bytes of a conversation on one page, and what the marks around each thing said take of them.
ROOM, MARKS = 48_000, 600

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """As much of a list as stands on one page of *path*; *name* is what it is called in addresses."""

    path: str
    name: str
    at: int
    size: int
    lines: Sequence[T] = field(repr=False)
    total: int

    @property
    def earlier(self) -> str:
        """The address of the lines before these; empty where there are none."""
        return f"{self.path}?{self.name}={max(0, self.at - self.size)}" if self.at else ""

    @property
    def later(self) -> str:
        """The address of the lines after these; empty where there are none."""
        after = self.at + self.size
        return f"{self.path}?{self.name}={after}" if after < self.total else ""

    @property
    def place(self) -> str:
        """Say which of them these are."""
        return f"{self.at + 1}–{self.at + len(self.lines)} / {self.total}"


def part(visit: Visit, path: str, name: str, lines: Sequence[T], size: int) -> Part[T]:
    """Return the page of *lines* that the address asks for; the first where it asks for none."""
    at = start(visit, name, len(lines))
    return Part(path, name, at, size, lines[at : at + size], len(lines))


def start(visit: Visit, name: str, total: int) -> int:
    """Return with which line of *total* the page begins that the address asks for."""
    at = _number(visit.query.get(name, ""))
    return at if at < total else 0


def where(visit: Visit, path: str, name: str) -> str:
    """Return the page of a list on which the form stood that was sent."""
    at = _number(visit.form.get("at"))
    return f"{path}?{name}={at}#{name}" if at else path


@dataclass(frozen=True)
class Stretch:
    """As much of a conversation as stands on one page: what was said from *at* to before *end*."""

    said: Sequence[Said] = field(repr=False)
    at: int
    end: int
    total: int


def stretch(talk: Sequence[Said], until: str = "", room: int = ROOM) -> Stretch:
    """Return the last of what was said that fits, or the last of what was said before *until*."""
    end = _number(until)
    if not 0 < end < len(talk):
        end = len(talk)
    at = end
    while at > 0:
        room -= MARKS + len(str(escape(talk[at - 1].text)).encode())
        if room < 0 and at < end:
            break
        at -= 1
    return Stretch(talk[at:end], at, end, len(talk))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0
