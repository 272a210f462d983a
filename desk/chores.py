"""
What a session does by itself while somebody is signed in, and the one way in which it is done.

A chore is a function of a visit nobody asked for. Nothing is done for somebody who may not work now. What
only looks and says is done beside the session's pages, because a gate that takes seconds must keep nobody
waiting. What touches keys or cases is done alone, as a form of the same session is, but in steps: a page or
form that comes meanwhile waits for one step, and goes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from desk import attending, checking, crosscheck, handing, reassuring, relieving, rewrapping
from desk import visit as visits
from desk.sessions import Session
from desk.visit import Desk, Visit

Look = Callable[[Visit], int]
Work = Callable[[Visit], Iterator[int]]

BESIDE: tuple[Look, ...] = (attending.attend, checking.check_waiting, handing.settle)
ALONE: tuple[Work, ...] = (
    relieving.relieve,
    rewrapping.rewrap,
    reassuring.reassure,
    crosscheck.tell_of_own,
)
CHORES: tuple[Look | Work, ...] = (*BESIDE, *ALONE)

# Seconds between two steps, in which whoever waits for the session gets it.
PAUSE = 0.02


def do(chore: Look | Work, desk: Desk, session: Session) -> int:
    """Do one chore for *session*; return how much it did, nothing for somebody who may not work now."""
    visit = visits.in_passing(desk, session)
    if visit is None:
        return 0
    found = chore(visit)
    return found if isinstance(found, int) else sum(_steps(found, desk, session))


def _steps(steps: Iterator[int], desk: Desk, session: Session) -> Iterator[int]:
    """Take one step after the other, each alone; none for a session that is over or whose person is out."""
    while any(one is session for one in desk.sessions.living(desk.clock())):
        with session.lock:
            # Colleagues at another desk may have suspended them since the step before.
            _staffing, me = desk.entrance.standing(session.staff, desk.clock())
            done = None if me is None else next(steps, None)
        if done is None:
            return
        yield done
        time.sleep(PAUSE)
