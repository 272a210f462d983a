"""Building what a desk adds to a case: sealed to the newest key that this session itself has opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from casework import keys
from casework.keys import PublicKey
from casework.rows import Rows
from desk import opening
from desk.errors import KeyAwaitedError
from desk.visit import Visit


def content_key(visit: Visit, case: bytes) -> PublicKey:
    """
    Return the key to seal new content of *case* to: the newest this session holds, as it opened it.

    A key somebody slipped into the table has no seed here, and is passed over. One older than what the hub
    made when somebody was gone is no good.

    Raises:
        KeyAwaitedError: this session holds none; the hub makes one where rows were taken out.
    """
    floor, found = visit.floor(case, keys.CONTENT), _newest(visit, case)
    if found is None or found.generation < floor:
        opening.open_content(visit, [case])
        found = _newest(visit, case)
    if found is None or found.generation < floor:
        raise KeyAwaitedError
    return found


def _newest(visit: Visit, case: bytes) -> PublicKey | None:
    held = [
        (generation, identity)
        for (owner, compartment, generation), identity in list(visit.session.opened.items())
        if owner == case and compartment == keys.CONTENT
    ]
    if not held:
        return None
    generation, identity = max(held, key=lambda pair: pair[0])
    return PublicKey(case, keys.CONTENT, generation, identity.recipient)


def item(visit: Visit, case: bytes, kind: str, payload: dict[str, Any]) -> Rows:
    """Return the rows of one new item of *case*, written by this person now."""
    rows = Rows()
    keys.seal_item(
        rows,
        content_key(visit, case),
        kind=kind,
        author=visit.staff,
        payload={"at": minute(visit.now), "by": visit.staff, **payload},
        day=visit.today,
        signing=visit.actor.signing,
    )
    return rows


def minute(now: datetime) -> str:
    """Return *now* to the minute, as it stands in what is sealed."""
    return now.replace(second=0, microsecond=0).isoformat()
