"""The payload of an age v1 file: STREAM, 64 KiB chunks of ChaCha20-Poly1305. Knows no headers.

Rules:
* Each chunk's nonce is its number and whether it is the last, so chunks cannot be dropped, doubled,
  swapped or added.
* Only a payload of nothing has an empty chunk; the last chunk is the last byte of the file.
* Memory is two chunks, whatever the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crypto.errors import MalformedError, TamperedError
from crypto.kdf import derive

CHUNK = 64 * 1024
TAG_SIZE = 16
NONCE_SIZE = 16
SEALED_CHUNK = CHUNK + TAG_SIZE

Read = Callable[[int], bytes]
"""Return at most so many bytes, and none only at the end; the shape of `BinaryIO.read`."""


def payload_key(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    """Return the cipher of the payload that begins with *nonce*."""
    return ChaCha20Poly1305(derive(file_key, "payload", salt=nonce))


def read_nonce(read: Read) -> bytes:
    """Read what a payload begins with.

    Raises:
        MalformedError: the file ends within it.
    """
    nonce = read_fully(read, NONCE_SIZE)
    if len(nonce) != NONCE_SIZE:
        raise MalformedError("payload: no nonce")
    return nonce


def read_fully(read: Read, size: int) -> bytes:
    """Return *size* bytes, or fewer if there are no more; a short read in between is no end."""
    first = read(size)
    if len(first) in (0, size):
        return first
    parts, have = [first], len(first)
    while have < size:
        part = read(size - have)
        if not part:
            break
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def encrypt_chunks(key: ChaCha20Poly1305, read: Read) -> Iterator[bytes]:
    """Encrypt what *read* gives until its end, chunk by chunk."""
    number, chunk = 0, read_fully(read, CHUNK)
    while after := read_fully(read, CHUNK) if len(chunk) == CHUNK else b"":
        yield key.encrypt(_nonce(number, last=False), chunk, None)
        number, chunk = number + 1, after
    yield key.encrypt(_nonce(number, last=True), chunk, None)


def decrypt_chunks(key: ChaCha20Poly1305, read: Read) -> Iterator[bytes]:
    """Decrypt what *read* gives until its end, chunk by chunk.

    A chunk that was given out is genuine and in its place, but it is not the whole before this ends
    without an error.

    Raises:
        TamperedError: a chunk is not what was sealed, or the last one is missing, or more follows it.
    """
    number, last = 0, False
    while not last:
        plain, last = _decrypt(key, number, read_fully(read, SEALED_CHUNK))
        if number and not plain:
            raise TamperedError
        yield plain
        number += 1
    if read(1):
        raise TamperedError


def _decrypt(key: ChaCha20Poly1305, number: int, chunk: bytes) -> tuple[bytes, bool]:
    """Return the plaintext of *chunk* and whether it was sealed as the last one."""
    # A full chunk may be either; only its nonce tells. A shorter one can only be the last.
    for last in (False, True) if len(chunk) == SEALED_CHUNK else (True,):
        try:
            return key.decrypt(_nonce(number, last=last), chunk, None), last
        except InvalidTag:
            continue
    raise TamperedError


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
