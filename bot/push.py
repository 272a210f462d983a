"""Ringing: what desks asked to be announced becomes one neutral line in the outbox."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

import casework
from casework import catalogue, post
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Push

CATALOGUES = Path(casework.__file__).parent / "catalogues"


def ring_waiting(database: Database, strongbox: Strongbox, clock: Callable[[], datetime]) -> int:
    """Turn every waiting push into a row of the outbox; return how many there were."""
    with database.read() as session:
        if session.scalar(select(Push.id).limit(1)) is None:
            return 0
    with database.write() as session:
        return post.ring(session, strongbox, speak, clock())


@cache
def speak(language: str) -> gettext.NullTranslations:
    """Return the catalogue of *language*; read once, because a push must not wait for a compiler."""
    return catalogue.load(CATALOGUES, language)
