"""
Keys of cases and drafts: who can open what.

A case has two compartments, each with one X-Wing key per generation: ``content`` (everything said) and
``identity`` (one card). A draft has one (``draft``). The public half stands in ``sealing_key``; the seed
exists only inside grants: sealed to one staff member, then locked under the hub's epoch key.

These are pure builders: they add rows and touch no database, so the hub's workers and the desk use them
alike. Opening a grant is not here: that needs a staff keyring, which the hub never loads.

Anybody can seal to a public half, and whoever writes the database can put a public half of their own there.
So the hub vouches for every sealing key with its roster key, also for those that desks make
(:mod:`casework.handins` looks at who may), and nobody seals to a key that it did not vouch for. What is
sealed may carry its author's signature inside: of the hub for what it took in, of staff for what they wrote.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import canonical, vouching
from casework.rows import Rows
from casework.tables import Chunk, Grant, Item, SealingKey
from crypto import context, lock, sealed
from crypto.errors import CryptoError, MalformedError, TamperedError
from crypto.grant import seal_grant
from crypto.padding import CARD, FILE, TEXT
from crypto.roster import Roster
from crypto.signature import SigningKey
from crypto.xwing import Identity, Recipient

CONTENT = "content"
IDENTITY = "identity"
DRAFT = "draft"
COMPARTMENTS = (CONTENT, IDENTITY, DRAFT)
RECOVERY = "recovery"

ID_SIZE = 16

# Of a sealed payload: its author's signature, and the digest of a file's content.
SIGNED = "signed"
DIGEST = "digest"

# Generations above this are nobody's: a forged one must not use up the numbers.
GENERATIONS = 2**30

# One row of a sealed file. PostgreSQL and SQLite both read it without leaving their page caches.
CHUNK_SIZE = 256 * 1024


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


def new_id() -> bytes:
    """Return a random row id."""
    return secrets.token_bytes(ID_SIZE)


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


def seal_item(
    rows: Rows,
    key: PublicKey,
    *,
    kind: str,
    author: str,
    payload: dict[str, Any],
    day: date,
    item: bytes | None = None,
    state: str | None = None,
    signing: SigningKey | None = None,
) -> bytes:
    """
    Seal *payload* to *key* and add it as an item of the case.

    Returns the item's id. The payload is bound to its case, compartment, generation, id and kind; moved to
    any other place it no longer opens. *signing* is the author's key, the hub's for what it took in: without
    it, whoever writes the database could have made the item.
    """
    item = item or new_id()
    if signing is not None:
        where = item_context(key, item, kind)
        payload = {**payload, SIGNED: vouching.sign_item(where, author, payload, signing).hex()}
    body = sealed.seal(
        canonical.dumps(payload),
        [key.recipient],
        item_context(key, item, kind),
        sizes=CARD if key.compartment == IDENTITY else TEXT,
    )
    rows.add(
        Item,
        id=item,
        case=key.owner,
        compartment=key.compartment,
        generation=key.generation,
        kind=kind,
        author=author,
        day=day,
        size=len(body),
        chunks=0,
        state=state,
        sealed=body,
    )
    return item


def seal_file(
    rows: Rows,
    key: PublicKey,
    *,
    kind: str,
    author: str,
    head: dict[str, Any],
    content: bytes,
    day: date,
    item: bytes | None = None,
    signing: SigningKey | None = None,
) -> bytes:
    """
    Seal a file: its *head* (name, type, caption, …) in the item, its *content* in chunks of the item.

    The head of a signed file carries the digest of its content, for :func:`open_content` to check.
    """
    item = item or new_id()
    if signing is not None:
        head = {**head, DIGEST: hashlib.sha256(content).hexdigest()}
    seal_item(rows, key, kind=kind, author=author, payload=head, day=day, item=item, signing=signing)
    _table, values = rows.inserts[-1]
    chunks = seal_chunks(rows, item, content, [key.recipient], item_context(key, item, f"{kind}-content"))
    values["chunks"] = len(chunks)
    values["size"] = sum(chunks)
    return item


def seal_chunks(
    rows: Rows, owner: bytes, content: bytes, recipients: Sequence[Recipient], where: bytes
) -> list[int]:
    """Seal *content* as one file bound to *where*, add its chunks, and return their sizes."""
    body = io.BytesIO()
    sealed.seal_stream(io.BytesIO(content), body, recipients, where, len(content), sizes=FILE)
    view = body.getbuffer()
    parts = [bytes(view[at : at + CHUNK_SIZE]) for at in range(0, len(view), CHUNK_SIZE)]
    for n, part in enumerate(parts):
        rows.add(Chunk, owner=owner, n=n, part=part)
    return [len(part) for part in parts]


def item_context(key: PublicKey, item: bytes, kind: str) -> bytes:
    """Return what an item is bound to."""
    return context.item(key.owner, key.compartment, key.generation, item, kind)


def context_of(item: Item, kind: str | None = None) -> bytes:
    """Return what the item found in this row must be bound to."""
    return context.item(item.case, item.compartment, item.generation, item.id, kind or item.kind)


def open_item(item: Item, identity: Identity, roster: Roster | None = None) -> dict[str, Any]:
    """
    Open an item with the seed of its compartment and generation.

    With *roster*, the author this row names must have signed it: staff by a key they have on it, the hub for
    itself and for what tipsters said; and where answers go is the hub's alone to say. Without, anybody who
    can write the database may be its author.

    Raises:
        CryptoError: it is not for this key, or not the thing this row claims to be.
    """
    if item.sealed is None:
        raise MalformedError("item: nothing in it")
    payload = canonical.loads(sealed.open_sealed(item.sealed, identity, context_of(item)))
    if not isinstance(payload, dict):
        raise MalformedError("item")
    signature = payload.pop(SIGNED, "")
    if roster is not None:
        vouching.check_may_write(item.kind, item.author)
        vouching.check_author(context_of(item), item.author, payload, str(signature), roster)
    return payload


def open_content(session: Session, item: Item, identity: Identity, digest: str | None = None) -> bytes:
    """
    Open the content of a file item; *digest* is the one in its signed head.

    Raises:
        CryptoError: a chunk is missing, foreign or damaged, or the content is not what was signed.
    """
    content = open_chunks(session, item.id, identity, context_of(item, f"{item.kind}-content"))
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise TamperedError
    return content


def open_chunks(session: Session, owner: bytes, identity: Identity, where: bytes) -> bytes:
    """Open the sealed file that lies in the chunks of *owner*."""
    parts = session.scalars(select(Chunk.part).where(Chunk.owner == owner).order_by(Chunk.n))
    out = io.BytesIO()
    sealed.open_stream(io.BytesIO(b"".join(parts)), out, identity, where)
    return out.getvalue()


def current(
    session: Session, owner: bytes, compartment: str, living: frozenset[str], roster: Roster | None = None
) -> PublicKey | None:
    """
    Return the newest key of *compartment* that somebody in *living* can open.

    With *roster*, only keys the hub vouched for count: a row slipped in or changed is passed over. Does not
    notice when newer rows were taken out: then an older key is the newest. None means that whoever seals
    next must make a new generation.
    """
    held = select(Grant.generation).where(
        Grant.owner == owner, Grant.compartment == compartment, Grant.staff.in_(sorted(living))
    )
    rows = session.scalars(
        select(SealingKey)
        .where(
            SealingKey.owner == owner,
            SealingKey.compartment == compartment,
            SealingKey.generation.in_(held),
        )
        .order_by(SealingKey.generation.desc())
    )
    for row in rows:
        try:
            return public_of(row) if roster is None else believe(row, roster)
        except CryptoError:
            continue
    return None


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
