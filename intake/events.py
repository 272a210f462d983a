"""
What can happen in a conversation, told by the door that heard it.

Rules:
* Who sent it is dropped at the door: no name, no user name, no account number is in any event. The author
  of a forward stays, because whose words they are is part of what is told; it goes into the identity card.
* ``message`` is the number of the message in its chat, 0 where there is none. It is never stored.
* No event shows its words in a repr.
* :class:`PhraseTyped` is not heard from outside: :mod:`intake.filing` makes it of a text.
"""

from __future__ import annotations

from dataclasses import dataclass

from casework.spill import Spill
from crypto import handle as handles
from crypto.errors import CryptoError


@dataclass(frozen=True, repr=False)
class Event:
    """Something that happened."""

    message: int = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, repr=False)
class Text(Event):
    """Somebody wrote. *author* is whoever wrote a forwarded text first, where the client says it."""

    text: str = ""
    forwarded: bool = False
    author: str | None = None


@dataclass(frozen=True, repr=False)
class File(Event):
    """
    A photo, document, voice, video, audio or round video came; its bytes are here, or *missing* says why not.

    What has a caption and is of no kind we keep comes as one too, with *missing* ``kind``.

    *missing* is ``too_large`` (Telegram gives bots at most 20 MB), ``coming`` (Telegram did not give it yet,
    and the door asks again) or ``unavailable`` (it cannot be had). The caption is kept either way.
    """

    form: str = "document"
    name: str | None = None
    mime: str = "application/octet-stream"
    size: int = 0
    caption: str = ""
    group: str | None = None
    content: bytes | Spill | None = None  # what is long lies on the disk, locked
    missing: str | None = None
    forwarded: bool = False
    author: str | None = None


@dataclass(frozen=True, repr=False)
class Contact(Event):
    """Somebody sent a contact card."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True, repr=False)
class Location(Event):
    """Somebody sent a place on the map, in degrees; *title* is its name, *live* that it follows them."""

    latitude: float = 0.0
    longitude: float = 0.0
    title: str = ""
    live: bool = False


@dataclass(frozen=True, repr=False)
class Edited(Event):
    """
    Somebody changed a message (or a caption) they had sent; *text* is the new wording.

    Whether a file in it is the same as before, nobody can say without remembering files.
    """

    text: str = ""
    has_file: bool = False


@dataclass(frozen=True, repr=False)
class Unsupported(Event):
    """A sticker, poll, game, payment: nothing we keep. *form* is Telegram's name of it."""

    form: str = "sticker"


@dataclass(frozen=True, repr=False)
class Command(Event):
    """``/name payload``; *name* has no slash, is lower case, and may be one we do not know."""

    name: str = "start"
    payload: str = ""


@dataclass(frozen=True, repr=False)
class Tap(Event):
    """A button was tapped. A button that belongs to a case carries that case's handle."""

    action: str = ""
    handle: handles.Handle | None = None


@dataclass(frozen=True, repr=False)
class PhraseTyped(Event):
    """A text meant as a code phrase. *problem* is none when it can be looked up."""

    text: str = ""
    problem: str | None = None  # words | count | check
    positions: tuple[int, ...] = ()
    suggestions: tuple[tuple[str, ...], ...] = ()


def tap(data: str, message: int) -> Tap:
    """Read the callback data of a button; what no button of ours carries becomes a tap that does nothing."""
    try:
        action, handle = handles.parse(data)
    except CryptoError:
        return Tap(message, action=data[:32])
    return Tap(message, action=action, handle=handle)
