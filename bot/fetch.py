"""Bringing a file in: at most two at once, with patience, and a clear word where it cannot be had."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from telegram.error import TelegramError

from bot.doors import Doors
from bot.hear import Heard
from bot.telegram import FILE_LIMIT, TooLargeError
from casework.spill import Spill
from intake.events import File

# Downloads at once, and of them such as came late: what comes now must find a place.
AT_ONCE, LATE_AT_ONCE = 2, 1
# How long the words of a chat wait for a file that Telegram does not give, before they go without it and it
# is asked for again later (:mod:`bot.late`).
PATIENCE = timedelta(minutes=3)
LASTS = timedelta(hours=48)
# Seconds between two of those tries: doubling, up to half an hour.
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 1800.0
# Seconds until the next try, or until a place is free: for what came now, and late.
AGAIN, QUEUED, QUEUED_LATE = 4.0, 0.1, 2.0
# Seconds that a download may take: of what came now, at the least, and late. 20 MB late need 12 kB a second.
AT_LEAST, AT_MOST = 30.0, 1800.0


class NotYetError(Exception):
    """The file may still come: try again in *wait* seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


class Fetcher:
    """Fetches the files of events, by way of *folder* where they are too long for memory."""

    def __init__(self, doors: Doors, folder: Path) -> None:
        self._doors = doors
        self._folder = folder
        self._places = asyncio.Semaphore(AT_ONCE)
        self._late = asyncio.Semaphore(LATE_AT_ONCE)

    async def fill(self, heard: Heard, taken: datetime, now: datetime) -> Heard:
        """
        Return *heard* with the bytes of its file, or with the word why they are missing.

        Raises:
            NotYetError: it could not be had now.
        """
        if heard.file_id is None or not isinstance(heard.event, File):
            return heard
        if heard.event.missing is not None:
            return heard
        if heard.event.size > FILE_LIMIT:
            return _without(heard, heard.event, "too_large")
        door = self._doors.at(heard.door)
        if door is None:
            return _without(heard, heard.event, "unavailable")
        left = (PATIENCE - (now - taken)).total_seconds()
        if self._places.locked():
            # Others' slow files must not hold up the words of this chat.
            if left > 0:
                raise NotYetError(QUEUED)
            return _without(heard, heard.event, "coming")
        async with self._places:
            try:
                content = await door.fetch(heard.file_id, self._folder, max(left, AT_LEAST))
            except TooLargeError:
                return _without(heard, heard.event, "too_large")
            except TelegramError:
                if left > 0:
                    raise NotYetError(AGAIN) from None
                return _without(heard, heard.event, "coming")
        return replace(heard, event=replace(heard.event, content=content, size=len(content)))

    async def again(self, door: int | None, file_id: str) -> bytes | Spill:
        """
        Fetch a file that Telegram did not give before.

        Raises:
            NotYetError: no place is free.
            TooLargeError: Telegram never gives it to bots.
            TelegramError: it could not be had now; nor while the house has its door no more.
        """
        at = self._doors.at(door)
        if at is None:
            raise TelegramError("no such door")
        if self._late.locked() or self._places.locked():
            raise NotYetError(QUEUED_LATE)
        async with self._late, self._places:
            return await at.fetch(file_id, self._folder, AT_MOST)


def _without(heard: Heard, file: File, missing: str) -> Heard:
    return replace(heard, event=replace(file, content=None, missing=missing))
