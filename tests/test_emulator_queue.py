"""The stand-in's update queue: what is confirmed, who waits, who is sent away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from telegram import Update

from bot.emulator import Emulator, phones
from bot.emulator.clock import Clock
from bot.emulator.errors import ApiError
from bot.emulator.updates import FUTURE, UpdateQueue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "5550001:practice-token"


@pytest.fixture
def clock() -> Clock:
    return Clock(lambda: NOON)


@pytest.fixture
def queue(clock: Clock) -> UpdateQueue:
    return UpdateQueue(100, clock)


def fill(queue: UpdateQueue, count: int) -> None:
    for _ in range(count):
        queue.put("message", {})


def ids(batch: list[bytes]) -> list[int]:
    return [json.loads(body)["update_id"] for body in batch]


async def test_an_offset_confirms_everything_below_it(queue: UpdateQueue) -> None:
    fill(queue, 5)
    assert ids(await queue.poll(0, 100, 0)) == [100, 101, 102, 103, 104]
    assert ids(await queue.poll(103, 100, 0)) == [103, 104]
    assert ids(await queue.poll(1, 100, 0)) == [103, 104]
    assert len(queue) == 2


async def test_a_negative_offset_keeps_the_last_ones(queue: UpdateQueue) -> None:
    fill(queue, 5)
    assert ids(await queue.poll(-2, 100, 0)) == [103, 104]
    assert ids(await queue.poll(0, 100, 0)) == [103, 104]


async def test_limit_is_held_between_one_and_a_hundred(queue: UpdateQueue) -> None:
    fill(queue, 120)
    assert len(await queue.poll(100, 7, 0)) == 7
    assert len(await queue.poll(101, 1000, 0)) == 100


async def test_an_offset_from_an_earlier_numbering_confirms_nothing(queue: UpdateQueue) -> None:
    queue.renumber(50)
    fill(queue, 2)
    assert ids(await queue.poll(50 + 2 + FUTURE + 1, 100, 0)) == [50, 51]


async def test_a_parked_poll_wakes_for_the_first_update(queue: UpdateQueue) -> None:
    loop = asyncio.get_running_loop()
    poll = asyncio.create_task(queue.poll(0, 100, 30))
    await asyncio.sleep(0.01)
    started = loop.time()
    fill(queue, 3)
    assert ids(await poll) == [100, 101, 102]
    assert loop.time() - started < 15  # of the thirty it may wait


async def test_a_second_waiting_poll_sends_the_first_away(queue: UpdateQueue) -> None:
    first = asyncio.create_task(queue.poll(0, 100, 30))
    await asyncio.sleep(0)
    second = asyncio.create_task(queue.poll(0, 100, 30))
    with pytest.raises(ApiError) as caught:
        await first
    assert (caught.value.code, caught.value.description) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    fill(queue, 1)
    assert ids(await second) == [100]


async def test_a_second_poll_that_need_not_wait_leaves_the_first_alone(queue: UpdateQueue) -> None:
    first = asyncio.create_task(queue.poll(0, 100, 30))
    await asyncio.sleep(0)
    assert await queue.poll(1, 100, 0) == []
    assert not first.done()
    queue.release()
    assert await first == []


async def test_a_hurried_repetition_is_slowed(queue: UpdateQueue) -> None:
    fill(queue, 2)
    assert len(await queue.poll(100, 100, 0)) == 2
    assert len(await queue.poll(100, 100, 0)) == 1


async def test_polling_is_refused_while_a_webhook_is_set(queue: UpdateQueue) -> None:
    parked = asyncio.create_task(queue.poll(0, 100, 30))
    await asyncio.sleep(0)
    queue.set_webhook({"url": "https://bot.example/"})
    with pytest.raises(ApiError, match="terminated by setWebhook request"):
        await parked
    with pytest.raises(ApiError, match="can't use getUpdates method while webhook is active"):
        await queue.poll(0, 100, 0)


async def test_an_unfetched_update_dies_a_tap_sooner_than_a_message(clock: Clock, queue: UpdateQueue) -> None:
    queue.put("callback_query", {}, life=150)
    queue.put("message", {})
    clock.advance(151)
    assert ids(await queue.poll(0, 100, 0)) == [101]
    clock.advance(86_400)
    assert await queue.poll(101, 100, 0) == []


async def test_unwanted_kinds_are_dropped_when_they_occur(queue: UpdateQueue) -> None:
    queue.want(["message"])
    assert queue.put("callback_query", {}) is None
    queue.want([])
    assert queue.put("chat_member", {}) is None
    assert queue.put("callback_query", {}) == 100


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        running.world.add_bot(TOKEN)
        yield running


async def test_a_client_that_dies_while_waiting_loses_nothing_for_the_next(emulator: Emulator) -> None:
    path = f"/bot{TOKEN}/getUpdates"
    async with httpx.AsyncClient(base_url=emulator.base_url, trust_env=False) as dying:
        poll = asyncio.create_task(dying.get(path, params={"timeout": 30}))
        await asyncio.sleep(0.05)
        poll.cancel()
    await asyncio.sleep(0.05)
    tess = phones.hold(emulator.world, emulator.world.add_phone({}).phone_id)
    phones.write(tess, "still here")
    async with httpx.AsyncClient(base_url=emulator.base_url, trust_env=False) as next_one:
        answer = await next_one.get(path, params={"timeout": 5})
    assert [update["message"]["text"] for update in answer.json()["result"]] == ["still here"]


async def test_a_poisoned_update_cannot_be_parsed_by_the_library(emulator: Emulator) -> None:
    async with httpx.AsyncClient(base_url=emulator.base_url, trust_env=False) as http:
        await http.post("/_sim/updates/poison")
        (update,) = (await http.get(f"/bot{TOKEN}/getUpdates")).json()["result"]
    with pytest.raises((TypeError, AttributeError, KeyError, ValueError)):
        Update.de_json(update, None)


async def test_the_server_stops_at_once_with_polls_parked_and_lines_open() -> None:
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(trust_env=False) as http:
        async with Emulator() as running:
            poll = asyncio.create_task(http.get(f"{running.bot_base_url}{TOKEN}/getUpdates?timeout=50"))
            await asyncio.sleep(0.05)
            stopping = loop.time()
        assert loop.time() - stopping < 25  # of the fifty a poll may wait
        assert (await poll).json() == {"ok": True, "result": []}
