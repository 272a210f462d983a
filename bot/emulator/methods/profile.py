"""Methods about the bot itself: who it is, what it is called in each language, its commands; and getFile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from bot.emulator.errors import bad_request
from bot.emulator.methods.targets import known_chat
from bot.emulator.params import Params
from bot.emulator.world import Bot, World

Json = dict[str, Any]
Method = Callable[[World, Bot, Params], Any]

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MAX_COMMANDS = 100
MAX_COMMAND_WORDS = 256  # characters
ANYBODY = {"type": "default"}


def get_me(_world: World, bot: Bot, _params: Params) -> Json:
    """Say who the bot is."""
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return {**bot.user, **abilities}


def get_file(world: World, bot: Bot, params: Params) -> Json:
    """Give a link to a file of at most 20 MiB, good for an hour."""
    return world.shelf.link(bot.bot_id, params.text("file_id"))


def get_chat(world: World, bot: Bot, params: Params) -> Json:
    """Say what is public about a chat."""
    chat = known_chat(world, bot, params)
    gifts = {
        "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False,
        "premium_subscription": False, "gifts_from_channels": False,
    }  # fmt: skip
    return {**chat.about, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def sets(field: str, limit: int) -> Method:
    """Make the method that sets one of the bot's texts for one language; an empty text removes it."""

    def set_field(world: World, bot: Bot, params: Params) -> bool:
        text = params.text(field)
        if len(text) > limit:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        language = params.text("language_code")
        if text:
            bot.profile[field, language] = text
        else:
            bot.profile.pop((field, language), None)
        if field == "name" and not language:
            bot.user = {**bot.user, "first_name": text or "Bot"}
        world.changed()
        return True

    return set_field


def gets(field: str) -> Method:
    """Make the method that reads one of the bot's texts for one language; only the name falls back."""

    def get_field(_world: World, bot: Bot, params: Params) -> Json:
        usual = bot.user["first_name"] if field == "name" else ""
        return {field: bot.profile.get((field, params.text("language_code")), usual)}

    return get_field


def set_my_commands(world: World, bot: Bot, params: Params) -> bool:
    """Set the list of commands for one scope and language."""
    commands = params.json("commands", "can't parse commands JSON object")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not isinstance(command, dict) or not COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= MAX_COMMAND_WORDS:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.profile[_command_key(params)] = commands
    world.changed()
    return True


def get_my_commands(_world: World, bot: Bot, params: Params) -> list[Json]:
    """Return the commands of exactly this scope and language."""
    commands: list[Json] = bot.profile.get(_command_key(params), [])
    return commands


def delete_my_commands(world: World, bot: Bot, params: Params) -> bool:
    """Remove the commands of exactly this scope and language."""
    bot.profile.pop(_command_key(params), None)
    world.changed()
    return True


def set_chat_menu_button(world: World, bot: Bot, params: Params) -> bool:
    """Set what the button beside the text field does."""
    button = params.json("menu_button", "can't parse menu button JSON object")
    bot.profile["menu_button", params.text("chat_id")] = button or {"type": "default"}
    world.changed()
    return True


def get_chat_menu_button(_world: World, bot: Bot, params: Params) -> Json:
    """Say what the button beside the text field does."""
    button: Json = bot.profile.get(("menu_button", params.text("chat_id")), {"type": "default"})
    return button


def _command_key(params: Params) -> tuple[str, str]:
    scope = params.json("scope", "can't parse BotCommandScope JSON object") or ANYBODY
    return f"commands {json.dumps(scope, sort_keys=True)}", params.text("language_code")


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getFile": get_file,
    "getChat": get_chat,
    "setMyName": sets("name", 64),
    "getMyName": gets("name"),
    "setMyDescription": sets("description", 512),
    "getMyDescription": gets("description"),
    "setMyShortDescription": sets("short_description", 120),
    "getMyShortDescription": gets("short_description"),
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
