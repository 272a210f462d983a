"""Reading an update before anything is known about it: plain dicts, nothing assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NUMBER_BITS = 32
CHAT_BITS = 52  # of the id of a chat, at most
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")


def number_of(update: Mapping[str, Any]) -> int | None:
    """Return the number of *update*, if it has one that can be its own: 32 bits, as Telegram counts."""
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << NUMBER_BITS:
        return None
    return number


def chat_of(update: Mapping[str, Any]) -> int | None:
    """Return the id of the chat *update* belongs to, if one can be made out."""
    for body in update.values():
        if not isinstance(body, Mapping):
            continue
        message = body.get("message")
        for place in (body, message if isinstance(message, Mapping) else {}):
            chat = place.get("chat")
            if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
                return int(chat["id"])
        # In a private chat the id of the chat is that of the person.
        sender = body.get("from")
        if isinstance(sender, Mapping) and isinstance(sender.get("id"), int):
            return int(sender["id"])
    return None
