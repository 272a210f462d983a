"""What hub tests share: a hub in this loop beside an emulator, and reading a house as its staff would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.hub import House as HubHouse
from bot.hub import Hub
from bot.pace import Pace
from bot.telegram import Endpoint, build
from bot.ticks import Tick
from casework import erasure, keeper, keys
from casework.actors import HUB, Actor
from casework.keys import PublicKey
from casework.strongbox import Strongbox
from casework.tables import Case, Deletion, Grant, Item, Outbox, SealingKey, Spool
from crypto.keyring import open_grant
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
    """Count what matters to a hub test."""
    with house.database.read() as session:
        how_many = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Case, Item, Outbox, Deletion)
        }
        new = select(func.count()).select_from(Spool).where(Spool.state == "new")
        how_many["waiting"] = session.scalar(new) or 0
    return how_many


@asynccontextmanager
async def running(
    house: House,
    folder: Path,
    base_url: str,
    clock: Callable[[], datetime],
    *,
    ticks: Sequence[Tick] = (),
    pace: Callable[[], Pace] = Brisk,
    token: str = TOKEN,
    identity: str = "none",
    outage: Outage | None = None,
) -> AsyncIterator[Hub]:
    """Run a hub on *house* in this loop; a new strongbox is read, as a new process would."""
    strongbox = Strongbox.load(folder / "state", folder / "runtime", clock())
    house.strongbox = strongbox

    def erase(case: bytes, now: datetime) -> None:
        erasure.erase(
            house.database,
            strongbox,
            case,
            by=Actor(HUB, 0, strongbox.signing),
            now=now,
            mirror=lambda: None,
            remember=lambda _case: None,
            escrow_days=7,
        )

    hub = Hub(
        HubHouse(
            database=house.database,
            strongbox=strongbox,
            anchor=house.anchor,
            door=build(token, Endpoint(base_url)),
            state_dir=folder / "state",
            runtime_dir=folder / "runtime",
            clock=clock,
            erase=erase,
            pace=pace,
            identity=identity,
            outage=outage,
        ),
        ticks,
    )
    stop = asyncio.Event()
    task = asyncio.ensure_future(hub.run(stop))
    try:
        yield hub
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
