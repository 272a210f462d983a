"""Text forms of bytes: canonical base64 without padding, as age writes it, and its URL-safe kin.

Every value has exactly one text form. A decoder that took two would let a stranger change a header
without changing its meaning.
"""

from __future__ import annotations

import base64
import binascii

from crypto.errors import MalformedError


def encode(raw: bytes) -> str:
    """Write *raw* in standard base64 without padding."""
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str, *, part: str) -> bytes:
    """Read what :func:`encode` wrote; *part* names the thing in the error.

    Raises:
        MalformedError: *text* is not the one canonical form of any bytes.
    """
    return _decode(text, part, None)


def encode_url(raw: bytes) -> str:
    """Write *raw* in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_url(text: str, *, part: str) -> bytes:
    """Read what :func:`encode_url` wrote; *part* names the thing in the error.

    Raises:
        MalformedError: *text* is not the one canonical form of any bytes.
    """
    return _decode(text, part, b"-_")


def _decode(text: str, part: str, altchars: bytes | None) -> bytes:
    try:
        ascii_text = text.encode("ascii")
        raw = base64.b64decode(ascii_text + b"=" * (-len(ascii_text) % 4), altchars=altchars, validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise MalformedError(f"{part}: not base64") from None
    # Padding in the text, or stray bits in its last character, come back different.
    again = base64.b64encode(raw, altchars=altchars).rstrip(b"=")
    if again != ascii_text:
        raise MalformedError(f"{part}: base64 is not canonical")
    return raw
