"""
Who stands by a key or an item: what is signed, and how it is checked.

Two claims. *This key is what new things of this case may be sealed to*: the hub says so for every sealing
key, after its own making or after it looked at who handed the key in. *I wrote this*: staff say so inside
what they seal, the hub for itself and for what it took in from tipsters, who sign nothing.

Neither says that what is written is true, nor that nothing was taken away.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from casework import canonical
from casework.actors import HUB
from crypto.errors import TamperedError
from crypto.roster import Roster
from crypto.signature import SIGNATURE_SIZE, SigningKey, verify

if TYPE_CHECKING:
    from casework.keys import NewKey, PublicKey

TIPSTER = "tipster"

# Kinds the hub alone writes: a colleague's signature must not turn answers to somebody else.
HUBS_OWN = frozenset({"alarm", "chat", "courier", "joined", "mailbox", "routing", "standing"})

_KEY_TAG = "subrosa/sealing-key-taken"
_ITEM_TAG = "subrosa/item"


def claim(key: NewKey | PublicKey) -> bytes:
    """Return what whoever makes a generation signs."""
    return canonical.dumps(_claim(key))


def vouch(key: NewKey | PublicKey, made_by: str, hub: SigningKey) -> bytes:
    """Sign, as the hub, that new things of its owner may be sealed to *key*, which *made_by* made."""
    return hub.sign(_KEY_TAG, canonical.dumps(_claim(key) | {"made_by": made_by}))


def check_vouched(key: PublicKey, made_by: str, signature: bytes, hub: bytes) -> None:
    """
    Check that *signature* begins with the word of the hub for exactly this key.

    Raises:
        TamperedError: it does not.
    """
    said = canonical.dumps(_claim(key) | {"made_by": made_by})
    verify(hub, _KEY_TAG, said, signature[:SIGNATURE_SIZE])


def sign_item(where: bytes, author: str, payload: dict[str, Any], key: SigningKey) -> bytes:
    """Sign, as *author*, what an item says at its place."""
    return key.sign(_ITEM_TAG, _said(where, author, payload))


def check_may_write(kind: str, author: str) -> None:
    """
    Check that an item of this *kind* can be by this *author*.

    Raises:
        TamperedError: only the hub writes such items.
    """
    if kind in HUBS_OWN and author != HUB:
        raise TamperedError


def check_author(where: bytes, author: str, payload: dict[str, Any], signature: str, roster: Roster) -> None:
    """
    Check that *author* signed what an item says at its place, by any key they have on *roster*.

    Raises:
        TamperedError: they did not.
    """
    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        raise TamperedError from None
    said = _said(where, author, payload)
    for public in _keys_of(author, roster):
        try:
            return verify(public, _ITEM_TAG, said, signed)
        except TamperedError:
            continue
    raise TamperedError


def _claim(key: NewKey | PublicKey) -> dict[str, Any]:
    return {
        "compartment": key.compartment,
        "generation": key.generation,
        "owner": key.owner.hex(),
        "recipient": key.recipient.raw.hex(),
    }


def _said(where: bytes, author: str, payload: dict[str, Any]) -> bytes:
    said = hashlib.sha256(canonical.dumps(payload)).hexdigest()
    return canonical.dumps({"author": author, "payload": said, "where": hashlib.sha256(where).hexdigest()})


def _keys_of(author: str, roster: Roster) -> list[bytes]:
    if author in (HUB, TIPSTER):
        return [roster.hub_signing]
    return [entry.signing for entry in roster.staff if entry.id == author]
