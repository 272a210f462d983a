"""Signatures: Ed25519 over `len(tag) ‖ tag ‖ message`; what is signed for one purpose serves no other.

A key signs; it never opens anything. Tags are ASCII constants of at most 64 characters; a bare text that
begins with a lower-case letter (a signed note) can therefore never be mistaken for a tagged message.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.errors import MalformedError, TamperedError

SEED_SIZE = 32
PUBLIC_SIZE = 32
SIGNATURE_SIZE = 64
TAG_LIMIT = 64


class SigningKey:
    """The secret half of a signing key."""

    __slots__ = ("_key", "_public", "_seed")

    def __init__(self, seed: bytes) -> None:
        """For this module; others call :meth:`from_seed` or :meth:`generate`."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self._public = self._key.public_key().public_bytes_raw()

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Rebuild the key of a 32-byte *seed*.

        Raises:
            MalformedError: *seed* has another length.
        """
        if len(seed) != SEED_SIZE:
            raise MalformedError("signing seed: wrong length")
        return cls(bytes(seed))

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key from the operating system's randomness."""
        return cls(os.urandom(SEED_SIZE))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes."""
        return self._seed

    @property
    def public(self) -> bytes:
        """The 32 public bytes."""
        return self._public

    def sign(self, tag: str, message: bytes) -> bytes:
        """Sign *message* for the purpose *tag*."""
        return self._key.sign(_preimage(tag, message))

    def sign_note(self, text: bytes) -> bytes:
        """Sign the *text* of a signed note as it stands; only :mod:`crypto.note` calls this."""
        if not text[:1].isalpha() or not text[:1].islower():
            raise ValueError("crypto: a note begins with a lower-case letter")
        return self._key.sign(text)

    def __repr__(self) -> str:
        return "<SigningKey>"

    def __reduce__(self) -> str:
        raise TypeError("a signing key is not to be pickled or copied")


def verify(public: bytes, tag: str, message: bytes, signature: bytes) -> None:
    """Check that the holder of *public* signed *message* for the purpose *tag*.

    Does not say whose key it is, nor when.

    Raises:
        TamperedError: the signature is not by that key over that message and tag.
    """
    verify_bytes(public, _preimage(tag, message), signature)


def verify_bytes(public: bytes, signed: bytes, signature: bytes) -> None:
    """Check a signature over *signed* as it stands; for notes.

    Raises:
        TamperedError: as :func:`verify`.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise TamperedError from None


def _preimage(tag: str, message: bytes) -> bytes:
    raw = tag.encode("ascii")
    if not 0 < len(raw) <= TAG_LIMIT:
        raise ValueError("crypto: a tag has 1 to 64 characters")
    return bytes([len(raw)]) + raw + message
