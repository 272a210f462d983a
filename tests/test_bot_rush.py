"""What pours in is taken in before the hub answers, and a flood without end cannot keep it from answering."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch import Dispatcher, Worked
from bot.rush import LONGEST, RESTS, Rush


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_answers_wait_for_the_next_batch_and_not_once_telegram_has_no_more() -> None:
    clock = Clock()
    rush = Rush(clock)
    rush.took(full=False)
    assert not rush.is_on
    rush.took(full=True)
    assert rush.is_on
    clock.now += 0.01
    rush.took(full=False)
    assert not rush.is_on


@given(st.integers(1, 400))
def test_a_flood_without_end_leaves_most_of_the_time_for_answers(milliseconds: int) -> None:
    clock = Clock()
    rush, step = Rush(clock), milliseconds / 1000
    began, free = clock.now, 0.0
    for _ in range(round(20 / step)):
        rush.took(full=True)
        clock.now += step / 2
        free += 0 if rush.is_on else step
        clock.now += step / 2
    spent = clock.now - began
    assert free >= spent * RESTS / (LONGEST + RESTS) - 2 * step * (1 + spent / (LONGEST + RESTS))


async def test_nothing_is_begun_in_a_rush_and_after_it_all_have_come_to_their_turn() -> None:
    clock = Clock()
    rush = Rush(clock)
    begun: list[int] = []

    async def work(things: Sequence[int]) -> Worked:
        begun.append(things[0])
        return 1, None

    dispatcher: Dispatcher[int] = Dispatcher(work, 2, ready=rush.over)
    running = asyncio.ensure_future(dispatcher.run())
    rush.took(full=True)
    for thing in (1, 2, 3):
        dispatcher.put(b"flood", thing)
    await asyncio.sleep(0.05)
    assert begun == []
    dispatcher.put(b"other", 9)
    rush.took(full=False)
    await asyncio.wait_for(dispatcher.idle(), 30)
    running.cancel()
    assert begun == [1, 9, 2, 3]
