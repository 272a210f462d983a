"""
What the next thing of a case is sealed to, for every compartment in one question.

For whoever takes in many messages; it answers as :func:`casework.keys.current` and
:func:`casework.keys.next_generation` would.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Exists, bindparam, select, tuple_
from sqlalchemy.orm import Session

from casework import keys
from casework.actors import HUB
from casework.hands import Hands
from casework.keys import PublicKey
from casework.parties import Book
from casework.tables import Grant, SealingKey
from crypto.errors import CryptoError
from crypto.roster import Roster


def _held_by(whom: str) -> Exists:
    """Ask whether one of the staff keys *whom* has a grant of this generation."""
    return (
        select(Grant.staff)
        .where(
            Grant.owner == SealingKey.owner,
            Grant.compartment == SealingKey.compartment,
            Grant.generation == SealingKey.generation,
            tuple_(Grant.staff, Grant.number).in_(bindparam(whom, expanding=True)),
        )
        .exists()
    )


_KEYS = (
    select(SealingKey, _held_by("living") & ~_held_by("gone"))
    .where(SealingKey.owner == bindparam("owner"), SealingKey.generation < keys.GENERATIONS)
    .order_by(SealingKey.generation.desc())
)


@dataclass(frozen=True, slots=True)
class Newest:
    """Of one compartment: the newest key, if it may be sealed to, and the number the next one gets."""

    key: PublicKey | None = None
    following: int = 0


def read(session: Session, owner: bytes, hands: Hands, roster: Roster, book: Book) -> dict[str, Newest]:
    """
    Return what to seal to in each compartment of *owner*: keys the hub of *roster* vouched for.

    An older key never serves in place of the newest one: it may have been renewed because somebody gone had
    it, and that no row says so any more proves nothing. *book* says which were.
    """
    floors = {part: book.floor(owner, part) for part in keys.COMPARTMENTS}
    found = {part: Newest(following=floor + 1 if floor else 0) for part, floor in floors.items()}
    passed: set[str] = set()
    asked = {"owner": owner, "living": sorted(hands.living), "gone": sorted(hands.gone)}
    for row, is_held in session.execute(_KEYS, asked):
        known = found.get(row.compartment)
        if known is None:
            continue  # no compartment of ours: somebody else wrote this row
        key = known.key
        # A first key of the staff's making is a brief's or a second matter's, where no tipster writes.
        if row.compartment not in passed and (row.generation > 0 or row.made_by == HUB):
            with suppress(CryptoError):
                believed = keys.believe(row, roster)
                passed.add(row.compartment)
                key = believed if is_held and row.generation >= floors[row.compartment] else None
        found[row.compartment] = Newest(key, max(known.following, row.generation + 1))
    return found
