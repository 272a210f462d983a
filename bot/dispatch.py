"""
Fair dispatch: a chat that floods slows only itself.

Each chat is a lane. At most one update of a lane is in work, at most *width* in all, and lanes with
something waiting take turns. The same shape serves what comes in and what goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")

# Seconds until a thing is tried again whose work broke in a way nobody foresaw.
AFTER_BREAK = 30.0


class Dispatcher(Generic[Thing]):
    """
    Hands waiting things to *work*, lane by lane.

    *work* returns None when the thing is done, else the seconds until it is tried again.
    """

    def __init__(self, work: Callable[[Thing], Awaitable[float | None]], width: int) -> None:
        self._work = work
        self._width = width
        self._waiting: dict[bytes, deque[Thing]] = {}
        self._turns: asyncio.Queue[bytes] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def count(self) -> int:
        """Return how many things wait or are in work."""
        return sum(len(things) for things in self._waiting.values())

    def put(self, lane: bytes, thing: Thing) -> None:
        """Add *thing* to the end of *lane*."""
        things = self._waiting.get(lane)
        if things is None:
            self._waiting[lane] = deque([thing])
            self._turns.put_nowait(lane)
            self._idle.clear()
        else:
            things.append(thing)

    def behind(self, lane: bytes) -> list[Thing]:
        """Return what waits in *lane* behind the thing in work."""
        return list(self._waiting.get(lane, ()))[1:]

    async def idle(self) -> None:
        """Wait until nothing waits and nothing is in work."""
        await self._idle.wait()

    async def run(self) -> None:
        """Serve lanes until cancelled; what is in work then is given up and stays in the spool."""
        async with asyncio.TaskGroup() as group:
            slots = asyncio.Semaphore(self._width)
            while True:
                await slots.acquire()
                lane = await self._turns.get()
                group.create_task(self._serve(lane, slots))

    async def _serve(self, lane: bytes, slots: asyncio.Semaphore) -> None:
        """Work the head of *lane*, then give it its next turn."""
        things = self._waiting[lane]
        try:
            again = await self._work(things[0])
        except Exception as error:  # noqa: BLE001  one broken thing must not stop the others
            log.error("dispatch.broke %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            again = AFTER_BREAK
        finally:
            slots.release()
        if again is not None:
            # The head is tried again later, and what came after it in this chat waits behind it.
            asyncio.get_running_loop().call_later(again, self._turns.put_nowait, lane)
            return
        things.popleft()
        if things:
            self._turns.put_nowait(lane)
            return
        del self._waiting[lane]
        if not self._waiting:
            self._idle.set()
