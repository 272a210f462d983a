"""Who does an act: a staff member at a desk, the hub itself, or the operator at the shell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from crypto.signature import SigningKey

HUB = "hub"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """An id, the number of its staff key, and the key that signs its acts."""

    staff: str
    number: int
    signing: SigningKey = field(repr=False)


def subject_of(staff: str) -> bytes:
    """Return what the journal calls a person: an id of 16 bytes, drawn from the staff id in clear."""
    return hashlib.sha256(staff.encode()).digest()[:16]
