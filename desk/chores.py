"""
What a session does by itself while somebody is signed in, and the one way in which it is done.

A chore is a function of a visit nobody asked for. Nothing is done for somebody who may not work now. What
touches keys or cases is done alone, as a form of the same session is; what only looks and says is done beside
its pages, because a gate that takes seconds must keep nobody waiting.
"""

from __future__ import annotations

from collections.abc import Callable

from desk import attending, checking, crosscheck, handing, reassuring, relieving, rewrapping
from desk import visit as visits
from desk.sessions import Session
from desk.visit import Desk, Visit

Chore = Callable[[Visit], int]

BESIDE: tuple[Chore, ...] = (attending.attend, checking.check_waiting)
ALONE: tuple[Chore, ...] = (
    handing.settle,
    relieving.relieve,
    rewrapping.rewrap,
    reassuring.reassure,
    crosscheck.tell_of_own,
)
CHORES = (*BESIDE, *ALONE)


def do(chore: Chore, desk: Desk, session: Session) -> int:
    """Do one chore for *session*; return how much it did, nothing for somebody who may not work now."""
    visit = visits.in_passing(desk, session)
    if visit is None:
        return 0
    if chore in BESIDE:
        return chore(visit)
    with session.lock:
        return chore(visit)
