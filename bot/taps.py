"""
Telling a phone that its tap arrived, so that the button stops turning.

A courtesy, not a promise: Telegram forgets a tap within minutes, so these answers are not kept, and the
oldest are dropped when more wait than anybody would still be looking at.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from telegram.error import TelegramError

from bot.telegram import Door

WAITING = 500


class Taps:
    """Answers taps in the background."""

    def __init__(self) -> None:
        self._queries: deque[tuple[Door, str]] = deque(maxlen=WAITING)
        self._wake = asyncio.Event()

    def answer(self, door: Door, query: str) -> None:
        """Answer *query* soon, at the door it came in by."""
        self._queries.append((door, query))
        self._wake.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queries:
                door, query = self._queries.popleft()
                with contextlib.suppress(TelegramError):
                    await door.answer_callback_query(query)
