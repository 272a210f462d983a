"""Contexts: what a sealed thing is and where it belongs, as bytes.

A context is written by the sealer and worked out anew by the reader *from where the row was found*; its
hash is in the sealed file. A row moved to another case, compartment or mailbox is therefore refused.
Contexts hold constants and random ids only, never words or names of people.
"""

from __future__ import annotations

import hashlib
import re

from crypto.xwing import Recipient

_TEXT = re.compile(r"[!-~]*\Z")


def named(purpose: str, *parts: bytes | str | int) -> bytes:
    """Return the context of *purpose* with these *parts*: ids as bytes, constants as text, numbers.

    Parts are joined by NUL: bytes in lower-case hex, numbers in decimal. Two contexts of one purpose are
    told apart only if the purpose always has the same parts in the same order; keep it so.
    """
    return b"\0".join([_part(purpose), *map(_part, parts)])


def item(case: bytes, compartment: str, generation: int, item: bytes, kind: str) -> bytes:
    """Context of one sealed item of a case."""
    return named("item", case, compartment, generation, item, kind)


def grant(case: bytes, compartment: str, generation: int, staff: str, recipient: Recipient) -> bytes:
    """Context of the grant that gives *staff* the seed whose public half is *recipient*, the case's key."""
    return named("grant", case, compartment, generation, staff, hashlib.sha256(recipient.raw).digest())


def letter(mailbox: bytes, letter: bytes) -> bytes:
    """Context of one letter waiting in a mailbox."""
    return named("letter", mailbox, letter)


def _part(part: bytes | str | int) -> bytes:
    if isinstance(part, bytes):
        return part.hex().encode("ascii")
    if isinstance(part, str):
        if not _TEXT.match(part):
            raise ValueError("crypto: a context holds visible ASCII only")
        return part.encode("ascii")
    if isinstance(part, bool) or part < 0:
        raise ValueError("crypto: a context holds natural numbers only")
    return str(part).encode("ascii")
