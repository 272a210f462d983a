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
from collections.abc import Sequence
from typing import Protocol

from crypto import header as age_header
from crypto import stream
from crypto.encoding import decode, encode
from crypto.errors import MalformedError, TamperedError
from crypto.header import FILE_KEY_SIZE, Header, Stanza
from crypto.padding import FILE, TEXT, Framed, Sink, Sizes, Source, Unframed
from crypto.xwing import STANZA, Identity, Recipient

RECIPIENT_LIMIT = 16
CONTEXT_STANZA = "subrosa/context"


class LineSource(Source, Protocol):
    """Something to read lines from as well, such as a binary file."""

    def readline(self, size: int, /) -> bytes: ...


def seal(plaintext: bytes, recipients: Sequence[Recipient], context: bytes, *, sizes: Sizes = TEXT) -> bytes:
    """
    Seal *plaintext* so that any one of *recipients* can open it, in *context* and nowhere else.

    The body is padded to the next of *sizes*, so a sealed file tells its keeper which of them it is, and
    how many can open it. Sealing needs no secret and leaves none behind. Does not say who sealed it.
    """
    sink = io.BytesIO()
    seal_stream(io.BytesIO(plaintext), sink, recipients, context, len(plaintext), sizes=sizes)
    return sink.getvalue()


def open_sealed(sealed: bytes, identity: Identity, context: bytes) -> bytes:
    """
    Open what was sealed to *identity* in *context*; all of it or nothing.

    Raises:
        NotForUsError: sealed to others.
        TamperedError: changed, cut, extended, or sealed for another place than *context*.
        MalformedError: not a sealed file of ours.
        UnknownVersionError: of a later version.
    """
    sink = io.BytesIO()
    open_stream(io.BytesIO(sealed), sink, identity, context)
    return sink.getvalue()


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
    framed = Framed(source, length, sizes)
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
    unframed = Unframed(sink)
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
