"""
The stand-in's world: bots, phones, chats and what stands in them. All of it in memory, gone with the process.

Everything here changes in one event loop without awaiting, so each act is whole.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from bot.emulator.calls import CallLog
from bot.emulator.clock import Clock
from bot.emulator.errors import ControlError, unauthorized
from bot.emulator.faults import Faults
from bot.emulator.files import Shelf
from bot.emulator.updates import UpdateQueue

Json = dict[str, Any]
Side = Literal["bot", "phone"]

TOKEN = re.compile(r"[1-9][0-9]{0,14}:[A-Za-z0-9_-]+")
MAX_TOKEN = 80  # characters
CHANNEL_BASE = -1_000_000_000_000  # supergroups and channels count down from here
CALLBACK_ANSWERABLE = 60  # seconds; the true figure is Telegram's own and undocumented


@dataclass(slots=True)
class Post:
    """One message as it stands in a chat, and what became of it."""

    message: Json
    side: Side
    silent: bool = False
    deleted_by: Side | None = None

    def __repr__(self) -> str:
        return f"<Post {self.message['message_id']} by the {self.side}>"


@dataclass(slots=True)
class Toast:
    """What a bot answered to a tap: a line that fades, or a box to close."""

    number: int
    text: str
    is_alert: bool


@dataclass(slots=True)
class Chat:
    """One chat of one bot: the API's chat object, its messages, the keyboard under the text field."""

    about: Json
    posts: dict[int, Post] = field(default_factory=dict)
    keyboard: Json | None = None
    is_started: bool = False
    is_blocked: bool = False
    last_message_id: int = 0
    action: str = ""
    toasts: list[Toast] = field(default_factory=list)
    pressed: list[tuple[int, str]] = field(default_factory=list)  # buttons, and the last message before each

    @property
    def chat_id(self) -> int:
        """The chat's number; a private chat has its phone's."""
        return int(self.about["id"])

    @property
    def is_private(self) -> bool:
        """A chat between one phone and one bot."""
        return bool(self.about["type"] == "private")

    def __repr__(self) -> str:
        return f"<Chat {self.about['type']} with {len(self.posts)} messages>"


@dataclass(slots=True)
class Phone:
    """One person's telephone."""

    user: Json
    is_deleted: bool = False

    @property
    def phone_id(self) -> int:
        """The account's number."""
        return int(self.user["id"])

    def __repr__(self) -> str:
        return "<Phone>"


@dataclass(slots=True)
class Tap:
    """A pressed button that waits for the bot's answer."""

    chat: Chat
    message_id: int
    until: int


@dataclass(slots=True)
class Bot:
    """One bot: its token, its queue, its chats, what it says about itself."""

    user: Json
    token: str
    queue: UpdateQueue
    chats: dict[int, Chat] = field(default_factory=dict)
    profile: dict[tuple[str, str], Any] = field(default_factory=dict)
    taps: dict[str, Tap] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    is_revoked: bool = False
    last_message_id: int = 0

    @property
    def bot_id(self) -> int:
        """The bot's number, the part of its token before the colon."""
        return int(self.user["id"])

    def __repr__(self) -> str:
        return f"<Bot with {len(self.chats)} chats>"


