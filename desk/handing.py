"""
Handing in what only the hub can put under its outer lock, until the hub says that it is done.

What it was for (an acceptance, a reply) stands already, and older grants keep the case open meanwhile. A
hand-in that is not confirmed stays with the session and is looked after while the person is signed in, at the
next page or without one: asked about first, and handed in anew only if the hub lost it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casework import asking
from casework.asking import NewGrant
from casework.errors import NotFoundError
from casework.keys import PublicKey
from casework.tables import SealingKey
from desk.errors import ConflictError
from desk.opening import PAUSE
from desk.visit import Visit

# The hub restarts in seconds; after so many tries a person should know.
TRIES = 3

NEW, DONE, REFUSED, AGAIN = "new", "done", "refused", "again"


@dataclass(frozen=True)
class HandIn:
    """What is handed in together. Holds sealed grants and random ids, no seed."""

    new_keys: Sequence[PublicKey] = ()
    grants: Sequence[NewGrant] = ()
    mailboxes: Mapping[bytes, Sequence[bytes]] = field(default_factory=dict)
    retain: Mapping[tuple[bytes, str], Sequence[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing in it."""
        return not (self.new_keys or self.grants or self.mailboxes or self.retain)


@dataclass(frozen=True)
class Pending:
    """A hand-in the hub has not confirmed, and the row it last stood in."""

    row: bytes
    what: HandIn


def hand_in(visit: Visit, what: HandIn) -> bool:
    """
    Hand *what* in and wait for the hub; tell whether it is done. If not, it is kept for :func:`settle`.

    Raises:
        ConflictError: the hub refused it.
    """
    if what.is_empty:
        return True
    row = _write(visit, what)
    for _attempt in range(TRIES):
        state = _wait(visit, row, what)
        if state == DONE:
            return True
        if state == REFUSED:
            raise ConflictError(("handin_refused",))
        if state == NEW:
            break
        row = _write(visit, what)
    visit.session.waiting.append(Pending(row, what))
    return False


def settle(visit: Visit) -> int:
    """
    Look after what the hub had not confirmed; return how much still waits.

    A refusal is shown once and does not stop the page.
    """
    with visit.session.lock:
        waiting, visit.session.waiting = visit.session.waiting, []
        for one in waiting:
            state = _state(visit, one.row, one.what)
            if state == REFUSED:
                visit.session.notice = "notice.keys_refused"
            elif state == NEW:
                visit.session.waiting.append(one)
            elif state == AGAIN:
                visit.session.waiting.append(Pending(_write(visit, one.what), one.what))
        return len(visit.session.waiting)


def _write(visit: Visit, what: HandIn) -> bytes:
    with visit.database.write() as session:
        return asking.hand_in(
            session,
            visit.actor,
            visit.staffing.roster,
            now=visit.now,
            new_keys=what.new_keys,
            grants=what.grants,
            mailboxes=what.mailboxes,
            retain=what.retain,
        )


def _wait(visit: Visit, row: bytes, what: HandIn) -> str:
    until = time.monotonic() + visit.desk.settings.patience
    state = _state(visit, row, what)
    while state == NEW and time.monotonic() < until:
        time.sleep(PAUSE)
        state = _state(visit, row, what)
    return state


def _state(visit: Visit, row: bytes, what: HandIn) -> str:
    """Return how far a hand-in has come; rows of finished ones die, then its keys themselves tell."""
    with visit.database.read() as session:
        try:
            return asking.handed_in(session, row)
        except NotFoundError:
            keys = [
                (key, session.get(SealingKey, (key.owner, key.compartment, key.generation)))
                for key in what.new_keys
            ]
    lies = all(found is not None and found.recipient == key.recipient.raw for key, found in keys)
    # Grants and mailbox ids may be handed in twice without harm, new keys may not.
    return DONE if keys and lies else AGAIN
