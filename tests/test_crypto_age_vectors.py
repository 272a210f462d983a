"""The age test kit (C2SP/CCTV) against our header, stanzas and stream: one fault per file.

Files that need armor or a passphrase are not applicable: our format has neither.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pyrage

from crypto import header, stream
from crypto.errors import CryptoError, MalformedError, NotForUsError, TamperedError, UnknownVersionError
from tests.agekit import X25519Identity, bech32, identity, open_age, read_vector, x25519_stanza

FAULTS: dict[str, tuple[type[CryptoError], ...]] = {
    "header failure": (MalformedError, UnknownVersionError),
    "HMAC failure": (TamperedError,),
    "payload failure": (TamperedError,),
    "no match": (NotForUsError,),
}


def test_every_applicable_file_of_the_age_kit_opens_or_fails_as_it_says(shared: Path) -> None:
    vectors = [
        read_vector(path) for path in sorted((shared / "vectors/age").iterdir()) if path.suffix != ".md"
    ]
    held = [vector for vector in vectors if vector.applicable]
    assert len(held) == 85
    wrong = []
    for vector in held:
        released, outcome = _play(vector.body, vector.identities)
        expected = FAULTS.get(vector.expect, (type(None),))
        if type(outcome) not in expected or _payload(vector.payload) != hashlib.sha256(released).hexdigest():
            wrong.append((vector.name, vector.expect, repr(outcome)))
    assert not wrong


def test_a_header_that_parses_writes_back_the_same_bytes(shared: Path) -> None:
    written = 0
    for path in sorted((shared / "vectors/age").iterdir()):
        if path.suffix == ".md" or not (vector := read_vector(path)).applicable:
            continue
        source = io.BytesIO(vector.body)
        try:
            head = header.read(source.readline)
        except CryptoError:
            continue
        assert head.write() == vector.body[: source.tell()]
        again = "".join(line + "\n" for stanza in head.stanzas for line in stanza.lines())
        assert b"age-encryption.org/v1\n" + again.encode() + b"---" == head.covered
        written += 1
    assert written > 30


def test_pyrage_opens_what_our_header_and_stream_wrote() -> None:
    key = pyrage.x25519.Identity.generate()
    recipient = bech32(str(key.to_public()))
    file_key, nonce, plaintext = bytes(range(16)), bytes(16), b"said in confidence" * 9000
    head = header.Header.make([x25519_stanza(recipient, file_key)], file_key).write()
    key_of_payload = stream.payload_key(file_key, nonce)
    body = b"".join(stream.encrypt_chunks(key_of_payload, io.BytesIO(plaintext).read))
    assert pyrage.decrypt(head + nonce + body, [key]) == plaintext


def test_our_header_and_stream_open_what_pyrage_wrote() -> None:
    key = pyrage.x25519.Identity.generate()
    plaintext = b"said in confidence" * 9000
    sealed = pyrage.encrypt(plaintext, [key.to_public()])
    assert b"".join(open_age(sealed, [X25519Identity(str(key))])) == plaintext


def _play(body: bytes, identities: tuple[str, ...]) -> tuple[bytes, CryptoError | None]:
    released = b""
    try:
        for chunk in open_age(body, [identity(text) for text in identities]):
            released += chunk
    except CryptoError as error:
        return released, error
    return released, None


def _payload(expected: str | None) -> str:
    return expected or hashlib.sha256(b"").hexdigest()
