"""Methods that put something into a chat. Checks come in the official order: words, reply, keyboard, chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.emulator.errors import bad_request
from bot.emulator.formatting import MAX_CAPTION, MAX_RAW, MAX_TEXT, Entity, read, units
from bot.emulator.markup import is_inline, read_markup
from bot.emulator.media import put_media, repeat_media
from bot.emulator.methods.targets import replied_to, writable_chat
from bot.emulator.params import Params
from bot.emulator.world import Bot, Chat, World

Json = dict[str, Any]
CHAT_ACTIONS = frozenset(
    {
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
        "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    }
)  # fmt: skip


def send_message(world: World, bot: Bot, params: Params) -> Json:
    """Send a text."""
    words = read_text(params)
    content = {**words, **_echoed(params)}
    return _send(world, bot, params, content)


def send_chat_action(world: World, bot: Bot, params: Params) -> bool:
    """Show the person that the bot is busy, until its next message."""
    if params.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    writable_chat(world, bot, params).action = params.text("action")
    world.changed()
    return True


def sends_file(kind: str) -> Callable[[World, Bot, Params], Json]:
    """Make the method that sends files of one kind."""

    def send_file(world: World, bot: Bot, params: Params) -> Json:
        caption = read_caption(params)
        upload = params.upload(kind)
        if upload is not None:
            content = put_media(world, bot, kind, upload, {})
        elif params.text(kind):
            content = repeat_media(kind, world.shelf.get(bot.bot_id, params.text(kind)))
        else:
            raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
        return _send(world, bot, params, {**content, **caption, **_echoed(params)})

    return send_file


def read_text(params: Params) -> Json:
    """
    Return the text of a call with its entities.

    Raises:
        ApiError: empty, too long, or in broken markup.
    """
    raw = params.text("text")
    if not raw:
        raise bad_request("message text is empty")
    if len(raw.encode()) > MAX_RAW:
        raise bad_request("text is too long")
    text, entities = read(raw, params.text("parse_mode"), _entities(params, "entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if units(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def read_caption(params: Params) -> Json:
    """
    Return the caption of a call with its entities, empty where there is none.

    Raises:
        ApiError: too long, or in broken markup.
    """
    if not params.text("caption"):
        return {}
    entities = _entities(params, "caption_entities")
    caption, found = read(params.text("caption"), params.text("parse_mode"), entities)
    if units(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return {"caption": caption, **({"caption_entities": found} if found else {})}


def _send(world: World, bot: Bot, params: Params, content: Json) -> Json:
    wishes = _reply_wishes(params)
    markup = read_markup(params)
    chat = writable_chat(world, bot, params)
    shown = {**content, **replied_to(chat, wishes)}
    if markup is not None and is_inline(markup):
        shown["reply_markup"] = markup
    elif markup is not None and chat.is_private:
        _put_keyboard(chat, markup)
    chat.action = ""
    sender = {"sender_chat": chat.about} if chat.about["type"] == "channel" else {"from": bot.user}
    post = world.post(bot, chat, "bot", sender, shown, silent=params.flag("disable_notification"))
    return post.message


def _put_keyboard(chat: Chat, markup: Json) -> None:
    if markup.get("remove_keyboard"):
        chat.keyboard = None
    elif "keyboard" in markup or markup.get("force_reply"):
        chat.keyboard = markup


def _reply_wishes(params: Params) -> Json:
    wishes = params.json("reply_parameters", "can't parse reply parameters JSON object")
    if wishes is None:
        number = params.integer("reply_to_message_id")
        loose = params.flag("allow_sending_without_reply")
        return {"message_id": number, "allow_sending_without_reply": loose} if number else {}
    if not isinstance(wishes, dict):
        raise bad_request("object expected as reply parameters")
    try:
        return {**wishes, "message_id": int(wishes.get("message_id", 0))}
    except (TypeError, ValueError):
        raise bad_request("can't parse reply parameters JSON object") from None


def _echoed(params: Params) -> Json:
    echoed: Json = {"has_protected_content": True} if params.flag("protect_content") else {}
    preview = params.json("link_preview_options", "can't parse link preview options JSON object")
    if preview:
        echoed["link_preview_options"] = preview
    return echoed


def _entities(params: Params, name: str) -> list[Entity] | None:
    entities = params.json(name, "can't parse entities: expected an Array")
    if entities is None:
        return None
    if not isinstance(entities, list) or not all(
        isinstance(e, dict) and isinstance(e.get("offset"), int) and isinstance(e.get("length"), int)
        for e in entities
    ):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    return entities


METHODS: dict[str, Callable[[World, Bot, Params], Any]] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "sendPhoto": sends_file("photo"),
    "sendDocument": sends_file("document"),
    "sendVoice": sends_file("voice"),
    "sendVideo": sends_file("video"),
    "sendAudio": sends_file("audio"),
}
