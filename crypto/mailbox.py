"""Mailboxes: where replies wait for whoever holds a code phrase or a handle.

Id, key and route follow from the secret alone. A row keeps the id, the public half and the sealed route;
nothing in it says whose it is, and without the secret nothing in it opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.context import named
from crypto.kdf import derive as derive_key
from crypto.lock import Key, lock, unlock
from crypto.xwing import SEED_SIZE, Identity

ID_SIZE = 16
ROUTE_KEY_SIZE = 32


@dataclass(frozen=True, eq=False)
class Mailbox:
    """One mailbox as its owner sees it."""

    id: bytes
    identity: Identity = field(repr=False)
    route_key: bytes = field(repr=False)

    def seal_route(self, case: bytes) -> bytes:
        """Lock the id of the *case* this mailbox belongs to."""
        return lock(Key(0, self.route_key), case, named("route", self.id))

    def open_route(self, sealed: bytes) -> bytes:
        """Return the case id of :meth:`seal_route`.

        Raises:
            CryptoError: the row is another mailbox's, or was changed.
        """
        return unlock(Key(0, self.route_key), sealed, named("route", self.id))

    def __repr__(self) -> str:
        return "<Mailbox>"


def derive(root: bytes) -> Mailbox:
    """Return the mailbox of *root*, a secret of at least 100 random bits.

    HKDF only: no work is added, so every bit of strength is in *root*.
    """
    return Mailbox(
        id=derive_key(root, "subrosa mailbox-id v1", length=ID_SIZE),
        identity=Identity.from_seed(derive_key(root, "subrosa mailbox-key v1", length=SEED_SIZE)),
        route_key=derive_key(root, "subrosa mailbox-route v1", length=ROUTE_KEY_SIZE),
    )
