"""A hub beside a stand-in Telegram: sealed on arrival, received only after the commit, gone from the chat."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from bot import fetch, outbox, poll
from bot import health as healths
from bot.emulator import Emulator, phones
from bot.emulator.media import plain_picture
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from bot.errors import SecondHubError
from bot.push import ring_waiting
from bot.rows import DEADLINE
from bot.ticks import Tick
from casework import hubkeys, keys, post
from casework.database import Database
from casework.post import Courier
from casework.rows import write
from casework.tables import Case, Deletion, Item, Notice, Writing
from crypto import handle as handles
from crypto.errors import CryptoError
from tests.house import House, build
from tests.hubs import TOKEN, Clock, counts, opened, running, until
from tests.telegram_api import Specification

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
        return Tick("push", 0.1, lambda: ring_waiting(self.house.database, self.house.strongbox, self.clock))

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


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


@pytest.fixture
async def any_stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same on each engine, where what is stored matters."""
    async with staged(database, tmp_path) as made:
        yield made


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
    await asyncio.sleep(0.05)
    await until(lambda: len(bot.queue) == 0 and (c := counts(stage.house))["waiting"] == c["outbox"] == 0)


async def test_a_tip_is_sealed_and_then_said_to_be_received(any_stage: Stage) -> None:
    stage = any_stage
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        before = len(said(tess))
        phones.write(tess, f"сын отказался {CANARY}")
        phones.send_file(tess, "document", Upload("рапорт.pdf", "application/pdf", CANARY.encode() * 50_000))
        await settled(stage)
        assert len(said(tess)) > before
    items = opened(stage.house)
    assert [one.payload["text"] for one in items if one.kind == "message"] == [f"сын отказался {CANARY}"]
    assert [one.content for one in items if one.kind == "file"] == [CANARY.encode() * 50_000]
    assert counts(stage.house)["case"] == 1


async def test_nothing_of_a_tip_stands_in_clear(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, f"сын отказался {CANARY}")
        picture = plain_picture() + CANARY.encode() * 5000
        phones.send_file(tess, "photo", Upload("", "image/jpeg", picture), CANARY)
        await settled(stage)
        chat = str(tess.chat.chat_id)
        lying = b"".join(path.read_bytes() for path in stage.folder.rglob("*") if path.is_file())
    assert len(lying) > 100_000
    for clear in (CANARY, chat, TOKEN.split(":")[1]):
        assert clear.encode() not in lying
        assert clear not in caplog.text


async def test_an_unreadable_update_becomes_a_case_named_to_the_coordinators(any_stage: Stage) -> None:
    stage = any_stage
    bot = next(iter(stage.emulator.world.bots.values()))
    async with stage.hub():
        tess = stage.phone()
        bot.queue.put_raw({"message": {"message_id": "not a number", "chat": "not a chat", "text": CANARY}})
        phones.write(tess, "и ещё одно")
        await settled(stage)
        assert stage.texts() == ["и ещё одно"]
    raw = [one for one in opened(stage.house) if one.kind == "file"]
    assert len(raw) == 1
    assert json.loads(raw[0].content or b"")["message"]["text"] == CANARY
    with stage.house.database.read() as session:
        kinds = session.execute(select(Notice.staff, Notice.kind)).all()
    assert ("olga", "unparsed") in [tuple(row) for row in kinds]


async def test_an_update_that_breaks_our_code_is_kept_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import answer, work

    real = answer.filing.handle

    def fragile(event: Any, *rest: Any) -> Any:
        if getattr(event, "text", "") == "ломает":
            raise LookupError(event.text)
        return real(event, *rest)

    monkeypatch.setattr(answer.filing, "handle", fragile)
    monkeypatch.setattr(work, "FIRST_PAUSE", 0.001)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "ломает")
        phones.write(tess, "не ломает")
        await settled(stage)
        assert stage.texts() == ["не ломает"]
    assert len([one for one in opened(stage.house) if one.kind == "file"]) == 1


