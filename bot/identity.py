"""
What the bot looks like from outside: name, description and commands, neutral in every language.

Set at start and only where they differ, because Telegram allows few such changes a day. Not being able to
set them is told and tried again; it never holds up what comes in.
"""

from __future__ import annotations

import asyncio
import logging

from telegram import BotCommand
from telegram.error import RetryAfter, TelegramError

from bot.health import Health
from bot.telegram import Door, seconds
from intake import identity
from intake.identity import Identity

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0  # seconds between tries


async def put_on(door: Door, health: Health) -> None:
    """Give the bot its identity in every language, trying until it is done."""
    pause = FIRST_PAUSE
    while True:
        try:
            for language in identity.LANGUAGES:
                await _put_on(door, identity.load(language), language)
            # Russian is also what a phone in any other language sees.
            await _put_on(door, identity.load("ru"), "")
        except RetryAfter as error:
            pause = max(seconds(error), FIRST_PAUSE)
        except TelegramError:
            pass
        else:
            health.ok("identity")
            return
        health.trouble("identity", "unset")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _put_on(door: Door, wanted: Identity, language: str) -> None:
    code = language or None
    if (await door.get_my_name(code)).name != wanted.name:
        await door.set_my_name(wanted.name, code)
    if (await door.get_my_short_description(code)).short_description != wanted.about:
        await door.set_my_short_description(wanted.about, code)
    if (await door.get_my_description(code)).description != wanted.description:
        await door.set_my_description(wanted.description, code)
    commands = [BotCommand(name, text) for name, text in wanted.commands]
    if list(await door.get_my_commands(language_code=code)) != commands:
        await door.set_my_commands(commands, language_code=code)
