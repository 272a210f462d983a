"""
Before the conversation answers: is this text a code phrase, does this button lead to another case?

Both are questions to the vault and the mailboxes, so they are asked here and the dialogue gets the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from crypto import handle as handles
from crypto import phrase, words
from crypto.errors import CryptoError
from crypto.mailbox import Mailbox
from intake import events
from intake.events import Event
from intake.machine import LETTERS
from intake.snapshot import Match, Snapshot
from intake.state import State

# Asked for a phrase, people type it with slips and small additions; a longer text is something to tell.
FEWEST, MOST = 4, 13


@dataclass(frozen=True, repr=False)
class Heard:
    """The event as the dialogue gets it, and where its phrase or handle led."""

    event: Event
    match: Match | None = None
    is_secret: bool = False  # not to stand in the chat a second longer

    def __repr__(self) -> str:
        return f"<Heard {self.event!r}>"


def listen(event: Event, state: State | None, snapshot: Snapshot) -> Heard:
    """Recognise phrases, look up phrases and handles, and make every text one that can be sealed."""
    match event:
        case events.Text():
            return _listen_to_text(replace(event, text=clean(event.text)), state, snapshot)
        case events.Edited() if phrase.resembles(clean(event.text)):
            # Somebody mends a phrase where it stands; it must not become part of the story.
            return _listen_to_text(events.Text(event.message, text=clean(event.text)), state, snapshot)
        case events.Edited():
            return Heard(replace(event, text=clean(event.text)))
        case events.File():
            return Heard(
                replace(
                    event,
                    caption=clean(event.caption),
                    name=None if event.name is None else clean(event.name),
                    author=None if event.author is None else clean(event.author),
                )
            )
        case events.Contact():
            return Heard(replace(event, name=clean(event.name), phone=clean(event.phone)))
        case events.Location():
            return Heard(replace(event, title=clean(event.title)))
        case events.Tap() if event.handle is not None:
            known = state is not None and state.handle == event.handle.raw.hex() and snapshot.case is not None
            if known and event.action not in LETTERS:
                return Heard(event)
            return Heard(event, _with_copies(_look_up(snapshot, event.handle.mailbox()), state, snapshot))
        case _:
            return Heard(event)


def may_show_phrase(event: Event) -> bool:
    """Tell whether the answer to this may show ten new words."""
    return isinstance(event, events.Tap) and event.action in ("p.show", "p.again", "i.show")


def clean(text: str) -> str:
    """Replace half characters, which a client may send and no encoding can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _listen_to_text(event: events.Text, state: State | None, snapshot: Snapshot) -> Heard:
    event = replace(event, author=None if event.author is None else clean(event.author))
    secret = state is not None and state.stage == "words"
    if event.forwarded or not _may_be_phrase(event.text, state):
        return Heard(event, is_secret=secret)
    typed = events.PhraseTyped(event.message, text=event.text)
    try:
        read = phrase.parse(event.text)
    except phrase.UnknownWordsError as error:
        typed = replace(typed, problem="words", positions=error.positions, suggestions=error.suggestions)
    except phrase.WrongCountError:
        typed = replace(typed, problem="count")
    except phrase.PhraseError:
        typed = replace(typed, problem="check")
    else:
        return Heard(typed, _look_up(snapshot, read.mailbox()), is_secret=True)
    return Heard(typed, is_secret=True)


def _look_up(snapshot: Snapshot, mailbox: Mailbox) -> Match | None:
    """Look a mailbox up; a damaged one leads nowhere, and must not hold up what this chat writes next."""
    try:
        return snapshot.look_up(mailbox)
    except CryptoError:
        return None


def _with_copies(match: Match | None, state: State | None, snapshot: Snapshot) -> Match | None:
    """Name beside each letter its copy in the mailbox of this chat's own buttons: both are seen at once."""
    if match is None or state is None or state.handle is None:
        return match
    own = _look_up(snapshot, handles.Handle(bytes.fromhex(state.handle)).mailbox())
    if own is None or own.mailbox == match.mailbox:
        return match
    copies = {(one.item, one.n): one.letter for one in own.letters if one.shown is None}
    named = (replace(one, copies=_found(copies.get((one.item, one.n)))) for one in match.letters)
    return replace(match, letters=tuple(named))


def _found(copy: bytes | None) -> tuple[bytes, ...]:
    return () if copy is None else (copy,)


def _may_be_phrase(text: str, state: State | None) -> bool:
    if phrase.resembles(text):
        return True
    asked = state is not None and state.stage == "phrase"
    return asked and FEWEST <= len(text.split()) <= MOST and _is_half_known(text)


def _is_half_known(text: str) -> bool:
    """Tell whether half of the words are from our lists, in some reading: a sentence has but few."""
    return any(
        2 * sum(number is not None for number in words.known(reading)) >= len(reading)
        for reading in words.readings(text)
    )
