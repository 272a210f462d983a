"""
From what Telegram sends to what the conversation understands.

Here the sender is dropped: account, name and user name go no further. What stays of a person is the author
of something forwarded (it is part of what is told) and the language of the phone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from telegram import (
    CallbackQuery,
    Message,
    MessageEntity,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)

from intake import events

# Notes Telegram writes into a chat by itself; there is nothing in them to keep or to answer.
SERVICE = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "chat_background_set",
    "connected_website",
    "boost_added",
    "users_shared",
    "chat_shared",
    "forum_topic_created",
)

# Standings of a bot that is in a group or channel.
PRESENT = ("member", "administrator", "restricted")


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    """One event, and what the door itself needs: where it was said, what to fetch, what to answer."""

    chat: int
    event: events.Event
    at: datetime | None = None  # when the message, or the one tapped, was sent
    language_code: str | None = None
    file_id: str | None = field(default=None)
    query: str | None = None  # of a tap, to be answered so that the phone stops waiting
    door: int | None = None  # the number of the bot it was said to

    def __repr__(self) -> str:
        return f"<Heard {type(self.event).__name__}>"


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """A note that Telegram itself put into a private chat: nothing to answer, but it stands there."""

    chat: int
    message: int
    at: datetime
    door: int | None = None

    def __repr__(self) -> str:
        return "<Note>"


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """A person blocked us, or let us in again."""

    chat: int
    is_blocked: bool

    def __repr__(self) -> str:
        return "<Standing>"


def standing(update: Update) -> Standing | None:
    """Return what *update* says about whether a private chat lets us in."""
    changed = update.my_chat_member
    if changed is None or changed.chat.type != "private":
        return None
    return Standing(changed.chat.id, changed.new_chat_member.status not in PRESENT)


def note(update: Update) -> Note | None:
    """Return the note that *update* is about, when nothing was heard in it."""
    message = update.message
    if message is None or message.chat.type != "private":
        return None
    return Note(message.chat.id, message.message_id, message.date)


def crowd(update: Update) -> int | None:
    """Return the group or channel that *update* comes from while we are in it: a place to leave."""
    place = update.message or update.edited_message
    if place is not None:
        return None if place.chat.type == "private" else place.chat.id
    changed = update.my_chat_member
    if changed is None or changed.chat.type == "private":
        return None
    return changed.chat.id if changed.new_chat_member.status in PRESENT else None


def hear(update: Update) -> Heard | None:
    """Return what *update* says, or None when it is not for us: another kind, or not a private chat."""
    if update.callback_query is not None:
        return _hear_tap(update.callback_query)
    message = update.edited_message or update.message
    if message is None or message.chat.type != "private":
        return None
    event = _hear_edit(message) if update.edited_message else _hear_message(message)
    if event is None:
        return None
    user = message.from_user
    return Heard(
        chat=message.chat.id,
        event=event,
        at=message.date,
        language_code=user.language_code if user else None,
        file_id=_file_id(message) if isinstance(event, events.File) else None,
    )


def _hear_tap(query: CallbackQuery) -> Heard | None:
    message = query.message
    if message is None or message.chat.type != "private" or query.data is None:
        return None
    return Heard(
        chat=message.chat.id,
        event=events.tap(query.data, message.message_id),
        at=message.date,
        language_code=query.from_user.language_code,
        query=query.id,
    )


def _hear_edit(message: Message) -> events.Event | None:
    """Hear an edit; a live location that moves is edited every few seconds and says nothing new."""
    has_file = _file(message) is not None
    if message.text is None and message.caption is None and not has_file:
        return None
    return events.Edited(message.message_id, text=_words(message), has_file=has_file)


def _hear_message(message: Message) -> events.Event | None:
    forwarded = message.forward_origin is not None
    author = _author(message.forward_origin)
    number = message.message_id
    if message.text is not None:
        if not forwarded and message.text.startswith("/"):
            return _command(message.text, number)
        return events.Text(number, text=_words(message), forwarded=forwarded, author=author)
    file = _file(message)
    if file is not None:
        return replace(file, caption=_words(message), forwarded=forwarded, author=author)
    if message.contact is not None:
        name = " ".join(filter(None, (message.contact.first_name, message.contact.last_name)))
        return events.Contact(number, name=name, phone=message.contact.phone_number)
    if message.location is not None:
        venue, place = message.venue, message.location
        return events.Location(
            number,
            latitude=place.latitude,
            longitude=place.longitude,
            title="" if venue is None else ", ".join(filter(None, (venue.title, venue.address))),
            live=place.live_period is not None,
        )
    if any(getattr(message, kind, None) for kind in SERVICE):
        return None
    if message.caption:
        # Its words are kept even so.
        words = _words(message)
        return events.File(
            number, form=_form(message), caption=words, missing="kind", forwarded=forwarded, author=author
        )
    return events.Unsupported(number, form=_form(message))


def _command(text: str, number: int) -> events.Command:
    head, _, payload = text[1:].partition(" ")
    return events.Command(number, name=head.split("@")[0].lower(), payload=payload.strip())


def _file(message: Message) -> events.File | None:
    """Describe the file of *message*, if it carries one."""
    number, group = message.message_id, message.media_group_id
    if message.photo:
        size = message.photo[-1].file_size or 0
        return events.File(number, form="photo", mime="image/jpeg", size=size, group=group)
    if message.video_note is not None:
        size = message.video_note.file_size or 0
        return events.File(number, form="round", mime="video/mp4", size=size, group=group)
    if message.voice is not None:
        voice = message.voice
        mime = voice.mime_type or "audio/ogg"
        return events.File(number, form="voice", mime=mime, size=voice.file_size or 0, group=group)
    for form, media in (
        ("video", message.video),
        ("audio", message.audio),
        ("document", message.document),
    ):
        if media is not None:
            return events.File(
                number,
                form=form,
                name=media.file_name,
                mime=media.mime_type or "application/octet-stream",
                size=media.file_size or 0,
                group=group,
            )
    return None


def _file_id(message: Message) -> str | None:
    if message.photo:
        return message.photo[-1].file_id
    media = message.video_note or message.voice or message.video or message.audio or message.document
    return None if media is None else media.file_id


def _words(message: Message) -> str:
    """Return text or caption, with the quotation it answers and the addresses hidden behind its words."""
    text = message.text if message.text is not None else message.caption or ""
    entities = message.entities or message.caption_entities
    hidden = [entity.url for entity in entities if entity.type == MessageEntity.TEXT_LINK and entity.url]
    quoted = "" if message.quote is None else f"> {message.quote.text}\n"
    return "\n".join([quoted + text, *hidden])


def _author(origin: MessageOrigin | None) -> str | None:
    """Return who is shown as the author of a forwarded message."""
    if isinstance(origin, MessageOriginUser):
        return origin.sender_user.full_name
    if isinstance(origin, MessageOriginHiddenUser):
        return origin.sender_user_name
    if isinstance(origin, MessageOriginChat):
        return origin.sender_chat.title
    if isinstance(origin, MessageOriginChannel):
        return origin.chat.title
    return None


def _form(message: Message) -> str:
    """Return Telegram's name of what we cannot keep."""
    known = ("sticker", "poll", "dice", "game", "story", "venue", "invoice", "paid_media", "checklist")
    return next((kind for kind in known if getattr(message, kind, None) is not None), "other")
