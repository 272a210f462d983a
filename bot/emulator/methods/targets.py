"""Find the chat or message a call is about, and refuse in the official words."""

from __future__ import annotations

from typing import Any

from bot.emulator.errors import bad_request, forbidden
from bot.emulator.params import Params
from bot.emulator.world import Bot, Chat, Post, World

Json = dict[str, Any]

KIND_WORDS = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}


def known_chat(world: World, bot: Bot, params: Params) -> Chat:
    """
    Return the chat the call names.

    Raises:
        ApiError: none named, none known, or the bot stands outside it.
    """
    name = params.text("chat_id").strip()
    if not name:
        raise bad_request("chat_id is empty")
    chat = _find(world, bot, name)
    if chat is None:
        raise bad_request("chat not found")
    if not chat.is_private and chat.chat_id not in bot.chats:
        raise forbidden(f"bot is not a member of the {KIND_WORDS[chat.about['type']]}")
    return chat


def writable_chat(world: World, bot: Bot, params: Params) -> Chat:
    """
    Return the chat the call names, if the bot may write there.

    Raises:
        ApiError: as for :func:`known_chat`, or the person blocked the bot, left Telegram, or never wrote.
    """
    chat = known_chat(world, bot, params)
    if chat.is_private and world.phones[chat.chat_id].is_deleted:
        raise forbidden("user is deactivated")
    if chat.is_blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.is_started:
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def own_post(chat: Chat, message_id: int) -> Post:
    """
    Return a message of the bot's own that still stands, for an edit.

    Raises:
        ApiError: gone, never there, or written by the person.
    """
    post = chat.posts.get(message_id)
    if post is None or post.deleted_by is not None:
        raise bad_request("message to edit not found")
    if post.side != "bot":
        raise bad_request("message can't be edited")
    return post


def replied_to(chat: Chat, wishes: Json) -> Json:
    """
    Return the field that shows which message is answered, empty where none is.

    Raises:
        ApiError: that message is gone and the call did not allow for it.
    """
    if "message_id" not in wishes:
        return {}
    post = chat.posts.get(int(wishes["message_id"]))
    if post is None or post.deleted_by is not None:
        if wishes.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    shown = {key: value for key, value in post.message.items() if key != "reply_to_message"}
    return {"reply_to_message": shown}


def _find(world: World, bot: Bot, name: str) -> Chat | None:
    if name.startswith("@"):
        wanted = name.removeprefix("@").lower()
        named = (c for c in world.public.values() if c.about.get("username", "").lower() == wanted)
        return next(named, None)
    try:
        chat_id = int(name)
    except ValueError:
        return None
    if chat_id in world.phones:
        return world.private_chat(bot, world.phones[chat_id])
    return world.public.get(chat_id)
