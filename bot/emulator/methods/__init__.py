"""
The Bot API methods this stand-in plays, by lower-case name.

Each is a function of world, bot and parameters that returns the result or raises an
``ApiError``. ``getUpdates`` alone waits, and is played by the door itself. A method not
listed is answered as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.emulator.methods import changing, profile, sending, webhooks
from bot.emulator.params import Params
from bot.emulator.world import Bot, World

Method = Callable[[World, Bot, Params], Any]

METHODS: dict[str, Method] = {
    name.lower(): method
    for family in (sending.METHODS, changing.METHODS, profile.METHODS, webhooks.METHODS)
    for name, method in family.items()
}
