"""
A clock that was set back: what was to be done soon by the old one must not wait until it is there again.

A wrong time server puts a machine days ahead, and its mending puts it back. Rows say when they are due, so
answers and deletions written meanwhile would wait for days. Held up on purpose for long is nothing here but
what waits for a chat that blocked us, and that is further ahead than :data:`SOON`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.errors import BotError
from bot.writer import Writer
from casework.errors import CaseworkError
from casework.tables import Deletion, Outbox

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds between looks
LEAST = timedelta(seconds=5)  # smaller corrections are waited out
SOON = timedelta(hours=2)  # the longest a sweep or a slowed reply is put off


async def watch(clock: Callable[[], datetime], writer: Writer, after: Callable[[], None]) -> None:
    """Look at *clock* until cancelled; call *after* once rows were brought back."""
    seen = clock()
    while True:
        await asyncio.sleep(LOOK)
        now = clock()
        back = seen - now
        if back >= LEAST:
            log.warning("clock.set_back")
            try:
                await writer.do(lambda session: bring_back(session, now, back))  # noqa: B023  used at once
            except (SQLAlchemyError, CaseworkError, BotError):
                continue  # the database is away too: at the next look again
            after()
        seen = now


def bring_back(session: Session, now: datetime, back: timedelta) -> None:
    """Let what was due soon by the clock that was *back* ahead be due as soon by this one."""
    until = now + back + SOON
    wrong: list[Outbox | Deletion] = [
        *session.scalars(select(Outbox).where(Outbox.due > now, Outbox.due <= until)),
        *session.scalars(select(Deletion).where(Deletion.due > now, Deletion.due <= until)),
    ]
    for row in wrong:
        if row.due is not None:
            row.due = max(now, row.due - back)
