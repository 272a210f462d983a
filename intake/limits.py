"""
Budgets that remember no one: how long to hold back *replies* to a chat that writes very fast.

Rules: nothing a tipster sends is ever dropped or delayed here. Chats are known by a keyed hash whose key
lives as long as the process; a chat that rests is forgotten within minutes; memory is bounded, and when it
is full the chats that used least are forgotten first, so a flood of new chats costs those in it nothing.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from datetime import datetime, timedelta

# A burst a frightened person types, and an album, pass without any delay.
BURST = 20
PER_SECOND = 0.5
LONGEST = timedelta(seconds=60)
REMEMBERED = 10_000


class Budgets:
    """A token bucket for each chat that wrote lately."""

    def __init__(self, key: bytes, remembered: int = REMEMBERED) -> None:
        self._key = key
        self._remembered = remembered
        self._buckets: OrderedDict[bytes, tuple[float, datetime]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Budgets {len(self._buckets)}>"

    def delay(self, chat: int, now: datetime) -> timedelta:
        """Spend one reply of *chat* and return how long to hold it back: nothing, for most."""
        name = hmac.digest(self._key, str(chat).encode(), "sha256")[:16]
        left, since = self._buckets.pop(name, (float(BURST), now))
        # A clock set back gives no tokens and takes none.
        passed = max((now - since).total_seconds(), 0.0)
        left = min(left + passed * PER_SECOND, float(BURST)) - 1
        left = max(left, -LONGEST.total_seconds() * PER_SECOND)
        self._buckets[name] = (left, now)
        self._forget(now)
        return timedelta(seconds=max(-left, 0.0) / PER_SECOND)

    def _forget(self, now: datetime) -> None:
        """Forget chats whose bucket is full again, oldest first, and whatever is above the bound."""
        while self._buckets:
            left, since = next(iter(self._buckets.values()))
            is_full = left + (now - since).total_seconds() * PER_SECOND >= BURST
            if not is_full and len(self._buckets) <= self._remembered:
                return
            self._buckets.popitem(last=False)
