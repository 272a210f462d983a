"""A chat that floods slows only itself, and keeps its order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dispatch import Dispatcher, Worked


class Work:
    """Records what was worked, and checks that a lane is never worked twice at once."""

    def __init__(self, again: dict[int, int] | None = None) -> None:
        self.done: list[int] = []
        self.by_lane: dict[int, list[int]] = defaultdict(list)
        self.in_work: set[int] = set()
        self.most = 0
        self.again = again or {}

    async def __call__(self, things: Sequence[int]) -> Worked:
        thing = things[0]
        lane = thing % 10
        assert lane not in self.in_work
        self.in_work.add(lane)
        self.most = max(self.most, len(self.in_work))
        await asyncio.sleep(0)
        self.in_work.remove(lane)
        if self.again.get(thing, 0):
            self.again[thing] -= 1
            return 0, 0.001
        done = things[: 1 + thing % 3]
        self.done += done
        self.by_lane[lane] += done
        return len(done), None


@contextmanager
def running(dispatcher: Dispatcher[int]) -> Iterator[None]:
    task = asyncio.ensure_future(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()


def _put(dispatcher: Dispatcher[int], *things: int) -> None:
    for thing in things:
        dispatcher.put(bytes([thing % 10]), thing)


@given(
    things=st.lists(st.integers(0, 999), unique=True, max_size=60),
    again=st.dictionaries(st.integers(0, 999), st.integers(1, 2), max_size=20),
    width=st.integers(1, 5),
    most=st.integers(1, 4),
)
@settings(max_examples=40, deadline=None)
def test_each_chat_keeps_its_order_and_all_is_worked_once(
    things: list[int], again: dict[int, int], width: int, most: int
) -> None:
    async def play() -> Work:
        work = Work(dict(again))
        dispatcher = Dispatcher(work, width, most)
        _put(dispatcher, *things)
        with running(dispatcher):
            await asyncio.wait_for(dispatcher.idle(), 5)
        return work

    work = asyncio.run(play())
    assert sorted(work.done) == sorted(things)
    for lane, worked in work.by_lane.items():
        assert worked == [thing for thing in things if thing % 10 == lane]
    assert work.most <= width


async def test_one_flooding_chat_takes_one_turn_in_each_round() -> None:
    work = Work()
    dispatcher = Dispatcher(work, 1)
    _put(dispatcher, *range(1, 3001, 10))  # 300 messages of one chat
    _put(dispatcher, 2, 3)
    with running(dispatcher):
        await dispatcher.idle()
    assert work.done.index(2) <= 3
    assert work.done.index(3) <= 4


async def test_a_chat_that_was_silent_comes_before_many_that_go_on() -> None:
    work = Work()
    dispatcher = Dispatcher(work, 1)
    flood = [lane for lane in range(2, 10) for _ in range(20)]
    for n, lane in enumerate(flood):
        dispatcher.put(bytes([lane]), 10 * n + lane)
    with running(dispatcher):
        while len(work.done) < 40:
            await asyncio.sleep(0)
        dispatcher.put(bytes([1]), 1)
        before = len(work.done)
        await dispatcher.idle()
    assert work.done.index(1) <= before + 3


async def test_who_was_served_before_does_not_stand_behind_a_thousand_strangers() -> None:
    work = Work()
    dispatcher = Dispatcher(work, 1)
    with running(dispatcher):
        dispatcher.put(b"known", 3)
        await dispatcher.idle()
        for n in range(1000):
            dispatcher.put(b"stranger %d" % n, 10 * n + 6)
        dispatcher.put(b"known", 13)
        await dispatcher.idle()
    assert work.done.index(13) <= 3


async def test_a_chat_that_must_wait_holds_up_no_other() -> None:
    work = Work({1: 50})
    dispatcher = Dispatcher(work, 1)
    _put(dispatcher, 1, 11, 2)
    with running(dispatcher):
        await dispatcher.idle()
    assert work.done == [2, 1, 11]


async def test_work_that_breaks_stops_nothing_else() -> None:
    async def work(things: Sequence[int]) -> Worked:
        if things[0] == 1:
            raise LookupError
        done.append(things[0])
        return 1, None

    done: list[int] = []
    dispatcher: Dispatcher[int] = Dispatcher(work, 2)
    _put(dispatcher, 1, 2, 3)
    with running(dispatcher):
        while len(done) < 2:
            await asyncio.sleep(0)
    assert done == [2, 3]
    assert dispatcher.count == 1
