"""Sizes in which sealed things come, so that a length says little.

Framing, before sealing: `u32 length ‖ payload ‖ zeros` up to the size. A reader needs no table of sizes:
it takes the length and demands zeros for the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from crypto.errors import MalformedError

Sizes = Callable[[int], int]
"""From a number of bytes to the size, at least as large, in which it is sealed."""


class Source(Protocol):
    """Something to read from, such as a binary file."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """Something to write to, such as a binary file."""

    def write(self, data: bytes, /) -> object: ...


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


class Framed:
    """Reads `u32 length ‖ source ‖ zeros` and holds the source to its length."""

    def __init__(self, source: Source, length: int, sizes: Sizes) -> None:
        self._source = source
        self._prefix = struct.pack(">I", length)
        self._left = length
        self._zeros = frame_length(length, sizes) - LENGTH_SIZE - length

    def read(self, size: int) -> bytes:
        """Return at most *size* bytes, and none only at the end.

        Raises:
            ValueError: the source has fewer bytes than its length, or more.
        """
        if self._prefix:
            prefix, self._prefix = self._prefix, b""
            return prefix
        if self._left:
            return self._read_source(min(size, self._left))
        zeros = min(size, self._zeros)
        self._zeros -= zeros
        return bytes(zeros)

    def _read_source(self, size: int) -> bytes:
        piece = self._source.read(size)
        if not piece:
            raise ValueError("crypto: the source is shorter than its length")
        self._left -= len(piece)
        if not self._left and self._source.read(1):
            raise ValueError("crypto: the source is longer than its length")
        return piece


class Unframed:
    """Takes framed chunks and writes the payload alone to a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._length: int | None = None
        self._left = 0

    def take(self, chunk: bytes) -> None:
        """Write what of *chunk* is payload; the first chunk must hold the whole length.

        Raises:
            MalformedError: the first chunk is too short, or what follows the payload is not zeros.
        """
        if self._length is None:
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
        """Return the length of the payload, once all chunks were taken.

        Raises:
            MalformedError: there was less payload than the length says.
        """
        if self._length is None or self._left:
            raise MalformedError("padding: wrong length")
        return self._length
