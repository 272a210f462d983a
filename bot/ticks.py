"""
Periodic acts: a handful of intervals without arguments.

What an act does follows from rows, never from when it was last called, so a late, lost or doubled call
changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.health import Health
from casework.outages import Outage

log = logging.getLogger(__name__)

# Threads of their own, so that a slow mail server holds up no tip.
THREADS = 4


@dataclass(frozen=True, slots=True)
class Tick:
    """Something done every so many seconds, in a thread."""

    name: str
    seconds: float
    act: Callable[[], object]


async def ticking(ticks: Sequence[Tick], health: Health, clock: Callable[[], float] = time.monotonic) -> None:
    """
    Run *ticks* until cancelled; then wait for those in the middle of an act.

    Health hears of every failure, the log of the first, of how many there were each hour, and of the end.
    """
    outages = {tick.name: Outage(clock) for tick in ticks}
    scheduler = AsyncIOScheduler(timezone=UTC)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS, "tick") as threads:

        async def run(tick: Tick) -> None:
            try:
                await loop.run_in_executor(threads, tick.act)
            except asyncio.CancelledError:
                return  # the house closes: the act ends in its thread, and nobody waits for it here
            except Exception as error:  # noqa: BLE001  one broken tick must not stop the others
                _tell_failure(tick.name, outages[tick.name], type(error).__name__)
                health.trouble(f"tick.{tick.name}", "failed")
            else:
                if count := outages[tick.name].end():
                    log.warning("tick.works_again %s %d", tick.name, count)
                health.ok(f"tick.{tick.name}")

        for tick in ticks:
            scheduler.add_job(
                run,
                IntervalTrigger(seconds=tick.seconds, timezone=UTC),
                args=(tick,),
                next_run_time=datetime.now(UTC),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)


def _tell_failure(name: str, outage: Outage, kind: str) -> None:
    if outage.fail(kind):
        log.error("tick.failed %s %s %d", name, kind, outage.count)
