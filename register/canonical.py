"""
The one way in which parts of a list are written and read again: sorted keys, and nothing but the exact bytes.

What two people sign is bytes, so a part that could be written in two ways is refused when it is read.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from register.errors import MalformedEntryError

S = TypeVar("S", bound=msgspec.Struct)


def dumps(part: msgspec.Struct) -> bytes:
    """Write the canonical bytes of *part*."""
    return msgspec.json.encode(part, order="sorted")


def loads(data: bytes, kind: type[S], named: str) -> S:
    """
    Read a part of *kind*; an error calls it as it is *named*.

    Raises:
        MalformedEntryError: these bytes are not exactly what :func:`dumps` writes.
    """
    try:
        part = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedEntryError(f"this is not {named}") from None
    if dumps(part) != data:
        raise MalformedEntryError(f"{named} is not in canonical form")
    return part
