"""
How far grants go: with the hub's keys alone, and with one staff keyring besides.

A grant has two locks. The hub's keys take the outer one off; the inner one needs a staff keyring. Both are
really tried, and a seed that comes out is tried on what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import keys
from casework.tables import Base, Draft, Grant, Item, SealingKey
from crypto import lock
from crypto.keyring import Staff, open_grant
from crypto.lock import Key
from crypto.sealed import open_sealed
from crypto.xwing import Identity
from subrosa.seizure.disk import Tally
from subrosa.seizure.findings import Reach
from subrosa.seizure.loot import Loot, attempt

# Rows that every key found is tried on. All of them would take hours in a large house, and tell the same.
SAMPLE = 200


def outer(session: Session, loot: Loot) -> Tally:
    """Take the hub's lock off every grant."""
    tally = Tally()
    for row in session.scalars(select(Grant)):
        tally.count(loot.unlock(partial(_outer, row)), None)
    return tally


def inner(session: Session, loot: Loot) -> Tally:
    """Try every key on what lies inside grants, some of them chosen at random."""
    tally = Tally()
    for row in session.scalars(select(Grant).order_by(func.random()).limit(SAMPLE)):
        sealing = session.get(SealingKey, (row.owner, row.compartment, row.generation))
        found = loot.unlock(partial(_outer, row))
        public = None if sealing is None else attempt(partial(keys.public_of, sealing))
        if public is None or found is None:
            tally.count(None, None)
            continue
        tally.count(loot.open(partial(_seed, found[1], keys.grant_context(public, row.staff))), None)
    return tally


def items(session: Session, loot: Loot) -> Tally:
    """Try every key on sealed words, files and cards, some of them chosen at random."""
    tally = Tally()
    for row in session.scalars(select(Item).order_by(func.random()).limit(SAMPLE)):
        tally.count(loot.open(partial(keys.open_item, row)), row.day)
    return tally


def reach(session: Session, staff: Staff, epochs: Mapping[int, Key], place: str, epoch: str) -> Reach:
    """Open all that *staff*'s keyring opens together with *epochs*; without any, the grant as it lies."""
    found: dict[str, set[bytes]] = {name: set() for name in keys.COMPARTMENTS}
    grants = 0
    for row in session.scalars(select(Grant).where(Grant.staff == staff.staff)):
        sealing = session.get(SealingKey, (row.owner, row.compartment, row.generation))
        bare = attempt(partial(_outer, row, epochs)) if epochs else row.locked
        public = None if sealing is None else attempt(partial(keys.public_of, sealing))
        if public is None or bare is None:
            continue
        seed = attempt(partial(open_grant, staff, bare, keys.grant_context(public, row.staff)))
        if seed is None or Identity.from_seed(seed).recipient != public.recipient:
            continue
        grants += 1
        if _holds(session, row, Identity.from_seed(seed)):
            found[row.compartment].add(row.owner)
    content, identity = (_hex(found[name]) for name in (keys.CONTENT, keys.IDENTITY))
    return Reach(place, epoch, content, identity, len(found[keys.DRAFT]), grants)


def count(session: Session, kind: type[Base]) -> int:
    """Return how many rows of a table there are."""
    return session.scalar(select(func.count()).select_from(kind)) or 0


def _holds(session: Session, row: Grant, identity: Identity) -> bool:
    """Tell whether the seed opens something: an item of its case and generation; a draft has a row alone."""
    if row.compartment == keys.DRAFT:
        return session.get(Draft, row.owner) is not None
    sealed = select(Item).where(
        Item.case == row.owner, Item.compartment == row.compartment, Item.generation == row.generation
    )
    return any(attempt(partial(keys.open_item, item, identity)) for item in session.scalars(sealed))


def _outer(row: Grant, epochs: Mapping[int, Key]) -> bytes:
    place = keys.lock_context(row.owner, row.compartment, row.generation, row.staff, row.number)
    return lock.unlock(epochs[lock.number_of(row.locked)], row.locked, place)


def _seed(bare: bytes, where: bytes, identity: Identity) -> bytes:
    return open_sealed(bare, identity, where)


def _hex(cases: set[bytes]) -> tuple[str, ...]:
    return tuple(sorted(case.hex() for case in cases))
