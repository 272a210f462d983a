"""
Controls that play a phone.

Acts take ``bot`` (number, where there are several) and ``chat`` (a group) besides their
own fields. Files come as multipart field ``file``, as ``content_base64``, or as ``size``
for that many bytes of filler.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from bot.emulator import phones
from bot.emulator.errors import ControlError
from bot.emulator.files import MAX_UPLOAD
from bot.emulator.media import FOLDERS, plain_picture
from bot.emulator.params import Params, Upload
from bot.emulator.phones import Hand, hold
from bot.emulator.view import show_phone, show_post, transcript
from bot.emulator.world import Post, World

Json = dict[str, Any]
Route = Callable[[World, Params, dict[str, str]], Any]

FILLER = b"practice file "


def hand(world: World, params: Params, parts: dict[str, str]) -> Hand:
    """Pick up the phone a path names, over the bot and chat the call names."""
    return hold(world, int(parts["phone"]), optional(params, "bot"), optional(params, "chat"))


def optional(params: Params, name: str) -> int | None:
    """
    Return a whole number, or None where absent.

    Raises:
        ControlError: something else stands there.
    """
    if params.values.get(name) in (None, ""):
        return None
    try:
        return int(params.values[name])
    except (TypeError, ValueError):
        raise ControlError(f"{name} must be a whole number") from None


def required(params: Params, name: str) -> int:
    """
    Return a whole number.

    Raises:
        ControlError: absent, or something else stands there.
    """
    number = optional(params, name)
    if number is None:
        raise ControlError(f"{name} is missing")
    return number


def sent(*posts: Post) -> Json:
    """Answer an act that sent something: the numbers of the messages."""
    return {"message_ids": [post.message["message_id"] for post in posts]}


def add_phone(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Add a phone."""
    return {"phone": world.add_phone(params.values).user}


def see_phone(world: World, params: Params, parts: dict[str, str]) -> Json:
    """See a phone and its chat with the bot."""
    bot = world.bot(optional(params, "bot")) if world.bots else None
    return show_phone(world, world.phone(int(parts["phone"])), bot, newest=params.integer("newest"))


def see_transcript(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Read a phone's chat as a transcript."""
    return {"text": transcript(world.phone(int(parts["phone"])), world.bot(optional(params, "bot")))}


def send_text(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Send a text; a long one goes out in pieces."""
    text = params.text("text")
    return sent(*phones.write(hand(world, params, parts), text, optional(params, "reply_to")))


def press_start(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Press Start, with the payload of a link if one was followed."""
    return sent(*phones.start(hand(world, params, parts), params.text("payload")))


def send_file(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Send a photo, document, voice message, video, round video, audio, sticker or animation."""
    kind = parts["kind"]
    extras = params.json("extras", "extras must be an object") or {}
    upload = file_of(kind, params.values, params.uploads.get("file"))
    return sent(phones.send_file(hand(world, params, parts), kind, upload, params.text("caption"), extras))


def send_album(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Send several files as one album."""
    items = params.json("items", "items must be a list")
    if not isinstance(items, list) or not 2 <= len(items) <= 10:
        raise ControlError("an album has two to ten items")
    files = []
    for item in items:
        kind = str(item.get("kind", "photo"))
        if kind not in FOLDERS:
            raise ControlError(f"kind must be one of {', '.join(FOLDERS)}")
        files.append((kind, file_of(kind, item, None), str(item.get("caption", ""))))
    return sent(*phones.send_album(hand(world, params, parts), files))


def send_contact(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Share a contact card."""
    given = {key: params.text(key) for key in ("phone_number", "first_name", "last_name", "vcard")}
    usual = {"phone_number": "+70000000000", "first_name": "Practice"}
    contact = usual | {key: value for key, value in given.items() if value}
    return sent(phones.say(hand(world, params, parts), {"contact": contact}))


def send_location(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Share a place."""
    where = {
        "latitude": params.number("latitude"),
        "longitude": params.number("longitude"),
    }
    live = {"live_period": required(params, "live_period")} if params.text("live_period") else {}
    return sent(phones.say(hand(world, params, parts), {"location": where | live}))


def send_forward(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Forward somebody else's words; ``author`` is a user object, ``author_name`` hides the account."""
    author = params.json("author", "author must be an object")
    origin: Json = {"type": "hidden_user", "sender_user_name": params.text("author_name") or "Practice"}
    if author:
        origin = {
            "type": "user",
            "sender_user": {"is_bot": False, "first_name": "Practice", "id": 1, **author},
        }
    origin["date"] = world.clock.now() - 60
    words = {"text": params.text("text") or "practice"}
    return sent(phones.say(hand(world, params, parts), {"forward_origin": origin, **words}))


def send_raw(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Send a message with whatever ``content`` fields the Bot API knows: a poll, a payment, web app data."""
    content = params.json("content", "content must be an object")
    if not isinstance(content, dict):
        raise ControlError("content must be an object")
    return sent(phones.say(hand(world, params, parts), content))


def edit_text(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Edit a message already sent."""
    post = phones.edit(hand(world, params, parts), required(params, "message_id"), params.text("text"))
    return show_post(post)


def press_button(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Press an inline button, ``times`` over if the finger trembles."""
    wanted: Json = {
        key: params.values[key] for key in ("data", "text", "row", "column") if key in params.values
    }
    times = optional(params, "times") or 1
    message_id = required(params, "message_id")
    return {"taps": phones.press(hand(world, params, parts), message_id, wanted, times=times)}


def delete_messages(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Delete messages from the phone, for both sides; the bot is not told."""
    numbers = params.json("message_ids", "message_ids must be a list") or []
    phones.delete(hand(world, params, parts), [int(number) for number in numbers])
    return {}


def simple(act: Callable[[Hand], None]) -> Route:
    """Make the route of an act that needs nothing but the hand."""

    def route(world: World, params: Params, parts: dict[str, str]) -> Json:
        act(hand(world, params, parts))
        return {}

    return route


def delete_account(world: World, _params: Params, parts: dict[str, str]) -> Json:
    """Delete the account."""
    phones.delete_account(world, int(parts["phone"]))
    return {}


def file_of(kind: str, fields: Json, upload: Upload | None) -> Upload:
    """
    Return the file an act sends: uploaded, in base64, of a given size, or a usual one.

    Raises:
        ControlError: base64 that is none, or a size beyond what fits in memory.
    """
    name, mime_type = str(fields.get("file_name", "")), str(fields.get("mime_type", ""))
    if upload is not None:
        return Upload(name or upload.name, mime_type or upload.mime_type, upload.content)
    if "content_base64" in fields:
        try:
            content = base64.b64decode(str(fields["content_base64"]), validate=True)
        except binascii.Error:
            raise ControlError("content_base64 is not base64") from None
    elif "size" in fields:
        size = int(fields["size"])
        if not 0 < size <= MAX_UPLOAD:
            raise ControlError(f"size must be 1 to {MAX_UPLOAD} bytes")
        content = (FILLER * (size // len(FILLER) + 1))[:size]
    else:
        content = plain_picture() if kind == "photo" else FILLER
    return Upload(name, mime_type, content)
