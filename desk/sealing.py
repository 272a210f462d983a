"""Building what a desk adds to a case: sealed to the newest key that this session itself has opened."""

from __future__ import annotations

from typing import Any

from casework import keys
from casework.errors import KeyMissingError
from casework.keys import PublicKey
from casework.rows import Rows
from desk import opening
from desk.visit import Visit


def content_key(visit: Visit, case: bytes) -> PublicKey:
    """
    Return the key to seal new content of *case* to.

    It is the newest generation with a living holder, and its public half is taken from the seed this session
    opened: a key somebody slipped into the table has no seed here.

    Raises:
        KeyMissingError: nobody living holds a key that this session could open.
    """
    with visit.database.read() as session:
        newest = keys.current(session, case, keys.CONTENT, visit.staffing.living)
    if newest is None:
        raise KeyMissingError(keys.CONTENT)
    identity = opening.identity(visit, case, keys.CONTENT, newest.generation)
    if identity is None:
        raise KeyMissingError(keys.CONTENT)
    return PublicKey(case, keys.CONTENT, newest.generation, identity.recipient)


def item(visit: Visit, case: bytes, kind: str, payload: dict[str, Any]) -> Rows:
    """Return the rows of one new item of *case*, written by this person now."""
    rows = Rows()
    at = visit.now.replace(second=0, microsecond=0).isoformat()
    keys.seal_item(
        rows,
        content_key(visit, case),
        kind=kind,
        author=visit.staff,
        payload={"at": at, "by": visit.staff, **payload},
        day=visit.today,
    )
    return rows
