"""
What is kept of an update that nobody could read: its words, what kind of thing it was, and its file.

An allow-list over whatever JSON came, without the library, which may be what broke. Rules:
* Nobody's name, number or address is kept, nor who wrote what was forwarded: what is not listed is dropped.
* A tap tells nothing; what it was on are our own words, and its data leads to a case.
* A code phrase is no part of a story, and is dropped.
* Whatever comes, nothing is raised and what comes out can be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot import raw
from bot.hear import Heard
from crypto import phrase
from intake import events, quarantining
from intake.listening import clean

# Under these names lie words that were said, under those more of both.
SAID = ("text", "caption", "question", "explanation", "description", "title", "url")
INSIDE = ("poll", "options", "checklist", "tasks", "quote", "entities", "caption_entities")
# How deep Telegram nests what is said, and some more.
DEEPEST = 12
# What can be fetched, in the order in which Telegram doubles it: how we call it, and what it is.
FETCHED = {
    "photo": ("photo", "image/jpeg"),
    "video_note": ("round", "video/mp4"),
    "voice": ("voice", "audio/ogg"),
    "video": ("video", "video/mp4"),
    "audio": ("audio", "audio/mpeg"),
    "document": ("document", "application/octet-stream"),
}
KINDS = (
    "sticker", "poll", "dice", "game", "story", "contact", "venue", "location", "invoice", "paid_media",
    "checklist",
)  # fmt: skip
BIGGEST = 1 << 40  # bytes of a file, more than Telegram takes
LAST_DATE = 1 << 32
ID_LENGTH = 512  # of a file, a few times what Telegram writes


def sift(update: Mapping[str, Any] | None, door: int) -> Heard:
    """Return what is kept of *update*, which came in by *door*; chat 0 when none can be made out."""
    if update is None:
        return Heard(0, events.File(form=quarantining.OTHER), door=door)
    found = raw.chat_of(update) or 0
    chat = found if 0 < found < 1 << raw.CHAT_BITS else 0
    message = update.get("message") or update.get("edited_message")
    if not isinstance(message, Mapping):
        form = quarantining.TAP if "callback_query" in update else quarantining.OTHER
        return Heard(chat, events.File(form=form), door=door)
    kind, media = _media(message)
    form, mime = FETCHED.get(kind, (_kind(message), ""))
    file_id = _text(media, "file_id")
    file_id = file_id if file_id and len(file_id) <= ID_LENGTH else None
    event = events.File(
        _count(message, "message_id", 1 << 31),
        form=form,
        name=_text(media, "file_name"),
        mime=_text(media, "mime_type") or mime,
        size=_count(media, "file_size", BIGGEST),
        caption="\n".join(_words(message, DEEPEST)),
        missing="coming" if file_id else None,
        forwarded="forward_origin" in message,
    )
    date = _count(message, "date", LAST_DATE)
    sender = message.get("from")
    return Heard(
        chat,
        event,
        at=datetime.fromtimestamp(date, UTC) if date else None,
        language_code=_text(sender if isinstance(sender, Mapping) else {}, "language_code"),
        file_id=file_id,
        door=door,
    )


def _words(thing: object, depth: int, *, is_said: bool = False) -> Iterator[str]:
    if isinstance(thing, str):
        words = clean(thing) if is_said else ""
        if words.strip() and not phrase.resembles(words):
            yield words
    elif depth and isinstance(thing, list):
        for one in thing:
            yield from _words(one, depth - 1, is_said=is_said)
    elif depth and isinstance(thing, Mapping):
        for name, value in thing.items():
            # A link inside Telegram may be nothing but somebody's number.
            if name == "url" and not str(value).startswith(("http://", "https://")):
                continue
            if name in SAID or name in INSIDE:
                yield from _words(value, depth - 1, is_said=name in SAID)


def _media(message: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the file of *message*, of several sizes of a picture the last and largest, and its kind."""
    for kind in FETCHED:
        media = message.get(kind)
        if isinstance(media, list) and media:
            media = media[-1]
        if isinstance(media, Mapping):
            return kind, media
    return "", {}


def _kind(message: Mapping[str, Any]) -> str:
    known = (kind for kind in KINDS if message.get(kind) is not None)
    return next(known, "text" if "text" in message else "other")


def _text(place: Mapping[str, Any], name: str) -> str | None:
    value = place.get(name)
    return clean(value) if isinstance(value, str) else None


def _count(place: Mapping[str, Any], name: str, limit: int) -> int:
    value = place.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < limit:
        return 0
    return value
