"""
What the conversation answers: keys of the catalogue with their values, never finished sentences.

:mod:`intake.texts` turns them into words; a door sends them in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from casework.post import Waiting
from crypto.handle import Handle

# Long enough to read on a bad evening, short enough that a phone taken tomorrow shows nothing.
ANSWER_LASTS = timedelta(hours=1)
# As long as the screen it takes the place of, so that the sentence under it is true.
PHRASE_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Button:
    """One button: the catalogue key of its label and the action it stands for."""

    label: str
    action: str
    handle: Handle | None = None

    def data(self) -> str:
        """Return the callback data, at most 64 bytes of ASCII."""
        return self.action if self.handle is None else self.handle.data(self.action)


@dataclass(frozen=True)
class Span:
    """A length of time, said in the grammar of the language: minutes, hours, working days or days."""

    unit: str  # minutes | hours | working | days
    count: int


@dataclass(frozen=True)
class Elsewhere:
    """The house's list of other places to turn to, where a sentence leaves room for it."""


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, repr=False)
class Reply:
    """One message to the chat. *lasts*: delete it so long after it was sent; none: swept with the others."""

    keyboard: Keyboard = ()
    lasts: timedelta | None = None
    silent: bool = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, repr=False)
class Say(Reply):
    """
    Say the sentence of *key*.

    With *replaces* it takes the place of the message whose button was tapped; where there was no tap, or
    that message can no longer be edited, it is sent as a new one.
    """

    key: str = ""
    params: Mapping[str, str | int | Span | Elsewhere] = field(default_factory=dict)
    replaces: bool = False


@dataclass(frozen=True, repr=False)
class Receipt(Reply):
    """
    "Received": so many messages and files. May be merged with a receipt of the same chat that still waits.

    It is said only after what it acknowledges is committed, files included.
    """

    messages: int = 0
    files: int = 0

    def merged(self, later: Receipt) -> Receipt:
        """Return one receipt for both; the later keyboard stands."""
        return Receipt(
            later.keyboard,
            messages=self.messages + later.messages,
            files=self.files + later.files,
        )


@dataclass(frozen=True, repr=False)
class Deliver(Reply):
    """Show a letter: its words, or its file as a document."""

    letter: Waiting = field(kw_only=True)
