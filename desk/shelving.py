"""
Filling the shelf: what a person may read now is opened once, with the keys of their session.

Cards are not among it: they are shown for a reason, not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import or_, select

from casework import keys, lives
from casework.permits import is_member
from casework.rosters import ROLE_OF_TEAM
from casework.tables import Case, Item
from crypto.errors import CryptoError
from desk import opening
from desk.shelf import Shelf
from desk.visit import Visit

# What people wrote and staff noted.
KINDS = (
    "message", "reply", "note", "handover", "brief", "file", "answers", "cover", "task", "deadline", "party",
)  # fmt: skip
# Of a cover sheet and of answers, what tells where it happened.
PLACES = ("region", "place", "settlement")
# Rows asked for at once.
PORTION = 500
_NOT_WORDS = frozenset({"at", "by", "seq", "digest", "mime", "size", "salt", "id", "sha256"})


def filled(visit: Visit) -> Shelf:
    """
    Return the shelf of this session with everything on it that this person may read now.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    shelf = visit.session.shelf
    with shelf.lock:
        cases = readable(visit)
        for gone in set(shelf.volumes) - cases:
            shelf.drop(gone)
        opening.open_content(visit, cases)
        for item in _items(visit, cases, shelf):
            payload = _open(visit, item)
            if payload is not None:
                shelf.put(item.case, item.id, text_of(payload), _places(payload))
    return shelf


def readable(visit: Visit) -> set[bytes]:
    """Return the cases this person may read: new ones of their teams, and those they answer for."""
    found: set[bytes] = set()
    with visit.database.read() as session:
        for team in ROLE_OF_TEAM:
            if not is_member(visit.staff, team, visit.staffing):
                continue
            new = select(Case.id).where(Case.status == "new", Case.team == team)
            mine = select(Case.id).where(
                or_(Case.assignee == visit.staff, Case.second == visit.staff),
                Case.status.in_((*lives.ACTIVE, *lives.ENDED)),
                Case.team == team,
            )
            found |= set(session.scalars(new)) | set(session.scalars(mine))
    return found


def text_of(payload: Mapping[str, Any]) -> str:
    """Return the words of one thing that was said, whatever it is."""
    return "\n".join(_texts(payload))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inside in value.items():
            if name not in _NOT_WORDS:
                yield from _texts(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _texts(inside)


def _places(payload: Mapping[str, Any]) -> list[str]:
    return [str(payload[name]).lower() for name in PLACES if payload.get(name)]


def _items(visit: Visit, cases: set[bytes], shelf: Shelf) -> Iterator[Item]:
    """Yield the items of *cases* that are not on the shelf yet."""
    ordered = sorted(cases)
    for at in range(0, len(ordered), PORTION):
        wanted = ordered[at : at + PORTION]
        with visit.database.read() as session:
            there = session.execute(
                select(Item.id, Item.case).where(
                    Item.case.in_(wanted), Item.kind.in_(KINDS), Item.compartment == keys.CONTENT
                )
            ).all()
        known = {one for case in wanted if (volume := shelf.volumes.get(case)) for one in volume.items}
        new = [item for item, _case in there if item not in known]
        for start in range(0, len(new), PORTION):
            with visit.database.read() as session:
                rows = session.scalars(select(Item).where(Item.id.in_(new[start : start + PORTION]))).all()
            yield from rows


def _open(visit: Visit, item: Item) -> Mapping[str, Any] | None:
    """Open one item; what its author does not stand by is not put on the shelf."""
    identity = opening.identity(visit, item.case, item.compartment, item.generation)
    if identity is None or item.sealed is None:
        return None
    try:
        return keys.open_item(item, identity, visit.staffing.roster)
    except CryptoError:
        return None
