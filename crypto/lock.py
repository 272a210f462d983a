"""Locks for rows that only the hub opens: spool, outbox, conversations, the second lock on grants.

A locked row: `u32 key number ‖ 24-byte nonce ‖ ChaCha20-Poly1305`, under a key made for this row alone by
HKDF from the lock's key and the nonce, with the context as associated data. The number says which of
several living keys opens it; keys are rotated and destroyed by whoever keeps them.

Symmetric: whoever holds the key can also make such rows.
"""

from __future__ import annotations

import hmac
import os
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crypto.errors import MalformedError, NotForUsError, TamperedError
from crypto.kdf import derive

KEY_SIZE = 32
NONCE_SIZE = 24
HEAD_SIZE = 4 + NONCE_SIZE
TAG_SIZE = 16
LINK_TAG_SIZE = 16

_ONE_USE_NONCE = bytes(12)  # every row has a key of its own


@dataclass(frozen=True)
class Key:
    """Thirty-two secret bytes and the number rows know them by."""

    number: int
    secret: bytes = field(repr=False)
    # What tags are made with, by label: derived once, and gone with the key.
    _tagging: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.number < 2**32:
            raise ValueError("crypto: a key number is a u32")
        if len(self.secret) != KEY_SIZE:
            raise MalformedError("key: wrong length")

    @classmethod
    def generate(cls, number: int) -> Key:
        """Make a new key from the operating system's randomness."""
        return cls(number, os.urandom(KEY_SIZE))


def lock(key: Key, plaintext: bytes, context: bytes) -> bytes:
    """Lock *plaintext* in *context*. Hides neither the length nor which key it was."""
    nonce = os.urandom(NONCE_SIZE)
    body = _row_key(key, nonce).encrypt(_ONE_USE_NONCE, plaintext, context)
    return struct.pack(">I", key.number) + nonce + body


def unlock(key: Key, locked: bytes, context: bytes) -> bytes:
    """Open what :func:`lock` made with the same *key* and *context*.

    Raises:
        NotForUsError: locked with a key of another number.
        TamperedError: changed, or locked for another place, or with another key of this number.
        MalformedError: too short to be a locked row.
    """
    if number_of(locked) != key.number:
        raise NotForUsError
    try:
        return _row_key(key, locked[4:HEAD_SIZE]).decrypt(_ONE_USE_NONCE, locked[HEAD_SIZE:], context)
    except InvalidTag:
        raise TamperedError from None


def number_of(locked: bytes) -> int:
    """Return the number of the key that *locked* names; it may lie until it was unlocked.

    Raises:
        MalformedError: too short to be a locked row.
    """
    if len(locked) < HEAD_SIZE + TAG_SIZE:
        raise MalformedError("locked row: too short")
    return int(struct.unpack_from(">I", locked)[0])


def tag(key: Key, label: str, data: bytes) -> bytes:
    """Return 16 bytes that stand for *data* under this key and *label*, always the same.

    Whoever holds the key can try every possible *data*: for a chat id that takes seconds.
    """
    made_with = key._tagging.get(label)  # noqa: SLF001  the key's own, and nobody else's
    if made_with is None:
        made_with = key._tagging[label] = derive(key.secret, f"subrosa tag v1 {label}")  # noqa: SLF001
    return hmac.digest(made_with, data, "sha256")[:LINK_TAG_SIZE]


def _row_key(key: Key, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(key.secret, "subrosa lock v1", salt=nonce))
