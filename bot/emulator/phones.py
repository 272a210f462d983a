"""
What a person does on a phone: writes, sends files, presses buttons, blocks, deletes.

Each act changes the chat and queues the update the bot would get. A person who
deletes a message or clears the chat leaves no update: the Bot API does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.emulator.errors import ControlError
from bot.emulator.formatting import MAX_TEXT, mark
from bot.emulator.media import put_media
from bot.emulator.params import Upload
from bot.emulator.updates import CALLBACK_LIFE
from bot.emulator.world import Bot, Chat, Phone, Post, Tap, World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hand:
    """One phone held over one chat with one bot: who acts, and where."""

    world: World
    bot: Bot
    phone: Phone
    chat: Chat

    @property
    def sender(self) -> Json:
        """The field that says who wrote."""
        return {"from": self.phone.user}


def hold(world: World, phone_id: int, bot_id: int | None = None, chat_id: int | None = None) -> Hand:
    """
    Pick up a phone and open a chat on it: the one with the bot, or a group it stands in.

    Raises:
        ControlError: no such phone, bot or chat, or the account is deleted.
    """
    phone, bot = world.phone(phone_id), world.bot(bot_id)
    if phone.is_deleted:
        raise ControlError("this account is deleted", 409)
    if chat_id is None:
        return Hand(world, bot, phone, world.private_chat(bot, phone))
    if chat_id not in world.public:
        raise ControlError("no such chat", 404)
    return Hand(world, bot, phone, world.public[chat_id])


def say(hand: Hand, content: Json, reply_to: int | None = None) -> Post:
    """Send a message with *content*, whatever it is."""
    if hand.chat.is_blocked:
        raise ControlError("this phone has blocked the bot", 409)
    hand.chat.is_started = True
    if reply_to is not None:
        replied = dict(standing(hand.chat, reply_to).message)
        replied.pop("reply_to_message", None)
        content = {"reply_to_message": replied, **content}
    post = hand.world.post(hand.bot, hand.chat, "phone", hand.sender, content)
    if hand.chat.chat_id in hand.bot.chats:
        hand.bot.queue.put("message", post.message)
    return post


def write(hand: Hand, text: str, reply_to: int | None = None) -> list[Post]:
    """Type *text* and send it; what exceeds one message goes out as several, as clients do."""
    parts = [part for part in _cut(text.strip()) if part.strip()]
    if not parts:
        raise ControlError("there is nothing to send")
    return [say(hand, _text_content(part), reply_to) for part in parts]


def send_file(hand: Hand, kind: str, upload: Upload, caption: str = "", extras: Json | None = None) -> Post:
    """Send a photo, document, voice message, video, sticker with real bytes."""
    content = put_media(hand.world, hand.bot, kind, upload, extras or {})
    return say(hand, {**content, **_caption_content(caption)})


def send_album(hand: Hand, items: list[tuple[str, Upload, str]]) -> list[Post]:
    """Send several files as one album: one message each, bound by a group id."""
    group = {"media_group_id": str(hand.world.random.randrange(10**16, 10**17))}
    shelved = [(put_media(hand.world, hand.bot, kind, upload, {}), words) for kind, upload, words in items]
    return [say(hand, {**group, **content, **_caption_content(words)}) for content, words in shelved]


def edit(hand: Hand, message_id: int, text: str) -> Post:
    """Change the words of a message already sent."""
    post = standing(hand.chat, message_id)
    if post.side != "phone":
        raise ControlError("that is not this phone's message", 409)
    words = _text_content(text) if "text" in post.message else _caption_content(text)
    kept = {k: v for k, v in post.message.items() if k not in ("entities", "caption_entities")}
    post.message = {**kept, **words, "edit_date": hand.world.clock.now()}
    hand.bot.queue.put("edited_message", post.message)
    hand.world.changed()
    return post


def press(hand: Hand, message_id: int, wanted: Json, *, times: int = 1) -> list[str]:
    """
    Press a button under a message *times* times and return the numbers of the taps.

    *wanted* names the button by ``data``, ``text``, or ``row`` and ``column``. A button
    under a message the bot has deleted meanwhile can still be hit: the finger was faster.
    """
    post = hand.chat.posts.get(message_id)
    if post is None:
        raise ControlError("no such message", 404)
    button = _find_button(post, wanted)
    if "callback_data" not in button:
        raise ControlError("that button does not call the bot", 409)
    before = max(hand.chat.posts, default=0)
    hand.chat.pressed += [(before, str(button["text"]))] * times
    return [_tap(hand, post, str(button["callback_data"])) for _ in range(times)]


def delete(hand: Hand, message_ids: list[int]) -> None:
    """Delete messages for both sides, from the phone."""
    for message_id in message_ids:
        standing(hand.chat, message_id).deleted_by = "phone"
    hand.world.changed()


def clear(hand: Hand) -> None:
    """Clear the whole chat for both sides, from the phone."""
    delete(hand, [number for number, post in hand.chat.posts.items() if post.deleted_by is None])


def block(hand: Hand) -> None:
    """Block the bot: it learns of it and can write no more."""
    if not hand.chat.is_blocked:
        hand.chat.is_blocked = True
        _tell_membership(hand, "member", "kicked")


def unblock(hand: Hand) -> None:
    """Take a block back."""
    if hand.chat.is_blocked:
        hand.chat.is_blocked = False
        _tell_membership(hand, "kicked", "member")


def start(hand: Hand, payload: str = "") -> list[Post]:
    """Press Start, which also takes a block back."""
    unblock(hand)
    return write(hand, f"/start {payload}".strip())


def invite(hand: Hand) -> None:
    """Let the bot into the group the hand is held over."""
    hand.bot.chats[hand.chat.chat_id] = hand.chat
    hand.bot.left.discard(hand.chat.chat_id)
    _tell_membership(hand, "left", "member")


def delete_account(world: World, phone_id: int) -> None:
    """Delete the person's account: whoever writes to it is told so."""
    world.phone(phone_id).is_deleted = True
    world.changed()


