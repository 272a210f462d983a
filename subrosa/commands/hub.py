"""``subrosa hub``: run the bot, the scheduler and the keeper."""

from __future__ import annotations

import asyncio
import logging

import click

from bot import logs
from subrosa import hub, hygiene
from subrosa.opening import now, with_settings
from subrosa.settings import Settings


@click.command("hub")
@with_settings
def command(settings: Settings) -> None:
    """
    Run the bot, the scheduler and the keeper until told to stop.

    Holds no staff secret: it seals what comes in, and cannot open it again.
    """
    logs.prepare(
        logging.StreamHandler(), logging.getLevelNamesMapping().get(settings.house.log, logging.INFO)
    )
    logs.tell_by_class()
    hygiene.shield()
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    hub.until_signalled(stop)
    await hub.serve(settings, now, stop)
