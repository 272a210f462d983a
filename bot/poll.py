"""
Polling: ask, store, and only then ask for more.

The next question's offset is what tells Telegram that we have an update, so it moves after the commit and
never before. While nothing can be stored (disk full, database gone) the same question is asked again:
Telegram keeps an update for a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot import raw
from bot.health import Health
from casework.errors import CaseworkError

log = logging.getLogger(__name__)

# Seconds Telegram may hold the question open; it allows 50, proxies often cut at 30.
HOLD = 25
# Seconds beyond that until the connection counts as dead.
GRACE = 10
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between tries while something is broken

Take = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]


async def poll(bot: Bot, take: Take, health: Health) -> None:
    """
    Hand every batch of updates to *take* until cancelled; *take* returns once the batch is stored.

    An update without a number cannot be confirmed and is passed over. After an empty answer the offset is
    forgotten: all is confirmed, and a server whose numbers restarted would not be heard otherwise.
    """
    offset = 0
    pause = FIRST_PAUSE
    while True:
        trouble = None
        try:
            batch = await _ask(bot, offset)
            await take(batch)
        except RetryAfter as error:
            pause = _seconds(error)
            trouble = "slowed"
        except InvalidToken:
            trouble, pause = "token_refused", LONGEST_PAUSE
        except Conflict:
            trouble = "another_poller"
        except TelegramError:
            trouble = "unreachable"
        except (SQLAlchemyError, CaseworkError):
            trouble = "cannot_store"
        if trouble is None:
            health.ok("intake")
            pause = FIRST_PAUSE
            offset = 1 + max((raw.number_of(update) or 0 for update in batch), default=-1)
            continue
        health.trouble("intake", trouble)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _ask(bot: Bot, offset: int) -> list[dict[str, Any]]:
    """Ask for updates from *offset* on, as Telegram sends them: an odd one must not hide the others."""
    answer = await bot.do_api_request(
        "getUpdates",
        api_kwargs={"offset": offset, "limit": 100, "timeout": HOLD, "allowed_updates": list(raw.KINDS)},
        read_timeout=HOLD + GRACE,
    )
    if not isinstance(answer, list):
        raise TelegramError("getUpdates: not a list")
    return [update for update in answer if isinstance(update, dict)]


def _seconds(error: RetryAfter) -> float:
    """Return how long Telegram asks us to wait; the library gives seconds or a span."""
    wait = error.retry_after
    return float(wait) if isinstance(wait, int) else wait.total_seconds()
