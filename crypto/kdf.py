"""One way to derive a key from a key: HKDF-SHA256 with a label that says what the result is for."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: bytes, label: str, *, salt: bytes = b"", length: int = 32) -> bytes:
    """Return *length* bytes that only a holder of *secret* can compute; each *label* gives its own.

    Adds no work: *secret* must already have 100 bits of its own.
    """
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=label.encode("ascii")).derive(
        secret
    )
