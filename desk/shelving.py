"""
Filling the shelf: what a person may read now is opened once, with the keys of their session.

Cards are not among it: they are shown for a reason, not searched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
# Rows asked for at once, cases looked through at once, and items opened before anybody else has a turn.
PORTION, CASES, AT_ONCE = 500, 100, 50
# Seconds a search waits for what is not read yet before it says what it has not seen.
PATIENCE = 2.0
# Of working sheets, what is a code and no word: parties, tasks and people are found by their words.
_OF_SHEETS = (
    "sheet", "n", "case", "relation", "role", "state", "timeline", "step", "run", "document", "day", "done",
    "due", "on", "kind",
)  # fmt: skip
_NOT_WORDS = frozenset({"at", "by", "seq", "digest", "mime", "size", "salt", "id", "sha256", *_OF_SHEETS})


def never() -> bool:
    """Go on until everything is read."""
    return False


def filled(visit: Visit) -> Shelf:
    """
    Return the shelf of this session with everything on it that this person may read now.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    shelf = visit.session.shelf
    fill(visit, shelf)
    return shelf


def filled_in_time(visit: Visit, patience: float = PATIENCE) -> tuple[Shelf, bool]:
    """
    Return the shelf once it is filled or *patience* is over, and whether everything stands on it.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    shelf = visit.session.shelf
    until = time.monotonic() + patience
    return shelf, fill(visit, shelf, lambda: time.monotonic() > until, patience)


def fill(visit: Visit, shelf: Shelf, stop: Callable[[], bool] = never, patience: float = -1) -> bool:
    """
    Put onto *shelf* what this person may read now, until *stop*; tell whether everything stands on it.

    Whoever else fills it is waited for. The shelf is locked for a few items at a time, so that what stands
    on it can be searched meanwhile. Ends when the session has put this shelf away: nothing is opened for a
    session that is over.

    Raises:
        HubSilentError: the keeper did not answer in time.
    """
    if not shelf.filling.acquire(timeout=patience):
        return False
    try:
        return _fill(visit, shelf, stop)
    finally:
        shelf.filling.release()
        if visit.session.shelf is not shelf:
            visit.session.opened.clear()


def _fill(visit: Visit, shelf: Shelf, stop: Callable[[], bool]) -> bool:
    cases = readable(visit)
    with shelf.lock:
        for gone in set(shelf.volumes) - cases:
            shelf.drop(gone)
    opening.open_content(visit, cases)
    grown = _grown(visit, cases, shelf)
    shelf.known, shelf.missing = len(cases), len(grown)
    for some in _portions(sorted(grown), CASES):
        for items in _portions(_unread(visit, some, shelf), AT_ONCE):
            if stop() or visit.session.shelf is not shelf:
                return False
            _put(visit, shelf, items)
        shelf.missing -= len(some)
        for case in some:
            shelf.volumes[case].rows = grown[case]
    return True


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


def _put(visit: Visit, shelf: Shelf, items: Sequence[bytes]) -> None:
    with visit.database.read() as session:
        rows = session.scalars(select(Item).where(Item.id.in_(items))).all()
    opened = [(item, payload) for item in rows if (payload := _open(visit, item)) is not None]
    with shelf.lock:
        for item, payload in opened:
            shelf.put(item.case, item.id, text_of(payload), _places(payload))


def _unread(visit: Visit, cases: Sequence[bytes], shelf: Shelf) -> list[bytes]:
    """Return the items of *cases* that are not on the shelf yet."""
    wanted = select(Item.id).where(
        Item.case.in_(cases), Item.kind.in_(KINDS), Item.compartment == keys.CONTENT
    )
    with visit.database.read() as session:
        there = session.scalars(wanted).all()
    return [item for item in there if item not in shelf.owner]


def _grown(visit: Visit, cases: set[bytes], shelf: Shelf) -> dict[bytes, int]:
    """Return the cases that have other rows than when they were last looked through, and how many."""
    grown: dict[bytes, int] = {}
    for wanted in _portions(sorted(cases), PORTION):
        with visit.database.read() as session:
            counted = session.execute(
                select(Item.case, func.count()).where(Item.case.in_(wanted)).group_by(Item.case)
            ).all()
        grown |= {
            case: rows for case, rows in counted if shelf.volumes.setdefault(case, Volume(case)).rows != rows
        }
    return grown


def _portions(ids: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _open(visit: Visit, item: Item) -> Mapping[str, Any] | None:
    """Open one item; what its author does not stand by is not put on the shelf."""
    identity = opening.identity(visit, item.case, item.compartment, item.generation)
    if identity is None or item.sealed is None:
        return None
    try:
        return keys.open_item(item, identity, visit.staffing.roster)
    except CryptoError:
        return None
