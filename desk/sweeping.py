"""
What a desk does by itself, round after round, for everybody who is signed in.

Nothing is lost by a failure: the next round tries again. It stands in the log when it begins, when it fails
in a new way, once an hour with how many rounds, and when it is over.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from casework.outages import Outage
from desk import chores, sending
from desk.visit import Desk

log = logging.getLogger("subrosa.desk")

Work = Callable[[], object]


class Sweeper:
    """Goes through what is to be done, and remembers what fails."""

    def __init__(
        self,
        desk: Desk,
        run: Callable[[Work], Awaitable[object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._run = run
        self._outages: defaultdict[str, Outage] = defaultdict(lambda: Outage(clock))

    async def sweep(self) -> None:
        """Forget sessions whose browser does not come back; let the others do what they do by themselves."""
        self._desk.sessions.sweep(self._desk.clock())
        failed: dict[str, str] = {}
        for name, work in self._works():
            try:
                await self._run(work)
            except Exception as error:  # noqa: BLE001  # a page says what is wrong
                failed.setdefault(name, type(error).__name__)
        self._tell(failed)

    def _works(self) -> Iterator[tuple[str, Work]]:
        yield "batches", partial(sending.send_due, self._desk)
        if self._desk.journal is not None:
            yield "journal", partial(self._desk.journal.look, self._desk.database, self._desk.anchor)
            yield "bookmark", self._follow
        for session in self._desk.sessions.living(self._desk.clock()):
            for chore in chores.CHORES:
                yield chore.__name__, partial(chores.do, chore, self._desk, session)

    def _follow(self) -> None:
        with self._desk.database.read() as session:
            self._desk.book.follow(session)

    def _tell(self, failed: dict[str, str]) -> None:
        for name, kind in failed.items():
            outage = self._outages[name]
            if outage.fail(kind):
                log.error("desk.sweep_failed %s %s %d", name, kind, outage.count)
        for name in self._outages.keys() - failed.keys():
            if count := self._outages[name].end():
                log.warning("desk.sweep_works_again %s %d", name, count)
