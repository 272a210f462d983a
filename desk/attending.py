"""
Saying that somebody is signed in, so that no batch comes out of the house while they are.

It is a request for nothing: a row like any other question to the keeper, gone after a minute. The hub keeps
in memory when it last heard one.
"""

from __future__ import annotations

from datetime import timedelta

from casework import asking
from desk import visit as visits
from desk.sessions import Session
from desk.visit import Desk

EVERY = timedelta(minutes=5)


def attend_in_passing(desk: Desk, session: Session) -> bool:
    """Let the hub know that the person of *session* is there; tell whether it was time to."""
    visit = visits.in_passing(desk, session)
    if visit is None or (session.attended is not None and visit.now - session.attended < EVERY):
        return False
    session.attended = visit.now
    with desk.database.write() as database:
        asking.ask(database, visit.actor, session.answers, (), purpose=asking.READ, now=visit.now)
    return True
