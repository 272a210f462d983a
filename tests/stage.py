"""A house, a stand-in Telegram and one clock for both; and what a person does on a phone beside them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot.emulator import Emulator, phones
from bot.emulator.phones import Hand
from bot.outcomes import Audience
from bot.push import ring_waiting
from bot.ticks import Tick
from casework import notices
from casework.database import Database
from casework.tables import Item
from crypto import handle as handles
from crypto.errors import CryptoError
from tests.house import House, build
from tests.hubs import TOKEN, Clock, counts, opened, running, until
from tests.phone import reply as desk_reply

CANARY = "яхонт-4471"


@dataclass
class Stage:
    """A house, a stand-in and one clock for both."""

    house: House
    folder: Path
    emulator: Emulator
    clock: Clock

    def hub(self, **options: Any) -> Any:
        """Run a hub here."""
        return running(self.house, self.folder, self.emulator.base_url, self.clock, **options)

    def ringing(self) -> Tick:
        """Return the tick that rings for replies."""
        return Tick("push", 0.1, self.ring)

    def ring(self) -> None:
        """Ring for every reply that waits."""
        ring_waiting(self.house.database, self.house.strongbox, self.clock, self.audience)

    def audience(self) -> Audience:
        """Return who is to hear of what."""
        return partial(notices.audience, self.house.staffing())

    def phone(self, language: str = "ru") -> Hand:
        """Add a phone and press Start on it."""
        user = {"first_name": f"Тесс {CANARY}", "language_code": language}
        phone = self.emulator.world.add_phone(user)
        hand = phones.hold(self.emulator.world, phone.phone_id)
        phones.start(hand)
        return hand

    def forward(self, **span: float) -> None:
        """Let time pass for the hub and for Telegram."""
        self.clock.now += timedelta(**span)
        self.emulator.world.clock.advance(timedelta(**span).total_seconds())

    def reboot(self) -> None:
        """Lose what a reboot loses."""
        shutil.rmtree(self.folder / "runtime")

    def texts(self) -> list[str]:
        """Return every text the staff can open, in no order."""
        return sorted(one.payload["text"] for one in opened(self.house) if one.kind == "message")


@asynccontextmanager
async def staged(database: Database, folder: Path) -> AsyncIterator[Stage]:
    now = datetime.now(UTC)
    async with Emulator() as emulator:
        emulator.world.add_bot(TOKEN)
        yield Stage(build(database, folder, now=now), folder, emulator, Clock(now))


def said(hand: Hand) -> list[str]:
    """Return what the bot said that still stands on the phone."""
    return [str(p.message.get("text", "")) for p in posts(hand) if p.side == "bot" and p.deleted_by is None]


def posts(hand: Hand) -> list[Any]:
    return list(hand.chat.posts.values())


def buttons(post: Any) -> list[str]:
    rows = post.message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row]


def offers(hand: Hand, action: str) -> tuple[Any, str] | None:
    """Return the newest standing button that stands for *action*."""
    for one in reversed(posts(hand)):
        for data in buttons(one) if one.deleted_by is None else ():
            if data == action or _action(data) == action:
                return one, data
    return None


def _action(data: str) -> str:
    try:
        return handles.parse(data)[0]
    except CryptoError:
        return ""


async def tap(hand: Hand, action: str) -> None:
    """Wait for a button and tap it."""
    await until(lambda: offers(hand, action))
    found = offers(hand, action)
    assert found is not None
    phones.press(hand, found[0].message["message_id"], {"data": found[1]})


async def settled(stage: Stage) -> None:
    """Wait until all that came in is worked and all that is due is said."""
    bot = next(iter(stage.emulator.world.bots.values()))
    await until(lambda: len(bot.queue) == 0 and (c := counts(stage.house))["waiting"] == c["outbox"] == 0)


async def file_with_push(stage: Stage, tess: Hand) -> None:
    """Play a tip until its case is filed and its tipster can be rung."""
    phones.write(tess, "одно")
    await tap(tess, "now")
    await settled(stage)
    await tap(tess, "menu")
    await tap(tess, "go.reach")
    await tap(tess, "r.push")
    await tap(tess, "h.any")
    await settled(stage)


def reply(stage: Stage, text: str) -> bytes:
    """Write a reply as Alice's desk would, in a case with a way to reach its tipster; return its item."""
    stage.house.now = stage.clock()
    courier = [one for one in opened(stage.house) if one.kind == "courier"][-1]
    return desk_reply(stage.house, "alice", courier.case, text)


def state_of(stage: Stage, item: bytes) -> tuple[str | None, str | None]:
    with stage.house.database.read() as session:
        row = session.get_one(Item, item)
        return row.state, row.why
