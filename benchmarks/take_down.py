"""
From the click to gone, in a whole house: ``python -m benchmarks.take_down --json``.

A register of so many entries, built and packed; one of them stands in a channel of the stand-in for Telegram.
Somebody clicks at the desk. The hub's own ticks, as often as they run in a hub, carry the order out. Seconds
from the click until

* *page*: a tombstone stands in its place in every language, and its data and citation are gone;
* *feeds*: no feed names its words;
* *channel*: its post is deleted;
* *recall*: the signed recall list names it;
* *bundle*: the manifest is signed anew and the archive that held it is gone;
* *order*: the house has noted that all this is done;
* *packed*: data files, search index and a new archive have followed.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click

from bot import channel
from bot.emulator import Emulator
from bot.health import Health
from bot.ticks import ticking
from casework.database import connect, create_tables
from casework.tables import ChannelPost, Published, TakeDown
from crypto.signature import SigningKey
from register import bundle, records
from register.entry import fingerprint
from register.settings import SiteSettings
from subrosa.chores import Chores
from subrosa.printing import Printer
from tests.crowd import crowd
from tests.databases import SENTINEL
from tests.deskhouse import DeskHouse, open_desk

TOKEN = "5550002:the-publishing-bot"
KEY = SigningKey.from_seed(bytes(32))
TICKS = ("take_down", "press", "pack", "channel")
PATIENCE = 600.0  # seconds until a measurement gives up


@dataclass
class Stage:
    """One house with its register, and the entry that is to go."""

    desk: DeskHouse
    chores: Chores
    emulator: Emulator
    going: str
    words: str

    @property
    def output(self) -> Path:
        """The public folder."""
        return self.chores.printer.output

    def claims(self) -> dict[str, Callable[[], bool]]:
        """Return what has to be so before the entry is gone."""
        before = (self.output / bundle.MANIFEST).read_bytes()
        return {
            "page": self._is_off_its_pages,
            "feeds": lambda: not any(self._names(path) for path in (self.output / "feeds").iterdir()),
            "channel": self._is_out_of_the_channel,
            "recall": lambda: self.going.encode() in (self.output / bundle.RECALL).read_bytes(),
            "bundle": lambda: (
                (self.output / bundle.MANIFEST).read_bytes() != before
                and not (self.output / bundle.ARCHIVE).is_file()
            ),
            "order": self._is_noted,
            "packed": (self.output / bundle.ARCHIVE_NOTE).is_file,
        }

    def _names(self, path: Path) -> bool:
        return path.is_file() and self.words.encode() in path.read_bytes()

    def _is_off_its_pages(self) -> bool:
        pages = [self.output / one / "entries" / f"{self.going}.html" for one in ("ru", "uk", "en")]
        data = self.output / "data" / "entries"
        left = (data / f"{self.going}.bib").exists() or self._names(data / f"{self.going}.json")
        return not left and all(page.is_file() and not self._names(page) for page in pages)

    def _is_out_of_the_channel(self) -> bool:
        with self.desk.house.database.read() as session:
            row = session.get(ChannelPost, self.going)
        return row is not None and row.state == "gone"

    def _is_noted(self) -> bool:
        with self.desk.house.database.read() as session:
            return session.get(TakeDown, self.going) is None


async def measure(folder: Path, entries: int) -> dict[str, float | int]:
    """Take one of so many entries down in *folder* and return the seconds of every step."""
    async with Emulator() as emulator:
        world = emulator.world
        bot = world.add_bot(TOKEN)
        chat = world.add_public_chat("channel", "Register", "practice_register")
        bot.chats[chat.chat_id] = chat
        database = connect(f"sqlite:///{folder / 'house.sqlite'}")
        create_tables(database, SENTINEL)
        with open_desk(database, folder) as desk:
            stage = await asyncio.to_thread(_lay_out, desk, folder, emulator, str(chat.chat_id), entries)
            ticks = [tick for tick in stage.chores.ticks() if tick.name in TICKS]
            running = asyncio.create_task(ticking(ticks, Health(folder, lambda: datetime.now(UTC))))
            try:
                found = await asyncio.to_thread(_click, stage)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        posts = [post for post in chat.posts.values() if post.deleted_by is None]
        assert not posts, "the post stands in the channel"
    database.close()
    bundle.verify(stage.output, KEY.public)
    return {"entries": entries, **found}


def _lay_out(desk: DeskHouse, folder: Path, emulator: Emulator, channel_id: str, entries: int) -> Stage:
    (folder / "channel.token").write_text(TOKEN)
    (folder / "telegram.token").write_text("5550001:the-tipsters-bot")
    settings = SimpleNamespace(
        register=SimpleNamespace(
            channel=channel_id, channel_token_file=folder / "channel.token", channel_language="ru"
        ),
        telegram=SimpleNamespace(api_base_url=emulator.base_url, token_files=(folder / "telegram.token",)),
    )
    site = SiteSettings(base_url="https://register.example", channel="practice_register")
    printer = Printer(folder / "records", folder / "site", site, KEY)
    house, nothing = desk.house, cast("Any", None)
    chores = Chores(
        cast("Any", settings),
        house.database,
        house.strongbox,
        house.anchor,
        nothing,
        printer,
        lambda: house.now,
    )
    published = list(crowd(entries))
    records.keep(printer.records, published)
    with house.database.write() as session:
        session.add_all(
            Published(
                public_id=one.id,
                digest=bytes.fromhex(fingerprint(one.entry)),
                day=one.published,
                state="published",
            )
            for one in published
            if one.entry is not None
        )
    chores.refresh()
    chores.pack()
    feed = (printer.output / "feeds" / "ru.atom").read_text(encoding="utf-8")
    told = [one for one in published if one.entry is not None and one.id in feed]
    titles = [one.entry.title["ru"] for one in published if one.entry is not None]
    # "Number 2" would still be found in "number 20" once it is gone.
    going = next(one for one in told if sum(t.startswith(one.entry.title["ru"]) for t in titles) == 1)
    assert going.entry is not None
    with house.database.write() as session:
        channel.announce(session, going.id, house.now)
    chores.tend_channel()
    return Stage(desk, chores, emulator, going.id, going.entry.title["ru"])


def _click(stage: Stage) -> dict[str, float | int]:
    """Order the entry out at the desk, and watch it go."""
    browser = stage.desk.sign_in("bob")
    where = f"/published/{stage.going}/take-down"
    form = {**browser.form(f"/published?id={stage.going}", where), "code": "safety"}
    claims, found = stage.claims(), {}
    began = time.monotonic()
    assert browser.post(where, form).status_code == 303
    while claims and time.monotonic() - began < PATIENCE:
        for name in [name for name, holds in claims.items() if _holds(name, holds, found)]:
            found[f"{name}_seconds"] = round(time.monotonic() - began, 2)
            del claims[name]
        time.sleep(0.02)
    assert not claims, f"still there: {', '.join(claims)}"
    steps = [found[f"{name}_seconds"] for name in ("page", "feeds", "channel", "recall", "bundle", "order")]
    return {"gone_seconds": max(steps), **found}


def _holds(name: str, holds: Callable[[], bool], found: dict[str, float | int]) -> bool:
    # There was an archive before, so a new one counts only once the old one was seen to be gone.
    if name == "packed" and "bundle_seconds" not in found:
        return False
    try:
        return holds()
    except OSError:
        return False  # it is being replaced just now


@click.command()
@click.option("--entries", default=5000, show_default=True, help="How many entries.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def main(entries: int, as_json: bool) -> None:
    """Measure a take-down from the click to gone."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), entries))
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, figure in figures.items():
            click.echo(f"{name:<20} {figure}")


if __name__ == "__main__":
    main()
