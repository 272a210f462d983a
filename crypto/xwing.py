"""X-Wing keys (ML-KEM-768 with X25519) and the wrapping of age file keys to them.

Rules:
* An identity is a 32-byte seed and is stored as that; the library's key objects are rebuilt from it.
* A recipient is checked when it is parsed, so that a bad roster entry cannot crash intake later.
* The stanza is age's own `mlkem768x25519`: HPKE base mode, HKDF-SHA256, ChaCha20-Poly1305.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from crypto.encoding import decode, encode
from crypto.errors import MalformedError, NotForUsError
from crypto.header import FILE_KEY_SIZE, Stanza

STANZA = "mlkem768x25519"
SEED_SIZE = 32
RECIPIENT_SIZE = 1216  # 1184 of ML-KEM-768, 32 of X25519
MLKEM_PUBLIC_SIZE = 1184
SHARE_SIZE = 1120  # 1088 of ML-KEM-768, 32 of X25519
MLKEM_SHARE_SIZE = 1088
TAG_SIZE = 16

_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class Recipient:
    """The public half of a key. Equal to any other with the same bytes; not secret."""

    __slots__ = ("_key", "_raw")

    def __init__(self, raw: bytes, key: hpke.MLKEM768X25519PublicKey) -> None:
        """For this module; others call :meth:`parse` or ask an :class:`Identity`."""
        self._raw = raw
        self._key = key

    @classmethod
    def parse(cls, raw: bytes) -> Recipient:
        """Read 1216 bytes and make sure that one can seal to them.

        Does not say whose key it is: that is the roster's word.

        Raises:
            MalformedError: wrong length, an ML-KEM key out of range, or a low-order X25519 point.
        """
        if len(raw) != RECIPIENT_SIZE:
            raise MalformedError("recipient: wrong length")
        try:
            lattice = mlkem.MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_SIZE])
            curve = x25519.X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_SIZE:])
            # A low-order point is refused only when it is used.
            x25519.X25519PrivateKey.generate().exchange(curve)
        except ValueError:
            raise MalformedError("recipient: not a usable key") from None
        return cls(bytes(raw), hpke.MLKEM768X25519PublicKey(lattice, curve))

    @property
    def raw(self) -> bytes:
        """The 1216 bytes."""
        return self._raw

    def wrap(self, file_key: bytes) -> Stanza:
        """Wrap *file_key* so that only this recipient's identity can unwrap it."""
        wrapped = _SUITE.encrypt(file_key, self._key, _INFO)
        return Stanza(STANZA, (encode(wrapped[:SHARE_SIZE]),), wrapped[SHARE_SIZE:])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipient) and self._raw == other._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return f"<Recipient {hashlib.sha256(self._raw).hexdigest()[:8]}>"


class Identity:
    """The secret half of a key: a 32-byte seed and what follows from it."""

    __slots__ = ("_curve", "_key", "_recipient", "_seed")

    def __init__(self, seed: bytes) -> None:
        """For this module; others call :meth:`from_seed` or :meth:`generate`."""
        expanded = hashlib.shake_256(seed).digest(96)
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self._curve = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        self._key = hpke.MLKEM768X25519PrivateKey(lattice, self._curve)
        self._seed = seed
        public = lattice.public_key(), self._curve.public_key()
        raw = public[0].public_bytes_raw() + public[1].public_bytes_raw()
        self._recipient = Recipient(raw, hpke.MLKEM768X25519PublicKey(*public))

    @classmethod
    def from_seed(cls, seed: bytes) -> Identity:
        """Rebuild the identity of a 32-byte *seed*.

        Raises:
            MalformedError: *seed* has another length.
        """
        if len(seed) != SEED_SIZE:
            raise MalformedError("seed: wrong length")
        return cls(bytes(seed))

    @classmethod
    def generate(cls) -> Identity:
        """Make a new identity from the operating system's randomness."""
        return cls(os.urandom(SEED_SIZE))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes."""
        return self._seed

    @property
    def recipient(self) -> Recipient:
        """The public half."""
        return self._recipient

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes:
        """Return the file key from the first stanza that is for this identity.

        Raises:
            MalformedError: a stanza of our kind is not well formed, even one that is for somebody else.
            NotForUsError: none is for this identity.
        """
        shares = [_parse(stanza) for stanza in stanzas if stanza.kind == STANZA]
        for share, body in shares:
            try:
                return _SUITE.decrypt(share + body, self._key, _INFO)
            except InvalidTag:
                self._refuse_low_order(share)
        raise NotForUsError

    def _refuse_low_order(self, share: bytes) -> None:
        # HPKE answers every fault alike; a low-order share is a broken file, not somebody else's.
        try:
            self._curve.exchange(x25519.X25519PublicKey.from_public_bytes(share[MLKEM_SHARE_SIZE:]))
        except ValueError:
            raise MalformedError("stanza: low-order share") from None

    def __repr__(self) -> str:
        return "<Identity>"

    def __reduce__(self) -> str:
        raise TypeError("an identity is not to be pickled or copied")


def _parse(stanza: Stanza) -> tuple[bytes, bytes]:
    if len(stanza.arguments) != 1:
        raise MalformedError("stanza: wrong number of arguments")
    share = decode(stanza.arguments[0], part="stanza share")
    if len(share) != SHARE_SIZE:
        raise MalformedError("stanza share: wrong length")
    # The length is checked before any key is tried, so that nobody can pack two keys into one body.
    if len(stanza.body) != FILE_KEY_SIZE + TAG_SIZE:
        raise MalformedError("stanza body: wrong length")
    return share, stanza.body
