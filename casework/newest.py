"""
What the next thing of a case is sealed to, for every compartment in one question.

For whoever takes in many messages; it answers as :func:`casework.keys.current` and
:func:`casework.keys.next_generation` would.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from casework import keys
from casework.keys import PublicKey
from casework.tables import Grant, SealingKey
from crypto.errors import CryptoError
from crypto.roster import Roster

_HELD = (
    select(Grant.staff)
    .where(
        Grant.owner == SealingKey.owner,
        Grant.compartment == SealingKey.compartment,
        Grant.generation == SealingKey.generation,
        Grant.staff.in_(bindparam("living", expanding=True)),
    )
    .exists()
)
_KEYS = (
    select(SealingKey, _HELD)
    .where(SealingKey.owner == bindparam("owner"), SealingKey.generation < keys.GENERATIONS)
    .order_by(SealingKey.generation.desc())
)


@dataclass(frozen=True, slots=True)
class Newest:
    """Of one compartment: the newest key that somebody living can open, and the number the next one gets."""

    key: PublicKey | None = None
    following: int = 0


def read(session: Session, owner: bytes, living: frozenset[str], roster: Roster) -> dict[str, Newest]:
    """Return what to seal to in each compartment of *owner*: keys the hub of *roster* vouched for."""
    found = dict.fromkeys(keys.COMPARTMENTS, Newest())
    for row, is_held in session.execute(_KEYS, {"owner": owner, "living": sorted(living)}):
        known = found.get(row.compartment)
        if known is None:
            continue  # no compartment of ours: somebody else wrote this row
        key = known.key
        if key is None and is_held:
            try:
                key = keys.believe(row, roster)
            except CryptoError:
                key = None
        found[row.compartment] = Newest(key, max(known.following, row.generation + 1))
    return found
