"""
Handing in what only the hub can put under its outer lock, until the hub says that it is done.

A hand-in that is not confirmed stays with the session and is tried again at the next page; what it was for
(an acceptance, a reply) already stands, and older grants keep the case open meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casework import asking
from casework.asking import NewGrant
from casework.errors import NotFoundError
from casework.keys import PublicKey
from desk.errors import ConflictError
from desk.opening import PAUSE
from desk.sessions import Session
from desk.visit import Visit

# The hub restarts in seconds; after so many tries a person should know.
TRIES = 3


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


def hand_in(visit: Visit, what: HandIn) -> bool:
    """
    Hand *what* in and wait for the hub; tell whether it is done. If not, it is kept for :func:`settle`.

    Raises:
        ConflictError: the hub refused it.
    """
    if what.is_empty:
        return True
    for _attempt in range(TRIES):
        state = _wait(visit, _write(visit, what))
        if state == "done":
            return True
        if state == "refused":
            raise ConflictError(("handin_refused",))
        if state == "new":
            break
    visit.session.waiting.append(what)
    return False


def settle(visit: Visit) -> None:
    """Hand in again what the hub had not confirmed."""
    session: Session = visit.session
    with session.lock:
        waiting, session.waiting = session.waiting, []
        for n, what in enumerate(waiting):
            if not hand_in(visit, what):
                session.waiting += waiting[n + 1 :]
                return


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


def _wait(visit: Visit, handin: bytes) -> str:
    until = time.monotonic() + visit.desk.settings.patience
    state = "new"
    while state == "new" and time.monotonic() < until:
        with visit.database.read() as session:
            try:
                state = asking.handed_in(session, handin)
            except NotFoundError:
                # Only finished rows are ever removed.
                return "done"
        if state == "new":
            time.sleep(PAUSE)
    return state
