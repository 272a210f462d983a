"""
The team check: whether somebody on a new case's card stands on the card of a colleague's case.

Lawyers who take part compare *marks*: what stays of a phone or of two words of a name under a key that only
their desks hold (:mod:`desk.crosscheck` makes them). A desk hands its marks in sealed to the hub; the hub
keeps them under the epoch lock, compares, and answers whom to ask: never which case, nor by what.

* Neither half says anything alone. The desks' key without the hub's lock finds no marks, the hub's lock
  without the desks' key finds marks that nobody can guess at. Both together are guessed at in minutes:
  there are not many phone numbers.
* Marks lie with their case, are locked anew with every epoch, and go with the case.
* Whoever asks must hold the card of a case that nobody speaks for yet, has a row in the journal for it, and
  asks :data:`casework.limits.TEAM_CHECKS_A_DAY` times a day.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import asking, canonical, hubkeys, rosters
from casework.actors import Actor
from casework.asking import GrantRef
from casework.errors import KeyMissingError
from casework.rosters import Staffing
from casework.strongbox import Strongbox
from casework.tables import Case, Mark, StaffState
from crypto import context, lock, sealed
from crypto.errors import CryptoError, MalformedError
from crypto.roster import Roster
from crypto.xwing import Identity

MARK_SIZE = 16
# Marks of one case: a family with all its names and phones. What is kept is filled up to steps of these.
MARKS = 16
LIMIT = 64
# Until then nobody has spoken for the client, and a conflict can still be avoided.
EARLY = ("new", "accepted")


@dataclass(frozen=True, slots=True)
class Told:
    """The marks of one case, made under the desks' key of this *number* from so many things on its card."""

    number: int
    cards: int
    marks: tuple[bytes, ...] = field(repr=False)


def members(session: Session, staffing: Staffing) -> list[str]:
    """Return the living lawyers who take part."""
    wanting = set(session.scalars(select(StaffState.staff).where(StaffState.compares)))
    return [one for one in staffing.members(rosters.LEGAL) if one in wanting]


def tell(
    session: Session,
    by: Actor,
    session_key: Identity,
    ref: GrantRef,
    told: Told,
    roster: Roster,
    *,
    purpose: str,
    now: datetime,
    journal: int | None = None,
) -> bytes:
    """
    Write one request that hands in the marks of a case, to be kept or to be compared; return its id.

    *ref* is the key of its card that the asker holds. The marks are sealed to the hub's key for hand-ins,
    which lies in no file: a request row is copied with the database like any other.
    """
    number, recipient = hubkeys.find(session, hubkeys.HANDIN, roster)
    body = canonical.dumps(
        {"cards": told.cards, "marks": [one.hex() for one in told.marks], "number": told.number}
    )
    words = sealed.seal(body, [recipient], context.named("marks", ref.owner))
    return asking.ask(
        session,
        by,
        session_key,
        [ref],
        purpose=purpose,
        now=now,
        journal=journal,
        told={"key": number, "sealed": base64.b64encode(words).decode()},
    )


def read(strongbox: Strongbox, case: bytes, told: object) -> Told | None:
    """
    Read what :func:`tell` sealed; none if the hub has another key by now, and the desk should tell anew.

    Raises:
        CryptoError: it is not what a desk of ours hands in.
    """
    try:
        assert isinstance(told, Mapping)
        identity = strongbox.handins.get(int(told["key"]))
        if identity is None:
            return None
        words = base64.b64decode(str(told["sealed"]), validate=True)
        said: dict[str, Any] = canonical.loads(
            sealed.open_sealed(words, identity, context.named("marks", case))
        )
        marks = tuple(bytes.fromhex(one) for one in said["marks"])
        number, cards = int(said["number"]), int(said["cards"])
    except (AssertionError, KeyError, TypeError, ValueError):
        raise MalformedError("marks") from None
    is_sound = all(len(one) == MARK_SIZE for one in marks) and len(marks) <= LIMIT
    if not is_sound or not 0 <= number < 2**31 or not 0 <= cards < 2**31:
        raise MalformedError("marks")
    return Told(number, cards, marks)


def keep(session: Session, strongbox: Strongbox, case: bytes, told: Told) -> None:
    """Keep the marks of *case* under the epoch lock, in place of older ones."""
    filled = list(told.marks)
    while not filled or len(filled) % MARKS:
        filled.append(secrets.token_bytes(MARK_SIZE))
    secrets.SystemRandom().shuffle(filled)
    epoch = strongbox.epoch
    locked = lock.lock(epoch, b"".join(filled), _where(case, told.number))
    session.merge(Mark(case=case, number=told.number, cards=told.cards, epoch=epoch.number, locked=locked))


Opened = Mapping[tuple[bytes, int, bytes], frozenset[bytes]]
"""From a row's case, number and locked bytes to its marks."""


def open_ahead(session: Session, strongbox: Strongbox) -> Opened:
    """Unlock every mark before the database is held for a question: of ten thousand cases, half a second."""
    rows = session.scalars(select(Mark)).all()
    return {(row.case, row.number, row.locked): frozenset(_marks(strongbox, row)) for row in rows}


def whom_to_ask(
    session: Session,
    strongbox: Strongbox,
    case: bytes,
    asks: str,
    told: Told,
    among: Collection[str],
    opened: Opened,
) -> list[str]:
    """
    Return who answers for a case with a mark in common, of colleagues that take part; never the asker.

    Only what was not *opened* ahead is unlocked now.
    """
    wanted = set(told.marks)
    rows = session.execute(
        select(Mark.case, Mark.number, Mark.locked, Case.assignee)
        .join(Case, Case.id == Mark.case)
        .where(Mark.number == told.number, Mark.case != case, Case.assignee.in_(set(among) - {asks}))
    )
    found = set()
    for owner, number, locked, who in rows:
        marks = opened.get((owner, number, locked))
        if marks is None:
            marks = frozenset(_marks(strongbox, Mark(case=owner, number=number, locked=locked)))
        if who is not None and wanted & marks:
            found.add(who)
    return sorted(found)


def relock(row: Mark, strongbox: Strongbox) -> None:
    """
    Put one row under the current epoch.

    Raises:
        KeyMissingError, CryptoError: no key on file locked it.
    """
    inner = _unlock(strongbox, row)
    row.locked = lock.lock(strongbox.epoch, inner, _where(row.case, row.number))
    row.epoch = strongbox.epoch.number


def _marks(strongbox: Strongbox, row: Mark) -> set[bytes]:
    """Return the marks of one row; a row that no key of ours locked has none."""
    try:
        joined = _unlock(strongbox, row)
    except (CryptoError, KeyMissingError):
        return set()
    return set(_cut(joined))


def _unlock(strongbox: Strongbox, row: Mark) -> bytes:
    key = strongbox.lock_of("epoch", lock.number_of(row.locked))
    return lock.unlock(key, row.locked, _where(row.case, row.number))


def _cut(joined: bytes) -> Iterable[bytes]:
    return (joined[at : at + MARK_SIZE] for at in range(0, len(joined), MARK_SIZE))


def _where(case: bytes, number: int) -> bytes:
    return context.named("marks-kept", case, number)
