"""What hub tests share: a hub in this loop beside an emulator, and reading a house as its staff would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.doors import Doors
from bot.hub import House as HubHouse
from bot.hub import Hub
from bot.pace import Pace
from bot.telegram import Endpoint, build
from bot.ticks import Tick
from casework import erasure, keeper, keys
from casework.actors import HUB, Actor
from casework.database import Database
from casework.keys import PublicKey
from casework.strongbox import Strongbox
from casework.tables import Case, Deletion, Grant, Item, Outbox, SealingKey, Spool
from crypto.keyring import open_grant
from crypto.roster import Anchor
from crypto.xwing import Identity, Recipient
from intake.outage import Outage
from tests.house import House

TOKEN = "5550001:practice-token-for-hubs"


class Brisk(Pace):
    """No pacing, for tests that are not about it."""

    def wait(self, lane: bytes, now: float, receipt_gap: float) -> float:  # noqa: ARG002
        return 0.0


@dataclass
class Clock:
    """A clock that a test turns by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, repr=False)
class Opened:
    """One item of a case, opened by somebody who may."""

    case: bytes
    compartment: str
    kind: str
    payload: dict[str, Any]
    content: bytes | None = field(default=None)


def opened(house: House, names: Sequence[str] = ("alice", "carol", "erin")) -> list[Opened]:
    """Open every item that one of *names* can open: grant by grant, as the keeper and their desks would."""
    with house.database.read() as session:
        grants = session.scalars(select(Grant)).all()
        publics = {
            (k.owner, k.compartment, k.generation): PublicKey(
                k.owner, k.compartment, k.generation, Recipient.parse(k.recipient)
            )
            for k in session.scalars(select(SealingKey))
        }
        identities: dict[tuple[bytes, str, int], Identity] = {}
        for grant in grants:
            place = (grant.owner, grant.compartment, grant.generation)
            if grant.staff in names and place not in identities:
                where = keys.grant_context(publics[place], grant.staff)
                sealed = keeper.unlock_grant(grant, house.strongbox)
                identities[place] = Identity.from_seed(open_grant(house.staff[grant.staff], sealed, where))
        found = []
        for item in session.scalars(select(Item)):
            identity = identities.get((item.case, item.compartment, item.generation))
            if identity is not None:
                content = keys.open_content(session, item, identity) if item.chunks else None
                payload = keys.open_item(item, identity)
                found.append(Opened(item.case, item.compartment, item.kind, payload, content))
    return found


def counts(house: House) -> dict[str, int]:
    """
    Count what matters to a hub test.

    The spool first: on PostgreSQL each count sees what was committed meanwhile, and what is worked moves from
    the spool to the outbox, so nothing on its way is missed.
    """
    new = select(func.count()).select_from(Spool).where(Spool.state == "new")
    with house.database.read() as session:
        how_many = {"waiting": session.scalar(new) or 0}
        for table in (Outbox, Case, Item, Deletion):
            how_many[table.__tablename__] = session.scalar(select(func.count()).select_from(table)) or 0
    return how_many


def given_to_hub(
    database: Database,
    strongbox: Strongbox,
    anchor: Anchor,
    doors: Doors,
    folder: Path,
    clock: Callable[[], datetime],
) -> HubHouse:
    """Put together what a hub of a test house is given; there is no second medium."""

    def erase(case: bytes, now: datetime) -> None:
        erasure.erase(
            database,
            strongbox,
            case,
            by=Actor(HUB, 0, strongbox.signing),
            now=now,
            mirror=lambda: None,
            remember=lambda _case: None,
            escrow_days=7,
        )

    return HubHouse(
        database=database,
        strongbox=strongbox,
        anchor=anchor,
        doors=doors,
        state_dir=folder / "state",
        runtime_dir=folder / "runtime",
        clock=clock,
        erase=erase,
        identity="none",
    )


def write_config(folder: Path, house: House, base_url: str) -> Path:
    """Write down what a hub in a process of its own needs (:mod:`tests.chaos_hub`), and return the file."""
    config = {
        "api_base_url": base_url,
        "database": house.database.engine.url.render_as_string(hide_password=False),
        "folder": str(folder),
        "root": house.anchor.roots[0].hex(),
        "token": TOKEN,
    }
    (folder / "hub.json").write_text(json.dumps(config))
    return folder / "hub.json"


@asynccontextmanager
async def running(
    house: House,
    folder: Path,
    base_url: str,
    clock: Callable[[], datetime],
    *,
    ticks: Sequence[Tick] = (),
    pace: Callable[[], Pace] = Brisk,
    tokens: Sequence[str] = (TOKEN,),
    identity: str = "none",
    outage: Outage | None = None,
) -> AsyncIterator[Hub]:
    """Run a hub on *house* in this loop; a new strongbox is read, as a new process would."""
    strongbox = Strongbox.load(folder / "state", folder / "runtime", clock())
    house.strongbox = strongbox
    doors = Doors(*(build(token, Endpoint(base_url)) for token in tokens))
    given = given_to_hub(house.database, strongbox, house.anchor, doors, folder, clock)
    hub = Hub(replace(given, pace=pace, identity=identity, outage=outage), ticks)
    stop = asyncio.Event()
    task = asyncio.ensure_future(hub.run(stop))
    try:
        yield hub
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until *condition* holds; a busy machine has the time it needs."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
