"""
Files that Telegram did not give within minutes: text first, file later.

A row of the outbox says where the file is to be had and for which note of which case; it holds neither
name nor caption nor chat, only a tag of its thread (:mod:`bot.belated`). It is asked for again, less and less
often, for two days, also across restarts of the hub. Then the case says that the file never came, so that
somebody asks for it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from telegram.error import TelegramError

from bot.answer import Answerer
from bot.fetch import FIRST_PAUSE, LONGEST_PAUSE, Fetcher, NotYetError
from bot.telegram import TooLargeError
from bot.writer import Writer
from casework.spill import Spill
from casework.tables import Outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Wanted:
    """One file that is still to come."""

    row: bytes
    item: bytes
    tries: int
    payload: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return "<Wanted>"


class LateFiles:
    """Fetches what is still to come."""

    def __init__(
        self, fetcher: Fetcher, writer: Writer, answerer: Answerer, clock: Callable[[], datetime]
    ) -> None:
        self._fetcher = fetcher
        self._writer = writer
        self._answerer = answerer
        self._clock = clock

    async def fetch(self, wanted: Wanted) -> float | None:
        """Try once; return seconds to wait for a free place, None when its row says what comes next."""
        try:
            content = await self._fetcher.again(wanted.payload["door"], wanted.payload["file"])
        except NotYetError as wait:
            return wait.wait
        except TooLargeError:
            await self._end(wanted, None, "too_large")
        except TelegramError:
            if self._clock() >= datetime.fromisoformat(wanted.payload["until"]):
                log.warning("late.given_up")
                await self._end(wanted, None, "never")
            else:
                await self._put_off(wanted)
        else:
            await self._end(wanted, content, "")
        return None

    async def _put_off(self, wanted: Wanted) -> None:
        pause = min(FIRST_PAUSE * 2 ** min(wanted.tries, 16), LONGEST_PAUSE)
        due, tries = self._clock() + timedelta(seconds=pause), wanted.tries + 1
        later = update(Outbox).where(Outbox.id == wanted.row).values(due=due, tries=tries)
        await self._writer.do(lambda session: session.execute(later) and None)

    async def _end(self, wanted: Wanted, content: bytes | Spill | None, why: str) -> None:
        """Seal what came, or why nothing did; what was erased meanwhile just ends."""
        head = wanted.payload["head"]
        taken = await asyncio.to_thread(self._answerer.take_late, wanted.item, head, content, why)
        rows, came = (None, None) if taken is None else taken
        place, today = wanted.payload.get("thread"), self._clock().date()

        def end(session: Session) -> None:
            session.execute(delete(Outbox).where(Outbox.id == wanted.row))
            if came is not None and place is not None:
                self._answerer.leave_belated(session, place, came, today)

        await self._writer.do(end, rows)
