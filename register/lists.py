"""
An imported list as one body of bytes: what two staff look at, sign and release.

One entry a line, in its canonical form, by id; notices are left out, because they are never published.
"""

from __future__ import annotations

from collections.abc import Iterable

from register.entry import Entry, dumps, loads


def pack(entries: Iterable[Entry]) -> bytes:
    """Write the publishable ones of *entries*; the same entries in any order give the same bytes."""
    ordered = sorted((entry for entry in entries if entry.is_publishable), key=lambda entry: entry.id)
    return b"".join(dumps(entry) + b"\n" for entry in ordered)


def unpack(body: bytes) -> tuple[Entry, ...]:
    """
    Read what :func:`pack` wrote.

    Raises:
        RegisterError: a line is no entry.
    """
    return tuple(loads(line) for line in body.splitlines() if line)
