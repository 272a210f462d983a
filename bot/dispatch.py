"""
Fair dispatch: a chat that floods slows only itself.

Each chat is a lane. At most one update of a lane is in work, at most *width* in all, and lanes with
something waiting take turns. Memory holds numbers only; the words stay in the spool until a worker takes
them out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from bot.spool import Arrival

# What working an update comes to: None when it is done, else seconds until it is tried again.
Work = Callable[[int], Awaitable[float | None]]


class Dispatcher:
    """Hands the numbers of waiting updates to *work*, lane by lane."""

    def __init__(self, work: Work, width: int) -> None:
        self._work = work
        self._width = width
        self._waiting: dict[bytes, deque[int]] = {}
        self._turns: asyncio.Queue[bytes] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def count(self) -> int:
        """Return how many updates wait or are in work."""
        return sum(len(numbers) for numbers in self._waiting.values())

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Add *arrivals* to the ends of their lanes."""
        for arrival in arrivals:
            lane = self._waiting.get(arrival.lane)
            if lane is None:
                self._waiting[arrival.lane] = deque([arrival.number])
                self._turns.put_nowait(arrival.lane)
                self._idle.clear()
            else:
                lane.append(arrival.number)

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
        numbers = self._waiting[lane]
        try:
            again = await self._work(numbers[0])
        finally:
            slots.release()
        if again is not None:
            # The head is tried again later, and what came after it in this chat waits behind it.
            asyncio.get_running_loop().call_later(again, self._turns.put_nowait, lane)
            return
        numbers.popleft()
        if numbers:
            self._turns.put_nowait(lane)
            return
        del self._waiting[lane]
        if not self._waiting:
            self._idle.set()
