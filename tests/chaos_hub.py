"""
A hub as a process of its own, for tests that kill it: ``python -m tests.chaos_hub CONFIG``.

CONFIG is a JSON file: database, state_dir, runtime_dir, token_file, api_base_url, roots (hex).
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

from bot import logs
from bot.hub import House, Hub
from bot.outcomes import Audience
from bot.push import ring_waiting
from bot.telegram import Endpoint, build, read_token
from bot.ticks import Tick
from casework import erasure, notices, rosters
from casework.actors import HUB, Actor
from casework.database import connect
from casework.strongbox import Strongbox
from crypto.roster import Anchor


def now() -> datetime:
    return datetime.now(UTC)


async def serve(config: dict[str, str]) -> None:
    state, runtime = Path(config["state_dir"]), Path(config["runtime_dir"])
    database = connect(config["database"])
    strongbox = Strongbox.load(state, runtime, now())
    door = build(read_token(Path(config["token_file"])), Endpoint(config["api_base_url"]))
    house = House(
        database=database,
        strongbox=strongbox,
        anchor=Anchor((bytes.fromhex(config["root"]),), 1),
        door=door,
        state_dir=state,
        runtime_dir=runtime,
        clock=now,
        erase=lambda case, at: erasure.erase(
            database,
            strongbox,
            case,
            by=Actor(HUB, 0, strongbox.signing),
            now=at,
            mirror=lambda: None,
            remember=lambda _case: None,
            escrow_days=7,
        ),
        identity=config.get("identity", "none"),
    )

    def audience() -> Audience:
        with database.read() as session:
            return partial(notices.audience, rosters.staffing(session, house.anchor, now()))

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Hub(house, [Tick("push", 0.5, partial(ring_waiting, database, strongbox, now, audience))]).run(stop)
    database.close()


if __name__ == "__main__":
    logs.prepare(logging.StreamHandler())
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text())))
