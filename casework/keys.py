"""
Keys of cases and drafts: who can open what.

A case has two compartments, each with one X-Wing key per generation: ``content`` (everything said) and
``identity`` (one card). A draft has one (``draft``). The public half stands in ``sealing_key``; the seed
exists only inside grants: sealed to one staff member, then locked under the hub's epoch key.

These are pure builders: they add rows and touch no database, so the hub's workers and the desk use them
alike. Opening a grant is not here: that needs a staff keyring, which the hub never loads.

Anybody can seal to a public half, and whoever writes the database can put a public half of their own there.
So the hub vouches for every sealing key with its roster key, also for those that desks make
(:mod:`casework.handins` looks at who may), and nobody seals to a key that it did not vouch for. What lies
sealed under these keys is in :mod:`casework.items`, whose names are here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import vouching
from casework.hands import Hands, StaffKey
from casework.items import (
    CHUNK_SIZE,
    CONTENT,
    DIGEST,
    ID_SIZE,
    IDENTITY,
    SIGNED,
    context_of,
    item_context,
    new_id,
    open_chunks,
    open_content,
    open_item,
    seal_chunks,
    seal_file,
    seal_item,
)
from casework.rows import Rows
from casework.tables import Grant, SealingKey
from crypto import context, lock
from crypto.errors import CryptoError
from crypto.grant import seal_grant
from crypto.roster import Roster
from crypto.signature import SigningKey
from crypto.xwing import Identity, Recipient

__all__ = [
    "CHUNK_SIZE", "COMPARTMENTS", "CONTENT", "DIGEST", "DRAFT", "IDENTITY", "ID_SIZE", "RECOVERY",
    "SIGNED", "Holder", "NewKey", "PublicKey", "add_grants", "add_key", "believe", "context_of",
    "current", "grant_context", "grant_for", "item_context", "lock_context", "make", "new_id",
    "next_generation", "open_chunks", "open_content", "open_item", "public", "public_of", "seal_chunks",
    "seal_file", "seal_item",
]  # fmt: skip

DRAFT = "draft"
COMPARTMENTS = (CONTENT, IDENTITY, DRAFT)
RECOVERY = "recovery"

# Generations above this are nobody's: a forged one must not use up the numbers.
GENERATIONS = 2**30


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody a grant is made for."""

    staff: str
    number: int
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class NewKey:
    """A sealing key just made; its seed is held until the grants are built, then forgotten."""

    owner: bytes
    compartment: str
    generation: int
    identity: Identity = field(repr=False)

    @property
    def recipient(self) -> Recipient:
        """Return the public half."""
        return self.identity.recipient


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a sealing key, as whoever adds an item needs it."""

    owner: bytes
    compartment: str
    generation: int
    recipient: Recipient


def make(owner: bytes, compartment: str, generation: int) -> NewKey:
    """Make a sealing key from fresh randomness."""
    return NewKey(owner, compartment, generation, Identity.generate())


def public(key: NewKey) -> PublicKey:
    """Return the half of *key* that may be kept."""
    return PublicKey(key.owner, key.compartment, key.generation, key.recipient)


def grant_for(key: NewKey, holder: Holder) -> bytes:
    """Seal the seed of *key* to one *holder*, without the epoch lock."""
    return seal_grant(key.identity, holder.recipient, grant_context(key, holder.staff))


def grant_context(key: NewKey | PublicKey, staff: str) -> bytes:
    """Return what a grant of *key* to *staff* is bound to."""
    return context.grant(key.owner, key.compartment, key.generation, staff, key.recipient)


def lock_context(owner: bytes, compartment: str, generation: int, staff: str, number: int) -> bytes:
    """Return what the epoch lock of a grant is bound to: the place of its row."""
    return context.named("grant-lock", owner, compartment, generation, staff, number)


def add_key(
    rows: Rows, key: NewKey | PublicKey, made_by: str, signature: bytes = b"", hub: SigningKey | None = None
) -> None:
    """
    Add the row of the public half.

    The hub passes its roster key as *hub* and so vouches for the key; *signature* is the maker's own.
    Without *hub* nobody who asks :func:`current` for a roster's word seals to this key.
    """
    rows.add(
        SealingKey,
        owner=key.owner,
        compartment=key.compartment,
        generation=key.generation,
        recipient=key.recipient.raw,
        made_by=made_by,
        signature=signature if hub is None else vouching.vouch(key, made_by, hub) + signature,
    )


def add_grants(rows: Rows, key: NewKey, holders: Iterable[Holder], epoch: lock.Key) -> None:
    """Add one grant of *key* for each of *holders*, under both locks. Only the hub has *epoch*."""
    for holder in holders:
        place = lock_context(key.owner, key.compartment, key.generation, holder.staff, holder.number)
        rows.add(
            Grant,
            owner=key.owner,
            compartment=key.compartment,
            generation=key.generation,
            staff=holder.staff,
            number=holder.number,
            epoch=epoch.number,
            locked=lock.lock(epoch, grant_for(key, holder), place),
        )


def current(
    session: Session,
    owner: bytes,
    compartment: str,
    hands: Hands,
    roster: Roster | None = None,
    floor: int = 0,
) -> PublicKey | None:
    """
    Return the newest key of *compartment*, if somebody living holds it, and nobody whose key is gone.

    With *roster*, only keys the hub vouched for count: a row slipped in or changed is passed over. Where
    newer rows were taken out an older key is the newest; it is no good below *floor*, the generation that was
    made because somebody was gone (:mod:`casework.renewals`). None means that whoever seals next must make a
    new generation; an older key never serves in its place.
    """
    holders = _holders_of(session, owner, compartment)
    rows = session.scalars(
        select(SealingKey)
        .where(
            SealingKey.owner == owner,
            SealingKey.compartment == compartment,
            SealingKey.generation < GENERATIONS,
        )
        .order_by(SealingKey.generation.desc())
    )
    for row in rows:
        try:
            key = public_of(row) if roster is None else believe(row, roster)
        except CryptoError:
            continue
        is_good = row.generation >= floor and hands.hold_safely(holders.get(row.generation, set()))
        return key if is_good else None
    return None


def _holders_of(session: Session, owner: bytes, compartment: str) -> dict[int, set[StaffKey]]:
    """Return who has a grant of each generation."""
    found: dict[int, set[StaffKey]] = {}
    held = select(Grant.generation, Grant.staff, Grant.number)
    for generation, staff, number in session.execute(
        held.where(Grant.owner == owner, Grant.compartment == compartment)
    ):
        found.setdefault(generation, set()).add((staff, number))
    return found


def believe(row: SealingKey, roster: Roster) -> PublicKey:
    """
    Return the key in this row, if the hub of *roster* vouched for exactly this.

    Raises:
        TamperedError: it did not: somebody else wrote this row, or changed it.
        MalformedError: what lies there is no public half.
    """
    key = public_of(row)
    vouching.check_vouched(key, row.made_by, row.signature, roster.hub_signing)
    return key


def public_of(row: SealingKey) -> PublicKey:
    """Read a row of ``sealing_key``, whoever wrote it; :func:`believe` says whether the hub stands by it."""
    return PublicKey(row.owner, row.compartment, row.generation, Recipient.parse(row.recipient))


def next_generation(session: Session, owner: bytes, compartment: str) -> int:
    """Return the number the next key of *compartment* gets."""
    newest = session.scalar(
        select(func.max(SealingKey.generation)).where(
            SealingKey.owner == owner,
            SealingKey.compartment == compartment,
            SealingKey.generation < GENERATIONS,
        )
    )
    return 0 if newest is None else newest + 1
