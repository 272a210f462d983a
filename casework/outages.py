"""
What is said of something that fails again and again: enough to find it, not so much that it hides the rest.

The first failure is said at once, and so is each new kind of it; then once an hour how many there were since;
and once that it is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

# Seconds between two lines about the same outage.
AGAIN = 3600.0


@dataclass
class Outage:
    """One thing that is tried over and over, and how it failed lately."""

    clock: Callable[[], float]
    kinds: set[str] = field(default_factory=set)
    count: int = 0  # since it last worked
    told: float = 0.0

    def fail(self, kind: str) -> bool:
        """Count a failure; tell whether it is to be said, or was lately."""
        self.count += 1
        if kind in self.kinds and self.clock() - self.told < AGAIN:
            return False
        self.kinds.add(kind)
        self.told = self.clock()
        return True

    def end(self) -> int:
        """Note that it works; return how often it had failed since it last did."""
        count, self.count = self.count, 0
        self.kinds.clear()
        return count
