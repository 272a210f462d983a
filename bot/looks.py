"""What the bot looks like from outside, read back from Telegram: what it shows, whatever it was given."""

from __future__ import annotations

import asyncio

from telegram.error import TelegramError

from bot.errors import BotError
from bot.telegram import Door, Endpoint, build
from intake import identity

# Seconds for all of it: whoever asks waits in front of a terminal.
PATIENCE = 20.0


class UnseenError(BotError):
    """Telegram did not say what the bot looks like."""


def read_back(token: str, endpoint: Endpoint) -> dict[str, str]:
    """
    Return everything somebody sees without opening the chat, by language; the user name under ``@``.

    Raises:
        UnseenError: Telegram cannot be reached, or refuses the token.
    """
    try:
        return asyncio.run(asyncio.wait_for(_ask(token, endpoint), PATIENCE))
    except (TelegramError, TimeoutError, OSError):
        raise UnseenError from None


async def _ask(token: str, endpoint: Endpoint) -> dict[str, str]:
    async with build(token, endpoint) as door:
        seen = {language or "other": await _seen(door, language) for language in (*identity.LANGUAGES, "")}
        return {"@": door.username, **seen}


async def _seen(door: Door, language: str) -> str:
    code = language or None
    name = await door.get_my_name(code)
    about = await door.get_my_short_description(code)
    description = await door.get_my_description(code)
    commands = await door.get_my_commands(language_code=code)
    lines = [name.name, about.short_description, description.description]
    return "\n".join([*lines, *(command.description for command in commands)])
