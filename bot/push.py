"""Ringing: what desks asked to be announced becomes one neutral line in the outbox."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

import casework
from bot.outcomes import Audience
from casework import catalogue, notices, post
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Case, Item, Push

# Pushes taken in one look; each has a transaction of its own.
LIMIT = 50
CATALOGUES = Path(casework.__file__).parent / "catalogues"


def ring_waiting(
    database: Database,
    strongbox: Strongbox,
    clock: Callable[[], datetime],
    audience: Callable[[], Audience],
) -> int:
    """
    Turn every waiting push into a row of the outbox; return how many there were.

    Of one that cannot be made those responsible hear, as of any other reply that did not arrive.
    """
    with database.read() as session:
        waiting = len(session.scalars(select(Push.id).limit(LIMIT)).all())
    return sum(_ring_one(database, strongbox, clock, audience) for _each in range(waiting))


def _ring_one(
    database: Database,
    strongbox: Strongbox,
    clock: Callable[[], datetime],
    audience: Callable[[], Audience],
) -> int:
    with database.write() as session:
        wanted = session.scalars(select(Push.item).order_by(Push.id).limit(1)).first()
        rung = post.ring(session, strongbox, speak, clock(), limit=1)
        failed = select(Case.id, Case.team, Case.assignee).join(Item, Item.case == Case.id)
        failed = failed.where(Item.id == wanted, Item.state == "failed")
        for case, team, assignee in session.execute(failed).all():
            notices.tell(session, notices.FAILED, audience()(team, assignee), case, clock())
    return rung


@cache
def speak(language: str) -> gettext.NullTranslations:
    """Return the catalogue of *language*; read once, because a push must not wait for a compiler."""
    return catalogue.load(CATALOGUES, language)
