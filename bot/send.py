"""
Sending one message, and what its failure means.

The library's classes do not say what to do next: its ``BadRequest`` is a kind of ``NetworkError``, and
``InvalidToken`` stands for a revoked token. Here every failure becomes one of three: try later, give up on
this message with a code that staff can read, or stop sending at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.telegram import Door, seconds

BLOCKED = "blocked"  # the person stopped the bot
GONE = "gone"  # the account or chat is no more
REFUSED = "refused"  # Telegram will never take this message
UNREACHABLE = "unreachable"  # tried for two days

TOKEN_PAUSE = 60.0  # seconds
# Telegram takes files from bots up to here, and answers a larger one like a broken connection.
UPLOAD_LIMIT = 50 * 1024 * 1024


class LaterError(Exception):
    """Not now: try this message again by its own schedule."""


class PausedError(Exception):
    """Not now, and no other message either, for so many seconds."""

    def __init__(self, wait: float, code: str) -> None:
        super().__init__(code)
        self.wait = wait
        self.code = code


class GivenUpError(Exception):
    """Never: *why* is the code that staff see."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def send(door: Door, payload: dict[str, Any], text: str, content: bytes | None) -> int:
    """
    Send what *payload* says and return the number of the message.

    Raises:
        LaterError, PausedError, GivenUpError: it is not known to have arrived.
    """
    try:
        if payload["do"] == "edit":
            with contextlib.suppress(BadRequest):
                return await _edit(door, payload, text)
        return await _send(door, payload, text, content)
    except RetryAfter as error:
        raise PausedError(seconds(error), "slowed") from None
    except InvalidToken:
        raise PausedError(TOKEN_PAUSE, "token_refused") from None
    except Forbidden as error:
        raise GivenUpError(GONE if "deactivated" in error.message.lower() else BLOCKED) from None
    except BadRequest as error:
        raise GivenUpError(GONE if "chat not found" in error.message.lower() else REFUSED) from None
    except ChatMigrated:
        raise GivenUpError(GONE) from None
    except TelegramError:
        raise LaterError from None


async def _edit(door: Door, payload: dict[str, Any], text: str) -> int:
    """
    Put *text* in the place of an earlier message.

    Raises:
        BadRequest: that message can no longer be edited.
    """
    number = int(payload["message"])
    try:
        await door.edit_message_text(
            text, chat_id=payload["chat"], message_id=number, reply_markup=_markup(payload.get("buttons", ()))
        )
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            raise
    return number


async def _send(door: Door, payload: dict[str, Any], text: str, content: bytes | None) -> int:
    silent = bool(payload.get("silent", True))
    protect = payload.get("lasts") is not None
    markup = _markup(payload.get("buttons", ()))
    if payload["do"] == "document":
        if len(content or b"") > UPLOAD_LIMIT:
            raise GivenUpError(REFUSED)
        message = await door.send_document(
            payload["chat"],
            content or b"",
            caption=text or None,
            filename=payload["name"],
            disable_notification=silent,
            protect_content=protect,
            disable_content_type_detection=True,
            reply_markup=markup,
        )
    else:
        message = await door.send_message(
            payload["chat"],
            text,
            disable_notification=silent,
            protect_content=protect,
            reply_markup=markup,
        )
    return message.message_id


def _markup(buttons: Sequence[Sequence[Sequence[str]]]) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in buttons]
    )
