"""Putting a hub together: the bot's side, and the chores. Loads nothing that opens staff-sealed things."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot.doors import Doors
from bot.hub import House, Hub
from bot.pace import Pace
from bot.telegram import Endpoint, build, read_token
from casework import releases, watching
from casework.database import Database
from casework.strongbox import Strongbox
from register.honesty import Answers
from register.settings import SiteSettings
from subrosa import keyfiles, outage, startup
from subrosa.chores import Chores
from subrosa.escrow import Escrow
from subrosa.opening import open_database, open_strongbox
from subrosa.printing import Printer
from subrosa.settings import Settings


async def serve(settings: Settings, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """
    Run the hub until *stop* is set.

    Raises:
        BotError: another hub runs, or there is no usable token.
        CaseworkError: database or keys cannot be used as they are.
    """
    database = open_database(settings)
    strongbox = open_strongbox(settings, clock())
    chores = make_chores(settings, database, strongbox, clock)
    chores.publish_keys()
    endpoint = Endpoint(settings.telegram.api_base_url)
    doors = Doors(*(build(read_token(path), endpoint) for path in settings.telegram.token_files))
    house = House(
        database=database,
        strongbox=strongbox,
        anchor=settings.anchor,
        doors=doors,
        state_dir=settings.hub.state_dir,
        runtime_dir=settings.hub.runtime_dir,
        clock=clock,
        erase=chores.erase,
        times=settings.times,
        hours=settings.hours,
        escrow_days=settings.escrow.keep_days,
        outage=outage.read(settings.hub.state_dir),
        pace=partial(Pace, settings.telegram.burst),
        identity=settings.telegram.identity,
    )
    startup.settle()
    try:
        await Hub(house, chores.ticks()).run(stop)
    finally:
        database.close()


def make_chores(
    settings: Settings, database: Database, strongbox: Strongbox, clock: Callable[[], datetime]
) -> Chores:
    """Put together what the hub does by itself."""
    recipient = keyfiles.read_escrow_recipient(settings.escrow.recipient_file)
    printer = make_printer(settings, database, strongbox, clock)
    escrow = Escrow(settings.escrow.medium, settings.hub.state_dir, recipient)
    return Chores(settings, database, strongbox, settings.anchor, escrow, printer, clock)


def make_printer(
    settings: Settings, database: Database, strongbox: Strongbox, clock: Callable[[], datetime]
) -> Printer:
    """Put together what prints the register."""
    title = settings.register.title

    def answers() -> Answers | None:
        with database.read() as session:
            staffing = watching.watched(session, strongbox, settings.anchor, clock())
            told = releases.told_figures(session, staffing)
        return None if told is None else Answers(told.month, told.hours, told.waiting)

    def issue(seen: int) -> int:
        with database.write() as session:
            return releases.draw_issue(session, seen)

    return Printer(
        records=settings.register.records_dir,
        output=settings.register.output_dir,
        settings=SiteSettings(
            base_url=settings.register.base_url,
            names={"ru": title, "uk": title, "en": title} if title else {},
            mirrors=settings.register.mirrors,
            bots=settings.register.bots,
            channel=settings.register.channel.removeprefix("@"),
            key=strongbox.register.public,
        ),
        key=strongbox.register,
        answers=answers,
        issue=issue,
    )


def until_signalled(stop: asyncio.Event) -> None:
    """Set *stop* on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
