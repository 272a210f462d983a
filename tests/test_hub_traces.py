"""What stays on a phone, and what follows somebody who wants to be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.emulator import phones
from bot.emulator.phones import Hand
from bot.rows import DEADLINE
from casework.database import Database
from casework.tables import Case, Link
from intake.outage import Outage
from tests.hubs import counts, opened, until
from tests.stage import (
    CANARY,
    Stage,
    buttons,
    file_with_push,
    offers,
    posts,
    reply,
    said,
    settled,
    staged,
    state_of,
    tap,
)


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


def standing(hand: Hand) -> list[Any]:
    return [one for one in posts(hand) if one.deleted_by is None]


async def test_ten_quiet_minutes_after_sending_nothing_is_left_on_the_phone(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        phones.say(tess, {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}})
        phones.write(tess, "одно")
        (post,) = phones.write(tess, "друго")
        phones.edit(tess, post.message["message_id"], "другое")
        await tap(tess, "now")
        await tap(tess, "z.send")
        await settled(stage)
        stage.forward(minutes=9)
        phones.write(tess, "и ещё")  # the ten minutes begin anew
        await settled(stage)
        stage.forward(minutes=9)
        await asyncio.sleep(0.2)
        assert len(standing(tess)) > 5
        stage.forward(minutes=2)
        await until(lambda: standing(tess) == [])
        await until(lambda: counts(stage.house)["deletion"] == 0)


async def test_the_line_that_announces_an_answer_outlives_the_deadline_until_it_is_tapped(
    stage: Stage,
) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        stage.forward(seconds=(DEADLINE + timedelta(minutes=1)).total_seconds())
        await until(lambda: [p.message["text"] for p in standing(tess)] == ["Вас ждёт ответ."])
    # Three weeks and a reboot later the button still leads there.
    stage.reboot()
    with stage.house.database.write() as session:
        session.execute(delete(Link))
    stage.forward(days=19)
    async with stage.hub():
        await tap(tess, "open")
        await until(lambda: CANARY in "".join(said(tess)))
        await settled(stage)
        # Not in the place of the old line: that could not be deleted any more.
        assert said(tess)[0] == "Вас ждёт ответ."
        stage.forward(hours=2)
        await until(lambda: CANARY not in "".join(said(tess)))


async def test_an_answer_leaves_in_an_hour_and_its_announcement_when_the_chat_is_cleared(
    stage: Stage,
) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item)[0] == "sent")
        await tap(tess, "open")
        await until(lambda: "ответ" in said(tess))
        await settled(stage)
        stage.forward(minutes=61)
        # The line stays, for its button shows the answer again for two weeks; "clean now" takes it too.
        await until(lambda: [p.message["text"] for p in standing(tess)] == ["Вас ждёт ответ."])
        phones.write(tess, "/clear")
        await until(lambda: said(tess) and all(line.startswith("Убираю всё") for line in said(tess)))


@pytest.mark.parametrize("farewell", ["forget", "erase"])
async def test_what_was_on_its_way_does_not_reach_a_forgotten_chat(stage: Stage, farewell: str) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        phones.write(tess, "/menu")
        if farewell == "forget":
            await tap(tess, "more")
        await tap(tess, farewell)
        await until(lambda: offers(tess, f"{farewell}.yes"))
        await settled(stage)
        # Telegram takes nothing for a while: the answer is ready and stands in line.
        faults = stage.emulator.world.faults
        faults.order({"kind": "error", "method": "sendMessage", "times": None})
        await tap(tess, "open")
        await until(lambda: counts(stage.house)["outbox"] >= 2)
        bot = next(iter(stage.emulator.world.bots.values()))
        await tap(tess, f"{farewell}.yes")
        await until(lambda: len(bot.queue) == 0 and counts(stage.house)["waiting"] == 0)
        faults.cancel()
        await settled(stage)
        await until(lambda: len(said(tess)) == 1)
        assert CANARY not in "".join(str(p.message.get("text")) for p in posts(tess) if p.side == "bot")


async def test_a_forgotten_chat_is_not_rung_in_the_morning(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        phones.write(tess, "/menu")
        await tap(tess, "go.reach")
        await tap(tess, "r.push")
        local = stage.clock.now.hour + 3
        await tap(tess, "h.eve" if 9 <= local % 24 < 18 else "h.day")
        await settled(stage)
        item = reply(stage, "ответ")
        await until(lambda: counts(stage.house)["outbox"] == 1)
        phones.write(tess, "/menu")
        await tap(tess, "more")
        await tap(tess, "forget")
        await tap(tess, "forget.yes")
        await until(lambda: any("забыт" in line for line in said(tess)))
        await until(lambda: counts(stage.house)["outbox"] == 0)
        assert state_of(stage, item)[0] == "waiting"
        assert "Вас ждёт ответ." not in said(tess)


async def _rung_tomorrow(stage: Stage, tess: Hand) -> bytes:
    """Agree on an alarm word and let an answer wait for another hour; return its item."""
    await file_with_push(stage, tess)
    phones.write(tess, "/menu")
    await tap(tess, "go.reach")
    await tap(tess, "r.push")
    local = stage.clock.now.hour + 3
    await tap(tess, "h.eve" if 9 <= local % 24 < 18 else "h.day")
    phones.write(tess, "/menu")
    await tap(tess, "more")
    await tap(tess, "go.chk")
    await tap(tess, "a.ask")
    phones.write(tess, "черноплодка")
    await until(lambda: any(one.kind == "check" for one in opened(stage.house)))
    await settled(stage)
    item = reply(stage, f"ответ {CANARY}")
    await until(lambda: counts(stage.house)["outbox"] == 1)
    return item


@pytest.mark.parametrize("way", [(), ("go.reach", "r.phrase"), ("go.reach", "r.push", "h.nev")])
async def test_a_line_that_waits_for_its_hour_rings_no_more_once_it_must_not(
    stage: Stage, way: tuple[str, ...]
) -> None:
    """After the alarm word, and for whoever chose no lines meanwhile: the night stays quiet."""
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        item = await _rung_tomorrow(stage, tess)
        phones.write(tess, "/menu" if way else "черноплодка")
        for action in way:
            await tap(tess, action)
        await until(lambda: not any(one.kind == "courier" for one in opened(stage.house)))
        await settled(stage)
        assert state_of(stage, item)[0] == "waiting"
        stage.forward(hours=25)
        await settled(stage)
        assert "Вас ждёт ответ." not in [str(post.message.get("text")) for post in posts(tess)]


async def test_forgetting_while_urgent_leaves_an_urgent_case(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await tap(tess, "now")
        phones.write(tess, "нас держат в яме")
        await settled(stage)
        phones.write(tess, "/menu")
        await tap(tess, "more")
        await tap(tess, "forget")
        await tap(tess, "forget.yes")
        await settled(stage)
    with stage.house.database.read() as session:
        case = session.scalars(select(Case)).one()
    assert (case.status, case.urgency) == ("new", "now")


async def test_buttons_fit_what_telegram_allows(stage: Stage) -> None:
    async with stage.hub():
        tess = stage.phone()
        await file_with_push(stage, tess)
        phones.write(tess, "/menu")
        await settled(stage)
        datas = [data for one in posts(tess) for data in buttons(one)]
    assert len(datas) > 20
    assert max(len(data.encode()) for data in datas) <= 64


async def test_chats_hear_once_which_hours_were_lost(stage: Stage) -> None:
    lost = Outage(
        since=stage.clock.now - timedelta(hours=5),
        until=stage.clock.now - timedelta(hours=2),
        tell_until=stage.clock.now + timedelta(days=30),
    )
    async with stage.hub(outage=lost):
        tess = stage.phone()
        phones.write(tess, "одно")
        phones.write(tess, "другое")
        await settled(stage)
        assert sum("пропало" in line for line in said(tess)) == 1
        stage.forward(days=31)
        late = stage.phone()
        await settled(stage)
        assert not any("пропало" in line for line in said(late))


async def test_somebody_whose_account_is_gone_is_named_so_at_the_desk(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()]):
        tess = stage.phone()
        await file_with_push(stage, tess)
        phones.delete_account(stage.emulator.world, tess.phone.phone_id)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item) == ("failed", "gone"))


async def test_a_flooding_chat_slows_only_itself(stage: Stage) -> None:
    """Three hundred messages wait; another chat is answered before them, and nothing is lost."""
    await _flood(stage, 300)


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_a_flood_of_five_thousand_slows_only_itself(stage: Stage) -> None:
    await _flood(stage, 5000)


async def _flood(stage: Stage, count: int) -> None:
    async with stage.hub():
        mallory, tess = stage.phone(), stage.phone()
        await settled(stage)
        for n in range(count):
            phones.write(mallory, f"ложь {n}")
        await until(lambda: counts(stage.house)["waiting"] > min(count, 100) // 2)
        loop = asyncio.get_running_loop()
        began, before = loop.time(), len(said(tess))
        phones.write(tess, "правда")
        await until(lambda: len(said(tess)) > before)
        # At once, or on a busy machine at least long before the flood is through.
        assert loop.time() - began < 2.0 or counts(stage.house)["waiting"] > 0
        await until(
            lambda: len(stage.texts()) == count + 1 if counts(stage.house)["waiting"] == 0 else 0, 300
        )
