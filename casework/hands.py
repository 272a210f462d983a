"""
Whose keys are in whose hands.

A staff key is an id and a number: whoever was given a new keyring has the same id and another number, and
their older key is nobody's. What a key is worth follows from the roster and from who is suspended:

* living: newest key of somebody at work. Something new may be sealed to it.
* gone: any other key the roster lists. Whoever has it now may not be who it was made for, so nothing new is
  sealed where it could be opened with it.
* lost: gone for good, revoked or suspended until further notice. Its grants are taken away where enough
  others hold the same.
"""

from __future__ import annotations

from dataclasses import dataclass

StaffKey = tuple[str, int]
"""A staff id and a key number."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Which staff keys are living, gone and lost."""

    living: frozenset[StaffKey]
    gone: frozenset[StaffKey] = frozenset()
    lost: frozenset[StaffKey] = frozenset()

    def hold_safely(self, holders: set[StaffKey]) -> bool:
        """Tell whether somebody living is among *holders* and nobody gone: then one may seal to their key."""
        return not self.living.isdisjoint(holders) and self.gone.isdisjoint(holders)
