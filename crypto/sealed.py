"""The one sealed format: age v1, X-Wing recipients, and one stanza that binds the context.

    age-encryption.org/v1
    -> subrosa/context <base64 of SHA-256(context)>
    <empty body>
    -> mlkem768x25519 <share>            one per recipient, in random order
    <wrapped file key>
    --- <MAC>
    <nonce and payload: `u32 length ‖ plaintext ‖ zeros`>

Rules:
* The reader works the context out from where it found the file; missing, doubled or different is refused.
* At most 16 recipients. Stanzas of other kinds are ignored, as age demands, but lie under the MAC.
* Nothing says who sealed. Authorship is a signature inside.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import random
import struct
from collections.abc import Sequence
from typing import Protocol

from crypto import header as age_header
from crypto import stream
from crypto.encoding import decode, encode
from crypto.errors import MalformedError, TamperedError
from crypto.header import FILE_KEY_SIZE, Header, Stanza
from crypto.padding import FILE, LENGTH_SIZE, TEXT, Sizes, frame_length, pad, unpad
from crypto.xwing import STANZA, Identity, Recipient

RECIPIENT_LIMIT = 16
CONTEXT_STANZA = "subrosa/context"


class Source(Protocol):
    """Something to read from, such as a binary file."""

    def read(self, size: int, /) -> bytes: ...


class LineSource(Source, Protocol):
    """Something to read lines from as well, such as a binary file."""

    def readline(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """Something to write to, such as a binary file."""

    def write(self, data: bytes, /) -> object: ...


def seal(plaintext: bytes, recipients: Sequence[Recipient], context: bytes, *, sizes: Sizes = TEXT) -> bytes:
    """
    Seal *plaintext* so that any one of *recipients* can open it, in *context* and nowhere else.

    The body is padded to the next of *sizes*, so a sealed file tells its keeper which of them it is, and
    how many can open it. Sealing needs no secret and leaves none behind. Does not say who sealed it.
    """
    file_key = os.urandom(FILE_KEY_SIZE)
    nonce = os.urandom(stream.NONCE_SIZE)
    head = _header(file_key, recipients, context).write()
    body = stream.encrypt(stream.payload_key(file_key, nonce), pad(plaintext, sizes))
    return b"".join((head, nonce, body))


def open_sealed(sealed: bytes, identity: Identity, context: bytes) -> bytes:
    """
    Open what was sealed to *identity* in *context*; all of it or nothing.

    Raises:
        NotForUsError: sealed to others.
        TamperedError: changed, cut, extended, or sealed for another place than *context*.
        MalformedError: not a sealed file of ours.
        UnknownVersionError: of a later version.
    """
    source = io.BytesIO(sealed)
    file_key = _open_header(age_header.read(source.readline), identity, context)
    key = stream.payload_key(file_key, stream.read_nonce(source.read))
    return unpad(b"".join(stream.decrypt_chunks(key, source.read)))


def rewrap(sealed: bytes, identity: Identity, recipients: Sequence[Recipient], context: bytes) -> bytes:
    """
    Give *sealed* a new header for *recipients*, in the same *context*, leaving the payload as it lies.

    Whoever could open the old file and kept its key or a copy still can: taking somebody off needs a new
    seal. Checks the header, not the payload.

    Raises:
        CryptoError: as :func:`open_sealed`.
    """
    source = io.BytesIO(sealed)
    file_key = _open_header(age_header.read(source.readline), identity, context)
    return _header(file_key, recipients, context).write() + source.read()


def seal_stream(
    source: Source,
    sink: Sink,
    recipients: Sequence[Recipient],
    context: bytes,
    length: int,
    *,
    sizes: Sizes = FILE,
) -> None:
    """
    Seal exactly *length* bytes of *source* into *sink*, in constant memory; otherwise as :func:`seal`.

    Raises:
        ValueError: *source* has fewer or more bytes; what lies in *sink* then is to be thrown away.
    """
    file_key = os.urandom(FILE_KEY_SIZE)
    nonce = os.urandom(stream.NONCE_SIZE)
    framed = _Framed(source, length, frame_length(length, sizes))
    sink.write(_header(file_key, recipients, context).write() + nonce)
    for chunk in stream.encrypt_chunks(stream.payload_key(file_key, nonce), framed.read):
        sink.write(chunk)


def open_stream(source: LineSource, sink: Sink, identity: Identity, context: bytes) -> int:
    """
    Open *source* into *sink* in constant memory and return the number of bytes written.

    What lies in *sink* is the whole only once this has returned: on any error it is to be thrown away.

    Raises:
        CryptoError: as :func:`open_sealed`.
    """
    file_key = _open_header(age_header.read(source.readline), identity, context)
    key = stream.payload_key(file_key, stream.read_nonce(source.read))
    unframed = _Unframed(sink)
    for chunk in stream.decrypt_chunks(key, source.read):
        unframed.take(chunk)
    return unframed.finish()


def recipients_of(sealed: bytes) -> int:
    """Return to how many *sealed* was sealed; anybody can see that, and can have forged it.

    Raises:
        CryptoError: not a sealed file.
    """
    return sum(stanza.kind == STANZA for stanza in age_header.read(io.BytesIO(sealed).readline).stanzas)


def _header(file_key: bytes, recipients: Sequence[Recipient], context: bytes) -> Header:
    each = list(dict.fromkeys(recipients))
    if not 1 <= len(each) <= RECIPIENT_LIMIT:
        raise ValueError(f"crypto: seal to 1 to {RECIPIENT_LIMIT} recipients")
    # The order of a duty list is nobody's business.
    random.SystemRandom().shuffle(each)
    bound = Stanza(CONTEXT_STANZA, (encode(hashlib.sha256(context).digest()),), b"")
    return Header.make([bound, *(recipient.wrap(file_key) for recipient in each)], file_key)


def _open_header(header: Header, identity: Identity, context: bytes) -> bytes:
    if sum(stanza.kind == STANZA for stanza in header.stanzas) > RECIPIENT_LIMIT:
        raise MalformedError("header: too many recipients")
    bound = [stanza for stanza in header.stanzas if stanza.kind == CONTEXT_STANZA]
    if len(bound) != 1 or len(bound[0].arguments) != 1 or bound[0].body:
        raise MalformedError("header: not exactly one context")
    found = decode(bound[0].arguments[0], part="context")
    file_key = identity.unwrap(header.stanzas)
    header.verify(file_key)
    if not hmac.compare_digest(found, hashlib.sha256(context).digest()):
        raise TamperedError
    return file_key


class _Framed:
    """Reads `u32 length ‖ source ‖ zeros` and holds the source to its length."""

    def __init__(self, source: Source, length: int, total: int) -> None:
        self._source = source
        self._prefix = struct.pack(">I", length)
        self._left = length
        self._zeros = total - LENGTH_SIZE - length

    def read(self, size: int) -> bytes:
        if self._prefix:
            prefix, self._prefix = self._prefix, b""
            return prefix
        if self._left:
            piece = self._source.read(min(size, self._left))
            if not piece:
                raise ValueError("crypto: the source is shorter than its length")
            self._left -= len(piece)
            if not self._left and self._source.read(1):
                raise ValueError("crypto: the source is longer than its length")
            return piece
        zeros = min(size, self._zeros)
        self._zeros -= zeros
        return bytes(zeros)


class _Unframed:
    """Takes framed chunks and writes the payload alone."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._length: int | None = None
        self._left = 0

    def take(self, chunk: bytes) -> None:
        if self._length is None:
            # The first chunk is 64 KiB or all there is, so it has the length or nothing has.
            if len(chunk) < LENGTH_SIZE:
                raise MalformedError("padding: no length")
            self._length = self._left = int(struct.unpack_from(">I", chunk)[0])
            chunk = chunk[LENGTH_SIZE:]
        payload, filling = chunk[: self._left], chunk[self._left :]
        if filling.strip(b"\0"):
            raise MalformedError("padding: not zeros")
        self._left -= len(payload)
        if payload:
            self._sink.write(payload)

    def finish(self) -> int:
        if self._length is None or self._left:
            raise MalformedError("padding: wrong length")
        return self._length