class World:
    """Hold everything the stand-in knows."""

    def __init__(
        self, clock: Clock, random: Random, *, callback_answerable: int = CALLBACK_ANSWERABLE
    ) -> None:
        self.clock = clock
        self.random = random
        self.callback_answerable = callback_answerable
        self.shelf = Shelf(clock, random)
        self.calls = CallLog()
        self.faults = Faults(random)
        self.notes: Json = {}
        self.bots: dict[int, Bot] = {}
        self.phones: dict[int, Phone] = {}
        self.public: dict[int, Chat] = {}
        self.version = 0
        self._watchers: list[asyncio.Future[None]] = []

    def bot_by_token(self, token: str) -> Bot:
        """
        Return the bot with this token; a well-formed token never seen before makes one.

        Raises:
            ApiError: the token is malformed, revoked, or an old one of a bot that has another now.
        """
        if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
            raise unauthorized("invalid token specified")
        bot = self.bots.get(int(token.partition(":")[0]))
        if bot is None:
            return self.add_bot(token)
        if bot.is_revoked or bot.token != token:
            raise unauthorized()
        return bot

    def add_bot(self, token: str) -> Bot:
        """Register a bot under *token*, or give a bot already there a new token."""
        if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
            raise ControlError("that is not a bot token: digits, a colon, letters")
        bot_id = int(token.partition(":")[0])
        bot = self.bots.get(bot_id)
        if bot is None:
            user = {"id": bot_id, "is_bot": True, "first_name": "Bot", "username": f"practice_{bot_id}_bot"}
            bot = Bot(user, token, UpdateQueue(self.random.randrange(10_000, 900_000_000), self.clock))
            self.bots[bot_id] = bot
        bot.token, bot.is_revoked = token, False
        self.changed()
        return bot

    def revoke(self, bot: Bot) -> None:
        """Take a bot's token away: every call from now on is refused, and so is a poll that waits."""
        bot.is_revoked = True
        bot.queue.refuse()
        self.changed()

    def bot(self, bot_id: int | None) -> Bot:
        """Return the bot named, or the only one there is."""
        if bot_id is None and len(self.bots) == 1:
            return next(iter(self.bots.values()))
        if bot_id is None:
            raise ControlError("say which bot is meant" if self.bots else "no bot has called yet", 409)
        if bot_id not in self.bots:
            raise ControlError("no such bot", 404)
        return self.bots[bot_id]

    def phone(self, phone_id: int) -> Phone:
        """Return the phone with this number."""
        if phone_id not in self.phones:
            raise ControlError("no such phone", 404)
        return self.phones[phone_id]

    def add_phone(self, user: Json) -> Phone:
        """Add a phone; *user* may leave out everything."""
        user_id = int(user.get("id") or self._fresh_user_id())
        if user_id in self.phones or user_id in self.bots:
            raise ControlError("that number is taken", 409)
        about = {"id": user_id, "is_bot": False, "first_name": str(user.get("first_name") or "Tess")}
        about |= {key: str(user[key]) for key in ("last_name", "username", "language_code") if user.get(key)}
        phone = self.phones[user_id] = Phone(about)
        self.changed()
        return phone

    def private_chat(self, bot: Bot, phone: Phone) -> Chat:
        """Return the chat between a bot and a phone, opening it on the phone's side if need be."""
        chat = bot.chats.get(phone.phone_id)
        if chat is None:
            shown: Json = {
                key: phone.user[key] for key in ("first_name", "last_name", "username") if key in phone.user
            }
            chat = bot.chats[phone.phone_id] = Chat({"id": phone.phone_id, "type": "private", **shown})
        return chat

    def add_public_chat(self, kind: str, title: str, username: str) -> Chat:
        """Add a channel or a group that bots can be let into."""
        chat_id = CHANNEL_BASE - 1 - len(self.public)
        about: Json = {"id": chat_id, "type": kind, "title": title}
        if username:
            about["username"] = username.removeprefix("@")
        chat = self.public[chat_id] = Chat(about, is_started=True)
        self.changed()
        return chat

    def post(
        self, bot: Bot, chat: Chat, side: Side, sender: Json, content: Json, *, silent: bool = False
    ) -> Post:
        """Put a message into a chat. Queues nothing and asks nobody's leave."""
        counter: Bot | Chat = bot if chat.is_private else chat
        counter.last_message_id += 1
        head = {"message_id": counter.last_message_id, **sender, "chat": chat.about, "date": self.clock.now()}
        post = chat.posts[counter.last_message_id] = Post({**head, **content}, side, silent)
        self.changed()
        return post

    def changed(self) -> None:
        """Count a change and wake whoever watches."""
        self.version += 1
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    async def watch(self, version: int, timeout: float) -> None:
        """Wait until the world has moved on from *version*, at most *timeout* seconds."""
        if self.version != version or timeout <= 0:
            return
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append(watcher)
        await asyncio.wait([watcher], timeout=timeout)

    def release(self) -> None:
        """End every wait, so that the server can stop."""
        self.changed()
        for bot in self.bots.values():
            bot.queue.release()

    def _fresh_user_id(self) -> int:
        while (user_id := self.random.randrange(100_000_000, 7_900_000_000)) in self.phones:
            pass
        return user_id