def standing(chat: Chat, message_id: int) -> Post:
    """Return a message that still stands in the chat."""
    post = chat.posts.get(message_id)
    if post is None or post.deleted_by is not None:
        raise ControlError("no such message", 404)
    return post


def _tap(hand: Hand, post: Post, data: str) -> str:
    world = hand.world
    number = str(world.random.randrange(10**17, 10**19))
    now = world.clock.now()
    message_id = int(post.message["message_id"])
    hand.bot.taps[number] = Tap(hand.chat, message_id, now + world.callback_answerable)
    gone = {"message_id": message_id, "chat": hand.chat.about, "date": 0}
    query = {
        "id": number,
        **hand.sender,
        "message": post.message if post.deleted_by is None else gone,
        "chat_instance": str(hash((hand.bot.bot_id, hand.chat.chat_id))),
        "data": data,
    }
    hand.bot.queue.put("callback_query", query, life=CALLBACK_LIFE)
    world.changed()
    return number


def _find_button(post: Post, wanted: Json) -> Json:
    rows: list[list[Json]] = post.message.get("reply_markup", {}).get("inline_keyboard", [])
    if "row" in wanted:
        try:
            return rows[int(wanted["row"])][int(wanted.get("column", 0))]
        except IndexError:
            raise ControlError("no such button", 404) from None
    for button in (button for row in rows for button in row):
        if "data" in wanted and button.get("callback_data") == wanted["data"]:
            return button
        if "text" in wanted and button["text"] == wanted["text"]:
            return button
    raise ControlError("no such button", 404)


def _tell_membership(hand: Hand, before: str, after: str) -> None:
    def member(status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": hand.bot.user, **until}

    change = {
        "chat": hand.chat.about,
        **hand.sender,
        "date": hand.world.clock.now(),
        "old_chat_member": member(before),
        "new_chat_member": member(after),
    }
    hand.bot.queue.put("my_chat_member", change)
    hand.world.changed()


def _text_content(text: str) -> Json:
    entities = mark(text)
    return {"text": text, **({"entities": entities} if entities else {})}


def _caption_content(caption: str) -> Json:
    if not caption:
        return {}
    entities = mark(caption)
    return {"caption": caption, **({"caption_entities": entities} if entities else {})}


def _cut(text: str) -> Iterator[str]:
    raw = text.encode("utf-16-le", "surrogatepass")
    while raw:
        end = MAX_TEXT * 2
        if len(raw) > end and 0xD8 <= raw[end - 1] <= 0xDB:
            end -= 2  # a character of two units goes over whole
        yield raw[:end].decode("utf-16-le", "surrogatepass")
        raw = raw[end:]
