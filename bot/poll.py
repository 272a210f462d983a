"""
Polling: ask, store, and only then ask for more.

The next question's offset is what tells Telegram that we have an update, so it moves after the commit and
never before. While nothing can be stored (disk full, database gone) the same question is asked again:
Telegram keeps an update for a day.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot import raw
from bot.errors import BotError
from bot.health import Health
from bot.telegram import Door, seconds
from casework.errors import CaseworkError

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between tries while something is broken

REFUSED = "token_refused"

Take = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]


async def poll(
    bot: Door,
    take: Take,
    health: Health,
    part: str = "intake",
    tell_refused: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """
    Hand every batch of updates to *take* until cancelled; *take* returns once the batch is stored.

    An update without a number cannot be confirmed and is passed over. After an empty answer the offset is
    forgotten: all is confirmed, and a server whose numbers restarted would not be heard otherwise. *part* is
    this door's name in what the hub says of itself; *tell_refused* is called once when its token is refused.
    """
    offset = 0
    tell = tell_refused
    pause = FIRST_PAUSE
    while True:
        trouble = None
        try:
            batch = await bot.updates(offset)
            await take(batch)
            numbers = [number for update in batch if (number := raw.number_of(update)) is not None]
            if batch and not numbers:
                trouble = "unnumbered"
        except RetryAfter as error:
            pause = seconds(error)
            trouble = "slowed"
        except InvalidToken:
            trouble, pause = REFUSED, LONGEST_PAUSE
        except Conflict:
            trouble = "another_poller"
        except TelegramError:
            trouble = "unreachable"
        except (SQLAlchemyError, CaseworkError, BotError):
            trouble = "cannot_store"
        except Exception as error:  # noqa: BLE001  a deaf hub that looks alive would be worse
            log.error("poll.broke %s", type(error).__name__)  # noqa: TRY400  a traceback may quote it
            trouble = "broke"
        if trouble is None:
            health.ok(part)
            pause = FIRST_PAUSE
            offset = 1 + max(numbers, default=-1)
            continue
        health.trouble(part, trouble)
        if trouble == REFUSED and tell is not None:
            with contextlib.suppress(SQLAlchemyError, CaseworkError, BotError):
                await tell()
                tell = None
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
