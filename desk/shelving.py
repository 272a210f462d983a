"""
Filling the shelf: what a person may read now is opened once, with the keys of their session.

Cards are not among it: they are shown for a reason, not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select

from casework import keys, lives, queues, sheets
from casework.permits import is_member
from casework.rosters import ROLE_OF_TEAM
from casework.tables import Case, Item
from crypto.errors import CryptoError
from desk import opening
from desk.shelf import Shelf, Volume
from desk.visit import Visit

# What people wrote and staff noted.
KINDS = (
    "message", "reply", "note", "handover", "brief", "file", "answers", "cover", sheets.KIND,
)  # fmt: skip
# Of a cover sheet and of answers, what tells where it happened.
PLACES = ("region", "place", "settlement")
# Rows asked for at once.
PORTION = 500
# Of working sheets, what is a code and no word: parties, tasks and people are found by their words.
_OF_SHEETS = (
    "sheet", "n", "case", "relation", "role", "state", "timeline", "step", "run", "document", "day", "done",
    "due", "on", "kind",
)  # fmt: skip
_NOT_WORDS = frozenset({"at", "by", "seq", "digest", "mime", "size", "salt", "id", "sha256", *_OF_SHEETS})


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
        found |= {one.case.id for one in queues.lent(session, visit.staff, visit.staffing)}
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
    """Yield the items of *cases* that are not on the shelf yet; a case without new rows costs a count."""
    for wanted in _portions(_grown(visit, cases, shelf)):
        with visit.database.read() as session:
            there = session.scalars(
                select(Item.id).where(
                    Item.case.in_(wanted), Item.kind.in_(KINDS), Item.compartment == keys.CONTENT
                )
            ).all()
        known = {one for case in wanted if (volume := shelf.volumes.get(case)) for one in volume.items}
        for some in _portions([item for item in there if item not in known]):
            with visit.database.read() as session:
                rows = session.scalars(select(Item).where(Item.id.in_(some))).all()
            yield from rows


def _grown(visit: Visit, cases: set[bytes], shelf: Shelf) -> list[bytes]:
    """Return the cases that have other rows than when they were last looked through, and note how many."""
    grown = []
    for wanted in _portions(sorted(cases)):
        with visit.database.read() as session:
            counted = session.execute(
                select(Item.case, func.count()).where(Item.case.in_(wanted)).group_by(Item.case)
            ).all()
        for case, rows in counted:
            volume = shelf.volumes.setdefault(case, Volume(case))
            if volume.rows != rows:
                volume.rows = rows
                grown.append(case)
    return grown


def _portions(ids: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(ids), PORTION):
        yield ids[at : at + PORTION]


def _open(visit: Visit, item: Item) -> Mapping[str, Any] | None:
    """Open one item; what its author does not stand by is not put on the shelf."""
    identity = opening.identity(visit, item.case, item.compartment, item.generation)
    if identity is None or item.sealed is None:
        return None
    try:
        return keys.open_item(item, identity, visit.staffing.roster)
    except CryptoError:
        return None
