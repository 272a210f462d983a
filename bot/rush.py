"""
Take in first, then answer: while updates come in full batches, no work on others begins.

A batch costs the hub a fiftieth of what answering it does, and both share one interpreter. What stands at
Telegram is no crash's to lose but Telegram's to drop, and lanes that nobody has seen get no turn. A rush
holds answers back for a moment only, and then lets them go on for three times as long: a flood without end
cannot silence the house.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

# Seconds of a rush at most, and until the next may begin.
LONGEST, RESTS = 0.25, 0.75
# Seconds after a full batch in which the next comes, if there is one.
FOLLOWS = 0.1
# Seconds between looks whether it is over.
LOOK = 0.01


class Rush:
    """Says whether updates are pouring in."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = self._until = float("-inf")

    def took(self, *, full: bool) -> None:
        """Note that a batch was stored, and whether there was room for more in it."""
        now = self._clock()
        if not full:
            self._until = now
            return
        if now >= self._began + LONGEST + RESTS:
            self._began = now
        self._until = min(now + FOLLOWS, self._began + LONGEST)

    @property
    def is_on(self) -> bool:
        """Tell whether answers wait."""
        return self._clock() < self._until

    async def over(self) -> None:
        """Wait until it is over."""
        while self.is_on:
            await asyncio.sleep(LOOK)
