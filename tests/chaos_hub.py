"""
A hub as a process of its own, for tests that kill it: ``python -m tests.chaos_hub CONFIG``.

CONFIG is what :func:`tests.hubs.write_config` wrote.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot import logs
from bot.doors import Doors
from bot.hub import Hub
from bot.outcomes import Audience
from bot.push import ring_waiting
from bot.telegram import Endpoint, build
from bot.ticks import Tick
from casework import notices, rosters
from casework.database import Database, connect
from casework.strongbox import Strongbox
from crypto.roster import Anchor
from tests.hubs import given_to_hub


def now() -> datetime:
    return datetime.now(UTC)


def let_disk_fill(database: Database, flag: Path) -> None:
    """Let the database not grow while there is a file *flag*."""

    @event.listens_for(database.engine, "begin")
    def _limit(connection: Any) -> None:
        pages = 1 if flag.exists() else 1_000_000  # SQLite takes what it has already as the least
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages}")


async def serve(config: dict[str, str]) -> None:
    folder = Path(config["folder"])
    database = connect(config["database"])
    strongbox = Strongbox.load(folder / "state", folder / "runtime", now())
    anchor = Anchor((bytes.fromhex(config["root"]),), 1)
    doors = Doors(build(config["token"], Endpoint(config["api_base_url"])))
    house = given_to_hub(database, strongbox, anchor, doors, folder, now)

    def audience() -> Audience:
        with database.read() as session:
            return partial(notices.audience, rosters.staffing(session, anchor, now()))

    if database.is_sqlite:
        let_disk_fill(database, folder / "full")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Hub(house, [Tick("push", 0.5, partial(ring_waiting, database, strongbox, now, audience))]).run(stop)
    database.close()


if __name__ == "__main__":
    logs.prepare(logging.StreamHandler())
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text())))
