"""Replies of the conversation as rows of the outbox: words rendered, buttons final, order numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import rows as build
from bot.rows import Numbers
from casework.rows import Rows
from crypto import lock
from intake import texts
from intake.replies import Deliver, Receipt, Reply, Say


@dataclass(frozen=True, slots=True)
class Address:
    """Where replies go, and under which key they wait."""

    chat: int
    language: str
    key: lock.Key
    due: datetime
    tapped: int | None = None  # the message whose button was tapped
    keep: bool = False  # the tipster clears this chat by hand


def add(rows: Rows, replies: Sequence[Reply], to: Address, numbers: Numbers) -> None:
    """Add *replies* to the outbox, in their order."""
    for reply in replies:
        build.outgoing(rows, to.key, _payload(reply, to), numbers.next(), to.due, _content(reply))


def _payload(reply: Reply, to: Address) -> dict[str, Any]:
    message = texts.render(reply, to.language)
    payload: dict[str, Any] = {
        "do": "say",
        "chat": to.chat,
        "text": message.text,
        "buttons": [[list(button) for button in row] for row in message.keyboard],
        "silent": reply.silent,
        "lasts": None if reply.lasts is None else int(reply.lasts.total_seconds()),
        "keep": to.keep,
    }
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


def _content(reply: Reply) -> bytes | None:
    if isinstance(reply, Deliver) and reply.letter.kind == "file":
        return reply.letter.content or b""
    return None
