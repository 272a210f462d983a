"""
From which generation on a key may be sealed to.

When somebody is gone the hub makes the next key of what they could hold, and says so in the journal: whose
key, which compartment, which generation. An older key is safe no more, whatever rows are left: whoever takes
the newer one out of the database brings no older one back. The hub keeps these numbers in ``state_dir`` too,
so that cutting the journal off makes it forget none; with no good key left, it makes one that comes after.
"""

from __future__ import annotations

from collections.abc import Mapping

from casework import canonical
from crypto.errors import MalformedError

Renewals = dict[tuple[bytes, str], int]
"""Of an owner and a compartment: the generation the hub made when somebody was gone, the newest such."""

_NUMBER = 4
_SIZE = 16


def subject(compartment: str, generation: int) -> bytes:
    """Return what the journal's row says was renewed: four bytes of the generation, then the compartment."""
    named = generation.to_bytes(_NUMBER, "big") + compartment.encode("ascii")
    return named.ljust(_SIZE, b"\0")


def read_subject(said: bytes | None) -> tuple[str, int] | None:
    """Read what :func:`subject` wrote; none for a row from before there were subjects, or of another kind."""
    if said is None or len(said) != _SIZE:
        return None
    compartment = said[_NUMBER:].rstrip(b"\0")
    if not compartment.isalpha() or not compartment.isascii():
        return None
    return compartment.decode("ascii"), int.from_bytes(said[:_NUMBER], "big")


def dumps(renewals: Mapping[tuple[bytes, str], int]) -> bytes:
    """Return the bytes they are kept as."""
    return canonical.dumps(
        {f"{owner.hex()}/{compartment}": n for (owner, compartment), n in renewals.items()}
    )


def loads(body: bytes) -> Renewals:
    """
    Read what :func:`dumps` wrote.

    Raises:
        MalformedError: it is something else.
    """
    said, found = canonical.loads(body), {}
    try:
        for name, generation in said.items():
            owner, _slash, compartment = name.partition("/")
            found[bytes.fromhex(owner), compartment] = int(generation)
    except (AttributeError, TypeError, ValueError):
        raise MalformedError("renewals") from None
    return found
