"""
Redacted pictures of a draft: objects of their own, sealed to the draft's key.

Each holds the pixels as they would be public and how they were made; never the original, which stays in its
case. What is public of one is its SHA-256 in the draft's own bytes, so any change of it voids what was said
of the draft like any other edit: whoever writes one here saves the draft in the same transaction.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical
from casework.errors import NotFoundError
from casework.keys import PublicKey
from casework.tables import Draft, DraftPicture
from crypto import context, sealed
from crypto.errors import MalformedError
from crypto.padding import FILE
from crypto.xwing import Identity


@dataclass(frozen=True, slots=True)
class Pixels:
    """One picture as it would be public, and how it was made."""

    jpeg: bytes = field(repr=False)
    plan: Mapping[str, Any] = field(repr=False)


def seal_picture(key: PublicKey, picture: bytes, pixels: Pixels) -> bytes:
    """Seal *pixels*, under the id *picture*, to the draft's own key."""
    body = canonical.dumps({"jpeg": _written(pixels.jpeg), "plan": dict(pixels.plan)})
    return sealed.seal(body, [key.recipient], _where(key.owner, key.generation, picture), sizes=FILE)


def open_picture(row: DraftPicture, identity: Identity) -> Pixels:
    """
    Open one picture of a draft.

    Raises:
        CryptoError: not for this key, or not the picture of this row.
    """
    body = canonical.loads(
        sealed.open_sealed(row.sealed, identity, _where(row.draft, row.generation, row.id))
    )
    try:
        return Pixels(_read(body["jpeg"]), body["plan"])
    except (KeyError, TypeError, ValueError):
        raise MalformedError("picture: not as it is written") from None


def of_draft(session: Session, draft: bytes) -> Sequence[DraftPicture]:
    """Return the pictures of a draft, sealed."""
    wanted = select(DraftPicture).where(DraftPicture.draft == draft).order_by(DraftPicture.id)
    return session.scalars(wanted).all()


def keep(session: Session, draft: Draft, picture: bytes, generation: int, body: bytes) -> None:
    """
    Keep a picture of *draft*, which the same transaction has just saved, sealed to this key of it.

    Raises:
        NotFoundError: the id belongs to another draft.
    """
    row = session.get(DraftPicture, picture)
    if row is None:
        session.add(DraftPicture(id=picture, draft=draft.id, generation=generation, sealed=body))
    elif row.draft != draft.id:
        raise NotFoundError
    else:
        row.generation, row.sealed = generation, body


def take_out(session: Session, draft: Draft, picture: bytes) -> None:
    """Drop one picture of *draft*, which the same transaction has just saved."""
    session.execute(delete(DraftPicture).where(DraftPicture.id == picture, DraftPicture.draft == draft.id))


def drop(session: Session, drafts: Collection[bytes]) -> None:
    """Drop every picture of these drafts."""
    session.execute(delete(DraftPicture).where(DraftPicture.draft.in_(drafts)))


def packed(given: Mapping[str, bytes]) -> dict[str, str]:
    """Return pictures by their SHA-256 as a press row carries them."""
    return {name: _written(data) for name, data in given.items()}


def unpacked(carried: Mapping[str, str]) -> dict[str, bytes]:
    """
    Return pictures as :func:`packed` took them.

    Raises:
        ValueError: they are something else.
    """
    return {name: _read(data) for name, data in carried.items()}


def _written(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _read(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("casework: not a picture") from None


def _where(draft: bytes, generation: int, picture: bytes) -> bytes:
    return context.named("picture", draft, generation, picture)
