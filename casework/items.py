"""
Items: what is said in a case, sealed to one of its keys.

An item is bound to its case, compartment, generation, id and kind; moved elsewhere it does not open. It may
carry its author's signature inside: of the hub for what it says itself and took in from tipsters, of staff
for what they wrote. A file is an item, its head, with its content in chunk rows.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from casework import canonical, vouching
from casework.rows import Rows, table_of
from casework.spill import PART, Joined, Spill
from casework.tables import Chunk, Item
from crypto import context, sealed
from crypto.errors import MalformedError, TamperedError
from crypto.padding import CARD, FILE, TEXT
from crypto.roster import Roster
from crypto.signature import SigningKey
from crypto.xwing import Identity, Recipient

if TYPE_CHECKING:
    from casework.keys import PublicKey

CONTENT = "content"
IDENTITY = "identity"

ID_SIZE = 16

# Of a sealed payload: its author's signature, and the digest of a file's content.
SIGNED = "signed"
DIGEST = "digest"

# One row of a sealed file. PostgreSQL and SQLite both read it without leaving their page caches.
CHUNK_SIZE = PART
_AT_ONCE = 4


def new_id() -> bytes:
    """Return a random row id."""
    return secrets.token_bytes(ID_SIZE)


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
    content: bytes | Spill,
    day: date,
    item: bytes | None = None,
    signing: SigningKey | None = None,
) -> bytes:
    """
    Seal a file: its *head* (name, type, caption, …) in the item, its *content* in chunks of the item.

    The head of a signed file carries the digest of its content, for :func:`open_content` to check. Content
    that lies in a spill is never in memory as a whole, neither open nor sealed.
    """
    item = item or new_id()
    if signing is not None:
        digest = content.digest if isinstance(content, Spill) else hashlib.sha256(content).hexdigest()
        head = {**head, DIGEST: digest}
    seal_item(rows, key, kind=kind, author=author, payload=head, day=day, item=item, signing=signing)
    _table, values = rows.inserts[-1]
    where = item_context(key, item, f"{kind}-content")
    if isinstance(content, Spill):
        chunks = _spill_chunks(rows, item, content, [key.recipient], where)
    else:
        chunks = seal_chunks(rows, item, content, [key.recipient], where)
    values["chunks"] = len(chunks)
    values["size"] = sum(chunks)
    return item


def seal_chunks(
    rows: Rows, owner: bytes, content: bytes, recipients: Sequence[Recipient], where: bytes
) -> list[int]:
    """Seal *content* as one file bound to *where*, add its chunks, and return their sizes."""
    cut = _Cut()
    sealed.seal_stream(io.BytesIO(content), cut, recipients, where, len(content), sizes=FILE)
    parts = cut.all()
    for n, part in enumerate(parts):
        rows.add(Chunk, owner=owner, n=n, part=part)
    return [len(part) for part in parts]


def _spill_chunks(
    rows: Rows, owner: bytes, content: Spill, recipients: Sequence[Recipient], where: bytes
) -> list[int]:
    """Do so for a file too large for memory: its chunks go from the disk into their rows, a few at a time."""
    spilled = content.beside()
    sealed.seal_stream(content.source(), spilled, recipients, where, len(content), sizes=FILE)
    spilled.end()
    rows.then(partial(_add_chunks, owner=owner, spilled=spilled))
    full, rest = divmod(len(spilled), CHUNK_SIZE)
    return [CHUNK_SIZE] * full + ([rest] if rest else [])


def _add_chunks(session: Session, owner: bytes, spilled: Spill) -> None:
    parts = enumerate(spilled.parts())
    while few := list(islice(parts, _AT_ONCE)):
        values = [{"owner": owner, "n": n, "part": part} for n, part in few]
        session.execute(insert(table_of(Chunk)), values)


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
    # A few at a time: besides the content itself hardly anything of a large file is in memory at once.
    wanted = select(Chunk.part).where(Chunk.owner == owner).order_by(Chunk.n)
    parts = session.scalars(wanted.execution_options(yield_per=_AT_ONCE))
    out = io.BytesIO()
    sealed.open_stream(io.BufferedReader(Joined(parts), CHUNK_SIZE), out, identity, where)
    return out.getvalue()


class _Cut:
    """Takes a file as it is written and cuts it into parts of one size, the last one shorter."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._rest = bytearray()

    def write(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) >= CHUNK_SIZE:
            self._parts.append(bytes(self._rest[:CHUNK_SIZE]))
            del self._rest[:CHUNK_SIZE]

    def all(self) -> list[bytes]:
        return [*self._parts, bytes(self._rest)] if self._rest else self._parts
