"""
Fair dispatch: a chat that floods slows only itself.

Each chat is a lane. At most one turn of a lane is in work, at most *width* in all, and lanes with something
waiting take turns. Three kinds of lanes take turns with each other: those served before that had nothing
waiting, those never seen, and those that go on. So who writes one message does not stand behind many who
write without end, and who is in a conversation does not stand behind a thousand who came just now. The same
shape serves what comes in and what goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")
Worked = tuple[int, float | None]

# Lanes known again: whoever was served longer ago is a stranger.
REMEMBERED = 10_000
# Kinds of lanes, in the order of their turns.
RESTED, NEW, GOING_ON = range(3)
# Seconds until a thing is tried again whose work broke in a way nobody foresaw.
AFTER_BREAK = 30.0


class Dispatcher(Generic[Thing]):
    """
    Hands waiting things to *work*, lane by lane, up to *most* of a lane at once, in their order.

    *work* returns how many of them, from the first on, are done, and the seconds until the lane is tried
    again; None: as soon as it is its turn. No turn begins before *ready* returns.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Thing]], Awaitable[Worked]],
        width: int,
        most: int = 1,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._work = work
        self._ready = ready
        self._width = width
        self._most = most
        self._waiting: dict[bytes, deque[Thing]] = {}
        self._turns = _Turns()
        self._served: OrderedDict[bytes, None] = OrderedDict()
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
            self._turns.put(lane, RESTED if lane in self._served else NEW)
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
                await self._turns.some()
                if self._ready is not None:
                    await self._ready()
                lane = self._turns.next()
                group.create_task(self._serve(lane, slots))

    async def _serve(self, lane: bytes, slots: asyncio.Semaphore) -> None:
        """Work what stands first in *lane*, then give it its next turn."""
        things = self._waiting[lane]
        try:
            done, again = await self._work(tuple(islice(things, self._most)))
        except Exception as error:  # noqa: BLE001  one broken thing must not stop the others
            log.error("dispatch.broke %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            done, again = 0, AFTER_BREAK
        finally:
            slots.release()
        for _ in range(done):
            things.popleft()
        if not things:
            del self._waiting[lane]
            self._remember(lane)
            if not self._waiting:
                self._idle.set()
        elif again is None:
            self._turns.put(lane, GOING_ON)
        else:
            # The head is tried again later, and what came after it in this chat waits behind it.
            asyncio.get_running_loop().call_later(again, self._turns.put, lane, GOING_ON)

    def _remember(self, lane: bytes) -> None:
        """Know *lane* again; in memory, by a name that means nothing elsewhere, and not for ever."""
        self._served[lane] = None
        self._served.move_to_end(lane)
        if len(self._served) > REMEMBERED:
            self._served.popitem(last=False)


class _Turns:
    """The order of lanes: each kind has its own, and the kinds take turns."""

    def __init__(self) -> None:
        self._kinds: deque[deque[bytes]] = deque(deque() for _ in (RESTED, NEW, GOING_ON))
        self._by_kind = tuple(self._kinds)
        self._some = asyncio.Event()

    def put(self, lane: bytes, kind: int) -> None:
        """Add a lane of this *kind* behind the others of it."""
        self._by_kind[kind].append(lane)
        self._some.set()

    async def some(self) -> None:
        """Wait until there is a lane."""
        while not any(self._kinds):
            self._some.clear()
            await self._some.wait()

    def next(self) -> bytes:
        """Take out the lane whose turn it is; there must be one."""
        while not self._kinds[0]:
            self._kinds.rotate(-1)
        lane = self._kinds[0].popleft()
        self._kinds.rotate(-1)
        return lane
