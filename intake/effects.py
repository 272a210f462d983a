"""What a step of the conversation asks to be done. Plain data; :mod:`intake.filing` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from intake.events import File
from intake.snapshot import Match

# Time to look once more, or to choose otherwise, before the chat is swept.
SOON = timedelta(minutes=10)
# How long words that invite somebody else are good for.
INVITED = timedelta(days=14)


@dataclass(frozen=True, repr=False)
class Effect:
    """Something to do with the case at hand."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, repr=False)
class StartCase(Effect):
    """Open a case in state ``writing`` for the default team."""


@dataclass(frozen=True, repr=False)
class AddMessage(Effect):
    """Seal words into ``content``. *of* is the place of the message this one is a new wording of."""

    text: str
    seq: int
    edited: bool = False
    of: int | None = None
    forwarded: bool = False
    marks: tuple[str, ...] = ()  # contact | location | author: something of it lies with the card; military
    doubts: tuple[str, ...] = ()  # what it gives away besides


@dataclass(frozen=True, repr=False)
class AddFile(Effect):
    """Seal a file into ``content``, or a note that it could not be had."""

    file: File
    seq: int
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class AddCard(Effect):
    """Seal something that names a person into ``identity``."""

    kind: str  # text | contact | location | author
    values: dict[str, str]
    seq: int


@dataclass(frozen=True, repr=False)
class Drop(Effect):
    """Take items out of the case again, whose ids (hex) the state kept for that."""

    items: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class AddAnswer(Effect):
    """Seal the answer to one question into ``content``; *said* is what was typed instead of tapped."""

    question: str  # relation | topic | service | branch | region
    code: str
    seq: int
    said: str = ""
    topic: str = ""  # what was answered to that question, as far as it was


@dataclass(frozen=True, repr=False)
class AddCheck(Effect):
    """Seal what was agreed to know each other by: a ``question`` with its answer, or the ``alarm`` word."""

    kind: str
    text: str
    seq: int


@dataclass(frozen=True, repr=False)
class Alarm(Effect):
    """Seal that the alarm word came, and tell whoever has the case; *severs* also forgets how to push."""

    severs: bool


@dataclass(frozen=True, repr=False)
class Note(Effect):
    """Keep the answers of the state (kind, urgency, language, reach) with the case while it is written."""


@dataclass(frozen=True, repr=False)
class FileCase(Effect):
    """Hand the case over: final keys, routing, clocks, notices."""


@dataclass(frozen=True, repr=False)
class RaiseUrgency(Effect):
    """Make a filed case urgent now."""


@dataclass(frozen=True, repr=False)
class OpenThread(Effect):
    """Open the mailbox of this chat's buttons: whoever came back by a phrase has none yet."""


@dataclass(frozen=True, repr=False)
class SetReach(Effect):
    """Seal the courier address anew, or drop it, as the state says."""


@dataclass(frozen=True, repr=False)
class SetConsent(Effect):
    """Write the consent bits of the state on the case."""


@dataclass(frozen=True, repr=False)
class AnswerWording(Effect):
    """Write what the tipster says of the text of *digest*, and seal that they said so."""

    digest: bytes
    answer: str  # yes | change | no
    seq: int


@dataclass(frozen=True, repr=False)
class SetLanguage(Effect):
    """Write the language of the state on the case."""


@dataclass(frozen=True, repr=False)
class MakePhrase(Effect):
    """Open the mailbox of the phrase that was offered; *previous* goes, with *ends_all* every other."""

    previous: str | None = None
    previous_item: str | None = None
    ends_all: bool = False


@dataclass(frozen=True, repr=False)
class MakeInvitation(Effect):
    """Open the mailbox of the words that lead somebody else into this case; *previous*, not used, goes."""

    previous: str | None = None


@dataclass(frozen=True, repr=False)
class ShowLetters(Effect):
    """Mark the waiting letters of a match as shown."""

    match: Match


@dataclass(frozen=True, repr=False)
class Sweep(Effect):
    """
    Delete what stands in the chat: ``now``, ``soon`` (ten minutes) or ``never`` (a soon is taken back).

    What has a time of its own (a phrase, an answer) goes no later than that: only ``now`` is sooner.
    """

    when: str


@dataclass(frozen=True, repr=False)
class Erase(Effect):
    """Erase the case."""


@dataclass(frozen=True, repr=False)
class TakeBack(Effect):
    """Erase the case in 72 hours: a lawyer holds it for a court, and is told."""


@dataclass(frozen=True, repr=False)
class DropCourier(Effect):
    """Forget how to push to this chat."""