async def test_a_file_that_cannot_be_had_is_told_and_its_caption_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", timedelta(0))
    stage.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": 1, "code": 500})
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        phones.send_file(tess, "document", Upload("a.pdf", "application/pdf", b"x"), "подпись")
        phones.send_file(tess, "document", Upload("b.zip", "application/zip", b"x" * (21 << 20)))
        await settled(stage)
    heads = {one.payload.get("missing") for one in opened(stage.house) if "missing" in one.payload}
    assert heads == {"unavailable", "too_large"}
    assert "подпись" in str([one.payload for one in opened(stage.house)])


async def test_a_file_is_tried_again_while_there_is_patience(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "AGAIN", 0.01)
    stage.emulator.world.faults.order({"kind": "error", "method": "getFile", "times": 3, "code": 500})
    stage.emulator.world.faults.order({"kind": "lost_answer", "method": "download", "times": 2})
    async with stage.hub():
        phones.send_file(stage.phone(), "document", Upload("a.pdf", "application/pdf", b"content"))
        await settled(stage)
    assert [one.content for one in opened(stage.house) if one.kind == "file"] == [b"content"]


async def test_a_full_disk_pauses_intake_and_loses_nothing(stage: Stage) -> None:
    pages = [1_000_000]

    @event.listens_for(stage.house.database.engine, "begin")
    def _limit(connection: Any) -> None:
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages[0]}")

    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "до")
        await settled(stage)
        before = said(tess)
        pages[0] = 1  # SQLite takes what it has already as the least
        phones.write(tess, "во время")
        phones.write(tess, "и ещё " + "ж" * 4000)
        runtime = stage.folder / "runtime"
        await until(lambda: "cannot_store" in str(healths.read(runtime)))
        assert said(tess) == before
        pages[0] = 1_000_000
        await until(lambda: len(stage.texts()) == 3, 20)
        await settled(stage)
        assert healths.read(runtime)["intake"]["state"] == "ok"


async def test_a_second_hub_is_refused(stage: Stage) -> None:
    async with stage.hub():
        with pytest.raises(SecondHubError):
            async with stage.hub():
                await asyncio.sleep(1)


async def test_a_lost_answer_is_sent_again_and_nothing_is_filed_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(outbox, "FIRST_PAUSE", 0.02)
    for method in ("sendMessage", "getUpdates"):
        stage.emulator.world.faults.order({"kind": "lost_answer", "method": method, "times": 2})
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await until(lambda: len(stage.texts()) == 1)
        await settled(stage)
        assert said(tess)
    assert stage.texts() == ["одно"]


