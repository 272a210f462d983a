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

    def __init__(self, door: Door) -> None:
        self._door = door
        self._queries: deque[str] = deque(maxlen=WAITING)
        self._wake = asyncio.Event()

    def answer(self, query: str) -> None:
        """Answer *query* soon."""
        self._queries.append(query)
        self._wake.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queries:
                with contextlib.suppress(TelegramError):
                    await self._door.answer_callback_query(self._queries.popleft())
