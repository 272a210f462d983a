"""Grants: a case key's seed, sealed to one person. The hub makes them; only a keyring opens them."""

from __future__ import annotations

from crypto.padding import EXACT
from crypto.sealed import seal
from crypto.xwing import Identity, Recipient


def seal_grant(case_identity: Identity, recipient: Recipient, context: bytes) -> bytes:
    """Seal the seed of *case_identity* to *recipient*; *context* is that of :func:`crypto.context.grant`.

    All grants have one size. Whoever has opened a grant keeps what it held, whatever becomes of the row.
    """
    return seal(case_identity.seed, [recipient], context, sizes=EXACT)