async def test_a_flood_answer_is_obeyed(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        stage.emulator.world.faults.order({"kind": "flood", "method": "sendMessage", "retry_after": 1})
        loop = asyncio.get_running_loop()
        began, before = loop.time(), len(said(tess))
        phones.write(tess, "одно")
        await settled(stage)
        assert len(said(tess)) > before
        assert loop.time() - began >= 1.0


async def test_what_is_due_leaves_the_chat_and_the_deadline_takes_the_rest(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        assert all(p.deleted_by is None for p in posts(tess))
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: all(p.deleted_by == "bot" for p in posts(tess)))
        await until(lambda: counts(stage.house)["deletion"] == 0)


async def test_clean_now_clears_both_sides(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        await tap(tess, "menu")
        await settled(stage)
        await tap(tess, "clean")
        await settled(stage)
        await until(lambda: all(p.deleted_by == "bot" for p in posts(tess) if p.side == "phone"))


async def test_deletions_are_tried_again_until_the_deadline_and_then_told(stage: Stage) -> None:
    stage.emulator.world.faults.order(
        {"kind": "error", "method": "deleteMessages", "times": None, "code": 400}
    )
    stage.emulator.world.faults.order(
        {"kind": "error", "method": "deleteMessage", "times": None, "code": 400}
    )
    async with stage.hub():
        tess = stage.phone()
        await settled(stage)
        before = len(said(tess))
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: len(said(tess)) > before)
        await settled(stage)


async def test_idle_writing_is_filed_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import hub as hubs

    monkeypatch.setattr(hubs, "IDLE_EVERY", 0.05)
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        stage.forward(minutes=61)
        await until(lambda: not _writing(stage))
        await settled(stage)
        await asyncio.sleep(0.2)
    with stage.house.database.read() as session:
        assert session.scalars(select(Case.status)).all() == ["new"]
    assert stage.texts() == ["одно"]


def _writing(stage: Stage) -> int:
    with stage.house.database.read() as session:
        return len(session.scalars(select(Writing.case)).all())


async def test_a_reboot_between_any_two_steps_loses_no_word_and_no_answer(stage: Stage) -> None:
    tess = stage.phone()
    steps: list[Callable[[], Any]] = [
        lambda: phones.write(tess, "первое"),
        lambda: phones.write(tess, "второе"),
        lambda: phones.send_file(tess, "document", Upload("a.txt", "text/plain", b"third")),
    ]
    for step in steps:
        step()
        async with stage.hub():
            await settled(stage)
        stage.reboot()
    assert stage.texts() == ["второе", "первое"]
    assert [one.content for one in opened(stage.house) if one.kind == "file"] == [b"third"]


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
    """Write a reply as Alice's desk would, and return its item."""
    house = stage.house
    with house.database.read() as session:
        case = session.scalars(select(Case)).one()
        key = keys.current(session, case.id, keys.CONTENT, frozenset({"alice"}))
        hub = hubkeys.find(session, hubkeys.COURIER, house.roster)
    assert key is not None
    couriers = [one.payload for one in opened(house) if one.kind == "courier"]
    written = post.write_reply(
        key,
        text,
        [],
        by="alice",
        now=stage.clock(),
        courier=Courier.read(couriers[-1]),
        hub=hub,
        boxes=[],
        random=os.urandom,
    )
    with house.database.write() as session:
        write(session, [written.rows])
    return written.item


def _state(stage: Stage, item: bytes) -> tuple[str | None, str | None]:
    with stage.house.database.read() as session:
        row = session.get_one(Item, item)
        return row.state, row.why


async def test_a_reply_rings_neutrally_and_is_shown_after_the_tap_and_a_reboot(
    any_stage: Stage,
) -> None:
    stage = any_stage
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: _state(stage, item)[0] == "sent")
        assert CANARY not in "".join(said(tess))
    stage.reboot()
    async with stage.hub(ticks=[stage.ringing()]):
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await until(lambda: _state(stage, item)[0] == "shown")
        stage.forward(hours=2)
        await until(lambda: CANARY not in "".join(said(tess)))


async def test_a_reply_to_somebody_who_blocked_the_bot_says_so(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        phones.block(tess)
        item = reply(stage, "ответ")
        await until(lambda: _state(stage, item) == ("failed", "blocked"))


async def test_every_outgoing_call_is_one_the_bot_api_describes(stage: Stage, shared: Path) -> None:
    path = shared / "telegram" / "api.json"
    if not path.is_file():
        pytest.skip("the description of the Bot API is not beside this checkout")
    described = Specification.load(path)
    async with stage.hub(ticks=[stage.ringing()], identity="neutral"):
        tess = stage.phone()
        await file_with_push(stage, tess)
        reply(stage, "ответ")
        await tap(tess, "open")
        await settled(stage)
    calls = stage.emulator.world.calls.since(0, "")
    methods = {call.method for call in calls}
    assert {"getUpdates", "sendMessage", "answerCallbackQuery", "setMyName", "setMyCommands"} <= methods
    for call in calls:
        described.check_call(call.method, call.as_json()["params"])


async def test_the_outside_of_the_bot_is_set_once(stage: Stage) -> None:
    async with stage.hub(identity="neutral"):
        await until(lambda: healths.read(stage.folder / "runtime").get("identity"))
    first = len(stage.emulator.world.calls.since(0, "setMyName"))
    assert first
    async with stage.hub(identity="neutral"):
        await until(lambda: len(stage.emulator.world.calls.since(0, "getMyCommands")) > 4)
    assert len(stage.emulator.world.calls.since(0, "setMyName")) == first


def test_a_hub_never_loads_what_opens_staff_keyrings() -> None:
    check = "import sys, bot.hub, bot.push; sys.exit('crypto.keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=Path(__file__).parents[1]).returncode == 0


async def test_deletions_stand_under_no_chat_id(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.write(tess, "одно")
        await settled(stage)
        with stage.house.database.read() as session:
            rows = session.scalars(select(Deletion)).all()
    assert rows
    assert len({row.tag for row in rows}) == 1
    for row in rows:
        assert str(tess.chat.chat_id).encode() not in row.locked + row.tag
