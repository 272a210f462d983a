"""The record of what bots asked: in memory only, bounded, for tests that look for leaks and lost answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

KEPT = 200_000  # calls; older ones are dropped and counted


@dataclass(slots=True)
class Call:
    """One call a bot made, and what it was told."""

    number: int
    at: int
    bot_id: int
    method: str
    params: dict[str, Any]
    status: int = 0
    result: Any = None
    description: str = ""
    clock: float = field(default_factory=time.monotonic)  # the machine's own, the same in every process of it
    is_lost: bool = field(default=False)

    def __repr__(self) -> str:
        return f"<Call {self.number} {self.method} {self.status}>"

    def as_json(self) -> dict[str, Any]:
        """Return the call for the control API; updates handed out are counted, not repeated."""
        return {
            "number": self.number,
            "at": self.at,
            "bot": self.bot_id,
            "method": self.method,
            "params": self.params,
            "status": self.status,
            "result": self.result,
            "description": self.description,
            "clock": self.clock,
            "lost": self.is_lost,
        }


class CallLog:
    """Keep the latest calls in the order they came."""

    def __init__(self, kept: int = KEPT) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self._count = 0

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def dropped(self) -> int:
        """How many calls are no longer kept."""
        return self._count - len(self._calls)

    def begin(self, at: int, bot_id: int, method: str, params: dict[str, Any]) -> Call:
        """Note a call before it is worked, so that one that never returns is on record."""
        self._count += 1
        call = Call(self._count, at, bot_id, method, params)
        self._calls.append(call)
        return call

    def since(self, number: int, method: str = "") -> list[Call]:
        """Return the calls after *number*, of one method or of all."""
        wanted = method.lower()
        newer = takewhile(lambda call: call.number > number, reversed(self._calls))
        return [call for call in newer if not wanted or call.method.lower() == wanted][::-1]

    def clear(self) -> None:
        """Forget what is kept; numbering goes on."""
        self._calls.clear()
