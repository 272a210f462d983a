"""Limits that remember no one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from intake.limits import BURST, LONGEST, Budgets

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)


def test_a_frightened_burst_is_not_slowed() -> None:
    """Twenty messages at once, an album among them, are answered as they come."""
    budgets = Budgets(b"k" * 32)
    assert [budgets.delay(1, NOW) for _ in range(BURST)] == [NOTHING] * BURST


def test_a_flood_slows_only_its_own_replies_and_only_so_far() -> None:
    """Another chat feels nothing, and the flooding chat is still answered within a minute."""
    budgets = Budgets(b"k" * 32)
    delays = [budgets.delay(1, NOW) for _ in range(1000)]
    assert delays[-1] == LONGEST
    assert budgets.delay(2, NOW) == NOTHING


def test_a_chat_that_rests_is_forgotten() -> None:
    """Nothing stays in memory of somebody who wrote a minute ago."""
    budgets = Budgets(b"k" * 32)
    budgets.delay(1, NOW)
    budgets.delay(2, NOW + timedelta(minutes=5))
    assert repr(budgets) == "<Budgets 1>"


def test_memory_is_bounded_and_no_name_is_kept() -> None:
    """A hundred thousand chats leave no more than the bound, and no chat id."""
    budgets = Budgets(b"k" * 32, remembered=50)
    for chat in range(5000):
        budgets.delay(chat, NOW)
    assert len(budgets._buckets) <= 50
    assert all(len(name) == 16 for name in budgets._buckets)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-5, 60)), max_size=60))
def test_whatever_the_clock_does_a_delay_is_between_nothing_and_a_minute(
    steps: list[tuple[int, int]],
) -> None:
    """Clocks are set back; that neither frees nor punishes anybody."""
    budgets, now = Budgets(b"k" * 32), NOW
    for chat, seconds in steps:
        now += seconds * SECOND
        assert NOTHING <= budgets.delay(chat, now) <= LONGEST
