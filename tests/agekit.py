"""What only tests need of age: X25519 keys, Bech32, and the files of the age test kit."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crypto import header, stream
from crypto.encoding import decode, encode
from crypto.errors import MalformedError, NotForUsError
from crypto.header import Stanza
from crypto.kdf import derive
from crypto.xwing import Identity

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_INFO = "age-encryption.org/v1/X25519"


@dataclass(frozen=True)
class Vector:
    """One file of the kit: what to expect, and the bytes."""

    name: str
    expect: str
    payload: str | None
    identities: tuple[str, ...]
    body: bytes
    applicable: bool


class X25519Identity:
    """The classic age identity."""

    def __init__(self, text: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(bech32(text))
        self._public = self._key.public_key().public_bytes_raw()

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes:
        for stanza in stanzas:
            if stanza.kind != "X25519":
                continue
            if len(stanza.arguments) != 1 or len(stanza.body) != 32:
                raise MalformedError("X25519 stanza")
            share = decode(stanza.arguments[0], part="X25519 share")
            if len(share) != 32:
                raise MalformedError("X25519 share")
            try:
                shared = self._key.exchange(X25519PublicKey.from_public_bytes(share))
            except ValueError:
                raise MalformedError("X25519 low order") from None
            key = derive(shared, _INFO, salt=share + self._public)
            try:
                return ChaCha20Poly1305(key).decrypt(bytes(12), stanza.body, None)
            except InvalidTag:
                continue
        raise NotForUsError


def x25519_stanza(recipient: bytes, file_key: bytes) -> Stanza:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    key = derive(shared, _INFO, salt=share + recipient)
    return Stanza("X25519", (encode(share),), ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None))


def identity(text: str) -> Identity | X25519Identity:
    if text.startswith("AGE-SECRET-KEY-PQ-1"):
        return Identity.from_seed(bech32(text))
    return X25519Identity(text)


def open_age(body: bytes, identities: Sequence[Identity | X25519Identity]) -> Iterator[bytes]:
    """Open any age file with the vault's own header and stream, without our context."""
    source = io.BytesIO(body)
    head = header.read(source.readline)
    file_key = _unwrap(head, identities)
    head.verify(file_key)
    key = stream.payload_key(file_key, stream.read_nonce(source.read))
    yield from stream.decrypt_chunks(key, source.read)


def _unwrap(head: header.Header, identities: Sequence[Identity | X25519Identity]) -> bytes:
    for each in identities:
        try:
            return each.unwrap(head.stanzas)
        except NotForUsError:
            continue
    raise NotForUsError


def read_vector(path: Path) -> Vector:
    head, _, body = path.read_bytes().partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode("utf-8").split("\n"):
        name, _, value = line.partition(": ")
        fields.setdefault(name, []).append(value)
    if fields.get("compressed") == ["zlib"]:
        body = zlib.decompress(body)
    return Vector(
        name=path.name,
        expect=fields["expect"][0],
        payload=fields.get("payload", [None])[0],
        identities=tuple(fields.get("identity", ())),
        body=body,
        applicable=not fields.keys() & {"armored", "passphrase"} and "armor" not in path.name,
    )


def bech32(text: str) -> bytes:
    """Decode the data of a Bech32 string that is known to be good; the checksum is not looked at."""
    data = [_BECH32.index(char) for char in text.lower().rpartition("1")[2]][:-6]
    value = 0
    for five in data:
        value = value << 5 | five
    spare = len(data) * 5 % 8
    return (value >> spare).to_bytes(len(data) * 5 // 8, "big")
