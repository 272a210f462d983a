"""Signed notes (C2SP `signed-note`): text, an empty line, then one line per Ed25519 signature.

    <text, ends with a line end>

    — <name> <base64 of key id ‖ signature>

Signatures by keys one does not know are ignored; text counts only once enough known keys signed it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from crypto.errors import MalformedError
from crypto.signature import SigningKey, verify_bytes

SIZE_LIMIT = 1024 * 1024  # bytes; a roster of two hundred people has less than half of it
_SIGNATURES_LIMIT = 32
_KEY_ID_SIZE = 4
_ED25519 = b"\x01"
_LINE = re.compile(r"— ([^\s+]+) (\S+)\Z")


@dataclass(frozen=True)
class UnverifiedNote:
    """A note as it was read: its text is a claim until it is verified."""

    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, note: bytes, limit: int = SIZE_LIMIT) -> UnverifiedNote:
        """Split *note*, of at most *limit* bytes, into text and signatures.

        Raises:
            MalformedError: not a signed note.
        """
        if len(note) > limit:
            raise MalformedError("note: too long")
        text, separator, tail = note.rpartition(b"\n\n")
        if not separator or not tail.endswith(b"\n"):
            raise MalformedError("note: no signatures")
        try:
            lines = tail.decode("utf-8").split("\n")[:-1]
            text.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError("note: not UTF-8") from None
        if len(lines) > _SIGNATURES_LIMIT:
            raise MalformedError("note: too many signatures")
        return cls(text + b"\n", tuple(_parse_line(line) for line in lines))

    def signers(self, keys: Mapping[str, bytes]) -> frozenset[str]:
        """Return the names of the *keys* (name to public key) that signed the text.

        Raises:
            TamperedError: a signature that claims one of these keys is not by it.
        """
        found = set()
        for name, blob in self.signatures:
            public = keys.get(name)
            if public is None or blob[:_KEY_ID_SIZE] != key_id(name, public):
                continue
            verify_bytes(public, self.text, blob[_KEY_ID_SIZE:])
            found.add(name)
        return frozenset(found)


def sign(text: bytes, name: str, key: SigningKey) -> bytes:
    """Return the note of *text* with one signature. The text begins with a-z and ends with a line end."""
    if not text.endswith(b"\n"):
        raise ValueError("crypto: the text of a note ends with a line end")
    return text + b"\n" + _line(text, name, key)


def add_signature(note: bytes, name: str, key: SigningKey) -> bytes:
    """Return *note* with one more signature; the same note if this one is already there.

    Raises:
        MalformedError: not a signed note.
    """
    line = _line(UnverifiedNote.parse(note).text, name, key)
    return note if line in note else note + line


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a signature line says which key it is of."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + public).digest()[:_KEY_ID_SIZE]


def _line(text: bytes, name: str, key: SigningKey) -> bytes:
    blob = base64.b64encode(key_id(name, key.public) + key.sign_note(text)).decode("ascii")
    return f"— {name} {blob}\n".encode()


def _parse_line(line: str) -> tuple[str, bytes]:
    match = _LINE.match(line)
    if not match:
        raise MalformedError("note: not a signature line")
    try:
        blob = base64.b64decode(match[2].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedError("note: signature is not base64") from None
    if len(blob) <= _KEY_ID_SIZE:
        raise MalformedError("note: signature too short")
    return match[1], blob
