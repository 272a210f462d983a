"""Methods that change or remove what stands in a chat, and the answer to a tap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.emulator.errors import bad_request
from bot.emulator.markup import is_inline, read_markup
from bot.emulator.methods.sending import read_caption, read_text
from bot.emulator.methods.targets import known_chat, own_post
from bot.emulator.params import Params
from bot.emulator.world import Bot, Chat, Post, Toast, World

Json = dict[str, Any]

DELETABLE = 48 * 3600  # seconds a message can be deleted by a bot, both sides' alike
MAX_AT_ONCE = 100  # messages in one deleteMessages
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def edit_message_text(world: World, bot: Bot, params: Params) -> Json:
    """Change the words of an own message; a keyboard not given again goes."""
    words = read_text(params)
    markup = read_markup(params)
    post = _target(world, bot, params)
    if "text" not in post.message:
        raise bad_request("there is no text in the message to edit")
    return _change(world, post, ("text", "entities"), words, markup)


def edit_message_caption(world: World, bot: Bot, params: Params) -> Json:
    """Change the words under an own file."""
    words = read_caption(params)
    markup = read_markup(params)
    post = _target(world, bot, params)
    if "text" in post.message:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, post, ("caption", "caption_entities"), words, markup)


def edit_message_reply_markup(world: World, bot: Bot, params: Params) -> Json:
    """Change or remove the keyboard under an own message."""
    markup = read_markup(params)
    return _change(world, _target(world, bot, params), (), {}, markup)


def delete_message(world: World, bot: Bot, params: Params) -> bool:
    """Delete one message of either side, younger than 48 hours."""
    if not params.text("chat_id").strip():
        raise bad_request("chat identifier is not specified")
    if params.integer("message_id") <= 0:
        raise bad_request("message identifier is not specified")
    chat = known_chat(world, bot, params)
    post = chat.posts.get(params.integer("message_id"))
    if post is None or post.deleted_by is not None:
        raise bad_request("message to delete not found")
    _delete(world, chat, [post])
    return True


def delete_messages(world: World, bot: Bot, params: Params) -> bool:
    """Delete several messages; missing ones are skipped, one that is too old refuses them all."""
    if not params.text("chat_id").strip():
        raise bad_request("chat identifier is not specified")
    numbers = params.json("message_ids", "message identifiers are not specified")
    if not isinstance(numbers, list) or not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > MAX_AT_ONCE:
        raise bad_request("too many message identifiers specified")
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise bad_request("invalid message identifier specified")
    chat = known_chat(world, bot, params)
    posts = [chat.posts[number] for number in dict.fromkeys(numbers) if number in chat.posts]
    _delete(world, chat, [post for post in posts if post.deleted_by is None])
    return True


def answer_callback_query(world: World, bot: Bot, params: Params) -> bool:
    """Answer a tap, once and in time."""
    number = params.text("callback_query_id")
    tap = bot.taps.pop(number, None)
    if tap is None or tap.until < world.clock.now():
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if text:
        tap.chat.toasts.append(Toast(len(tap.chat.toasts) + 1, text, params.flag("show_alert")))
    world.changed()
    return True


def leave_chat(world: World, bot: Bot, params: Params) -> bool:
    """Leave a group or channel."""
    chat = known_chat(world, bot, params)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    del bot.chats[chat.chat_id]
    bot.left.add(chat.chat_id)
    world.changed()
    return True


def _target(world: World, bot: Bot, params: Params) -> Post:
    chat = known_chat(world, bot, params)
    if params.integer("message_id") <= 0:
        raise bad_request("message identifier is not specified")
    return own_post(chat, params.integer("message_id"))


def _change(world: World, post: Post, replaced: tuple[str, ...], words: Json, markup: Json | None) -> Json:
    now_shown = {key: value for key, value in post.message.items() if key not in (*replaced, "reply_markup")}
    now_shown |= words
    if is_inline(markup):
        now_shown["reply_markup"] = markup
    if now_shown == post.message:
        raise bad_request(UNCHANGED)
    if words:
        now_shown["edit_date"] = world.clock.now()
    post.message = now_shown
    world.changed()
    return now_shown


def _delete(world: World, chat: Chat, posts: list[Post]) -> None:
    oldest = world.clock.now() - DELETABLE
    if chat.about["type"] != "channel" and any(int(post.message["date"]) < oldest for post in posts):
        raise bad_request("message can't be deleted for everyone")
    for post in posts:
        post.deleted_by = "bot"
    world.changed()


METHODS: dict[str, Callable[[World, Bot, Params], Any]] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "answerCallbackQuery": answer_callback_query,
    "leaveChat": leave_chat,
}
