"""What can be seen: a phone's chat, a channel, the transcript; for tests and for the practice page alike."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from bot.emulator.notes import shown_notes
from bot.emulator.world import Bot, Chat, Phone, Post, World

Json = dict[str, Any]

PAGE_POSTS = 300  # newest messages of a chat the practice page is shown
PAGE_PHONES = 12  # newest phones the practice page is shown
PRIVATE_SCOPE = json.dumps({"type": "all_private_chats"}, sort_keys=True)
DEFAULT_SCOPE = json.dumps({"type": "default"}, sort_keys=True)


def show_chat(chat: Chat, *, newest: int = 0) -> list[Json]:
    """Return a chat's messages, deleted ones marked and kept so that a test can tell which they were."""
    posts = list(chat.posts.values())
    return [show_post(post) for post in posts[-newest:]]


def show_post(post: Post) -> Json:
    """Return one message as it stands."""
    return {
        "message_id": post.message["message_id"],
        "side": post.side,
        "silent": post.silent,
        "deleted_by": post.deleted_by,
        "message": post.message,
    }


def show_phone(world: World, phone: Phone, bot: Bot | None, *, newest: int = 0) -> Json:
    """Return a phone and the chat with *bot* on it."""
    about: Json = {
        "version": world.version,
        "phone": phone.user,
        "deleted": phone.is_deleted,
        "bot": None,
        "messages": [],
    }
    if bot is None:
        return about
    chat = bot.chats.get(phone.phone_id) or Chat({"id": phone.phone_id, "type": "private"})
    waiting = [
        tap.message_id for tap in bot.taps.values() if tap.chat is chat and tap.until >= world.clock.now()
    ]
    return about | {
        "bot": show_bot(bot, str(phone.user.get("language_code", ""))),
        "blocked": chat.is_blocked,
        "started": chat.is_started,
        "keyboard": chat.keyboard,
        "action": chat.action,
        "waiting": waiting,
        "toasts": [{"number": t.number, "text": t.text, "alert": t.is_alert} for t in chat.toasts[-5:]],
        "messages": show_chat(chat, newest=newest),
    }


def show_bot(bot: Bot, language: str) -> Json:
    """Return what a phone set to *language* shows of the bot before anything is said."""

    def text(field: str) -> str:
        usual = bot.profile.get((field, ""), bot.user["first_name"] if field == "name" else "")
        return str(bot.profile.get((field, language), usual))

    scopes = [(scope, tongue) for scope in (PRIVATE_SCOPE, DEFAULT_SCOPE) for tongue in (language, "")]
    commands = (bot.profile.get((f"commands {scope}", tongue)) for scope, tongue in scopes)
    return {
        "id": bot.bot_id,
        "username": bot.user["username"],
        "name": text("name"),
        "description": text("description"),
        "short_description": text("short_description"),
        "commands": next((found for found in commands if found), []),
    }


def show_page(world: World, bot_id: int | None) -> Json:
    """Return all that the practice page draws: each phone's chat with the bot named, or the first to call."""
    bot = world.bots.get(bot_id) if bot_id is not None else next(iter(world.bots.values()), None)
    phones = list(world.phones.values())[-PAGE_PHONES:]
    return {
        "version": world.version,
        "now": world.clock.now(),
        "bot": show_bot(bot, "") if bot else None,
        "phones": [show_phone(world, phone, bot, newest=PAGE_POSTS) for phone in phones],
        "notes": shown_notes(world.notes, world.clock.source_now()),
    }


def transcript(phone: Phone, bot: Bot) -> str:
    """Write a chat as ``> the person's`` and ``< the bot's`` lines, deleted ones struck with ``x``."""
    chat = bot.chats.get(phone.phone_id)
    if chat is None:
        return ""
    lines, taps = [], deque(chat.pressed)
    for number, post in chat.posts.items():
        while taps and taps[0][0] < number:
            lines.append(f"> ({taps.popleft()[1]})")
        lines.append(_transcript_line(post))
    lines += [f"> ({label})" for _number, label in taps]
    return "\n".join(lines) + "\n" if lines else ""


def _transcript_line(post: Post) -> str:
    arrow = "<" if post.side == "bot" else ">"
    words = post.message.get("text") or post.message.get("caption") or ""
    kind = next(
        (k for k in ("photo", "document", "voice", "video", "sticker", "contact") if k in post.message), ""
    )
    buttons = post.message.get("reply_markup", {}).get("inline_keyboard", [])
    labels = " ".join(f"[{button['text']}]" for row in buttons for button in row)
    said = " ".join(
        part for part in (f"({kind})" if kind else "", words.replace("\n", " / "), labels) if part
    )
    return f"x{arrow} {said}" if post.deleted_by else f"{arrow} {said}"
