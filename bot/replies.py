"""Replies of the conversation as rows of the outbox: words rendered, buttons final, order numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot import rows as build
from bot.rows import Numbers
from casework.post import Waiting
from casework.rows import Rows
from crypto import lock
from intake import texts
from intake.replies import Deliver, Receipt, Reply, Say
from intake.texts import Message

# Telegram's limit for the words under a document, in UTF-16 units.
CAPTION = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where replies go, and under which key they wait."""

    chat: int
    language: str
    key: lock.Key
    due: datetime
    tapped: int | None = None  # the message whose button was tapped
    keep: bool = False  # the tipster clears this chat by hand
    door: int | None = None  # the number of the bot to answer with, if one is meant
    fades: timedelta | None = None  # so long after it was said a message is swept; none: when asked for


def add(rows: Rows, replies: Sequence[Reply], to: Address, numbers: Numbers) -> None:
    """Add *replies* to the outbox, in their order; what is too long for one message becomes several."""
    for reply in replies:
        message = texts.render(reply, to.language)
        *first, last = cut(message.text, _longest(reply))
        for piece in first:
            payload = _payload(reply, replace(message, text=piece, keyboard=()), to) | {"do": "say"}
            build.outgoing(rows, to.key, payload, numbers.next(), to.due)
        payload = _payload(reply, replace(message, text=last), to)
        build.outgoing(rows, to.key, payload, numbers.next(), to.due, _content(reply))


def cut(text: str, longest: int) -> list[str]:
    """Cut *text* into pieces of at most *longest* UTF-16 units, at the end of a line or word where one is."""
    pieces = []
    while len(text.encode("utf-16-le")) // 2 > longest:
        head = text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")
        at = max(head.rfind("\n"), head.rfind(" "))
        head = head[:at] if at > longest // 2 else head
        pieces.append(head)
        text = text[len(head) :].lstrip()
    return [*pieces, text]


def _longest(reply: Reply) -> int:
    return texts.LONGEST if _content(reply) is None else CAPTION


def _payload(reply: Reply, message: Message, to: Address) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "do": "say",
        "chat": to.chat,
        "door": to.door,
        "text": message.text,
        "buttons": [[list(button) for button in row] for row in message.keyboard],
        "silent": reply.silent,
        "lasts": _seconds(reply.lasts),
        "fades": _seconds(to.fades),
        "keep": to.keep,
    }
    if isinstance(reply, Deliver):
        payload["reply"] = reply.letter.item.hex()
        payload["letter"] = _letters(reply.letter) if reply.letter.shown is None else None
    match reply:
        case Receipt():
            # Rendered when it is sent: what waits until then is merged into it.
            payload |= {"do": "receipt", "language": to.language}
            payload |= {"messages": reply.messages, "files": reply.files}
        case Deliver() if reply.letter.kind == "file":
            payload |= {"do": "document", "name": reply.letter.name or "file"}
        case Say(replaces=True) if to.tapped is not None:
            payload |= {"do": "edit", "message": to.tapped}
        case _:
            pass
    return payload


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())


def _content(reply: Reply) -> bytes | None:
    if isinstance(reply, Deliver) and reply.letter.kind == "file":
        return reply.letter.content or b""
    return None


def _letters(letter: Waiting) -> str:
    """Return the id of a letter and those of its copies, in hex: what becomes of one becomes of all."""
    return b"".join([letter.letter, *letter.copies]).hex()
