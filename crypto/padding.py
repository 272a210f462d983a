"""Sizes in which sealed things come, so that a length says little.

Framing, before sealing: `u32 length ‖ payload ‖ zeros` up to the size. A reader needs no table of sizes:
it takes the length and demands zeros for the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from crypto.errors import MalformedError

Sizes = Callable[[int], int]
"""From a number of bytes to the size, at least as large, in which it is sealed."""

KIB = 1024
LENGTH_SIZE = 4
PAYLOAD_LIMIT = 2**32 - 1 - 64 * KIB  # the length is a u32
_PADME_FLOOR = 64 * KIB


def _text(length: int) -> int:
    for size in (1 * KIB, 4 * KIB):
        if length <= size:
            return size
    return _multiple(length, 16 * KIB)


def _card(length: int) -> int:
    if length <= 1 * KIB:
        return 1 * KIB
    # Losing a word of a card would be worse than a length that tells.
    return _multiple(length, 4 * KIB)


def _file(length: int) -> int:
    if length <= _PADME_FLOOR:
        return _PADME_FLOOR
    # Padmé: of a length with E bits keep the first log2(E) + 1; at most 3.1 % is added above the floor.
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return _multiple(length, step)


def _exact(length: int) -> int:
    return length


def _multiple(length: int, step: int) -> int:
    return -(-length // step) * step


TEXT: Sizes = _text
"""Whatever people write: 1, 4, 16 KiB, then multiples of 16 KiB."""
CARD: Sizes = _card
"""Identity cards: 1 KiB, else multiples of 4 KiB."""
FILE: Sizes = _file
"""Attachments: Padmé, never below 64 KiB."""
EXACT: Sizes = _exact
"""Only for what always has the same length, such as a seed."""


def frame_length(length: int, sizes: Sizes) -> int:
    """Return how many bytes a payload of *length* takes when framed in *sizes*."""
    if not 0 <= length <= PAYLOAD_LIMIT:
        raise ValueError("crypto: a payload is at most 4 GiB")
    return sizes(LENGTH_SIZE + length)


def pad(payload: bytes, sizes: Sizes) -> bytes:
    """Frame *payload* and fill it with zeros up to its size."""
    total = frame_length(len(payload), sizes)
    return (struct.pack(">I", len(payload)) + payload).ljust(total, b"\0")


def unpad(framed: bytes | bytearray | memoryview) -> bytes:
    """Return the payload of what :func:`pad` framed.

    Raises:
        MalformedError: the length is more than there is, or the filling is not zeros.
    """
    view = memoryview(framed)
    if len(view) < LENGTH_SIZE:
        raise MalformedError("padding: no length")
    end = LENGTH_SIZE + int(struct.unpack(">I", view[:LENGTH_SIZE])[0])
    if end > len(view):
        raise MalformedError("padding: wrong length")
    if bytes(view[end:]).strip(b"\0"):
        raise MalformedError("padding: not zeros")
    return bytes(view[LENGTH_SIZE:end])
