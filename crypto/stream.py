"""The payload of an age v1 file: STREAM, 64 KiB chunks of ChaCha20-Poly1305. Knows no headers.

Rules:
* Each chunk's nonce is its number and whether it is the last, so chunks cannot be dropped, doubled,
  swapped or added.
* Only a payload of nothing has an empty chunk; the last chunk is the last byte of the file.
* Memory is one chunk and its successor, whatever the length.
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


def encrypt(key: ChaCha20Poly1305, plaintext: bytes) -> bytearray:
    """Encrypt all of *plaintext* at once."""
    source = memoryview(plaintext)
    chunks = max(1, -(-len(source) // CHUNK))
    # One allocation: page faults, not ciphers, are what large payloads cost.
    out = bytearray(len(source) + chunks * TAG_SIZE)
    target = memoryview(out)
    for number in range(chunks):
        piece = source[number * CHUNK : (number + 1) * CHUNK]
        at = number * SEALED_CHUNK
        nonce = _nonce(number, last=number == chunks - 1)
        key.encrypt_into(nonce, piece, None, target[at : at + len(piece) + TAG_SIZE])
    return out


def encrypt_chunks(key: ChaCha20Poly1305, read: Read) -> Iterator[bytes]:
    """Encrypt what *read* gives until its end, chunk by chunk."""
    for number, chunk, last in _chunks(read, CHUNK):
        yield key.encrypt(_nonce(number, last=last), chunk, None)


def decrypt_chunks(key: ChaCha20Poly1305, read: Read) -> Iterator[bytes]:
    """Decrypt what *read* gives until its end, chunk by chunk.

    A chunk that was given out is genuine and in its place, but it is not the whole before this ends
    without an error.

    Raises:
        TamperedError: a chunk is not what was sealed, or the last one is missing, or more follows it.
    """
    for number, chunk, last in _chunks(read, SEALED_CHUNK):
        try:
            plain = key.decrypt(_nonce(number, last=last), chunk, None)
        except (InvalidTag, ValueError):
            # A chunk that is cut inside may still be the last one of a shorter payload; its nonce says.
            raise TamperedError from None
        if number and not plain:
            raise TamperedError
        yield plain


def _chunks(read: Read, size: int) -> Iterator[tuple[int, bytes, bool]]:
    number, chunk = 0, read_fully(read, size)
    while True:
        after = read_fully(read, size) if len(chunk) == size else b""
        yield number, chunk, not after
        if not after:
            return
        number, chunk = number + 1, after


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
