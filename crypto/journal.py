"""The journal's hash chain: each head binds every entry before it. Canonical entries are the caller's."""

from __future__ import annotations

import hashlib

GENESIS = bytes(32)
"""The head before the first entry."""

_TAG = b"subrosa journal v1\n"


def head(previous: bytes, entry: bytes) -> bytes:
    """Return the head after *entry*: `SHA-256(tag ‖ previous ‖ entry)`.

    Whoever holds a head notices any change before it, but not a chain cut off after it.
    """
    if len(previous) != len(GENESIS):
        raise ValueError("crypto: a journal head has 32 bytes")
    return hashlib.sha256(_TAG + previous + entry).digest()
