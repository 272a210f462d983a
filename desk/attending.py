"""
Saying that somebody is signed in, so that no batch comes out of the house while they are.

It is a request for nothing: a row like any other question to the keeper, gone after a minute. The hub keeps
in memory when it last heard one.
"""

from __future__ import annotations

from datetime import timedelta

from casework import asking
from desk.visit import Visit

EVERY = timedelta(minutes=5)


def attend(visit: Visit) -> bool:
    """Let the hub know that this person is there; tell whether it was time to."""
    session = visit.session
    if session.attended is not None and visit.now - session.attended < EVERY:
        return False
    session.attended = visit.now
    with visit.database.write() as database:
        asking.ask(database, visit.actor, session.answers, (), purpose=asking.READ, now=visit.now)
    return True
