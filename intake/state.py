"""
Where a conversation stands: everything the hub remembers of a chat between two messages.

It lies locked under the link key and is lost with it; what must survive is in the case. It holds no words
but two kinds that wait for an answer: two words of a phrase not confirmed yet, and a text that may be a
phrase, a card or a message.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

# Raised when an older state could be misread. An older one is then forgotten: the thread is lost, not a word.
VERSION = 1


@dataclass(frozen=True, repr=False)
class State:
    """One conversation. Ids and the handle are hex, so that it is plain JSON."""

    language: str = "ru"
    stage: str = (
        # What a text is taken for:
        # free | card | check | alarm | phrase | words | kind | urgency | q.<question>
        "free"
    )
    case: str | None = None
    handle: str | None = None
    kind: str | None = None  # legal | tell | both
    urgency: str | None = None  # now | days | normal
    filed: bool = False
    seq: int = 0
    recent: tuple[tuple[int, int], ...] = ()  # numbers of the last messages and their place in the case
    clearing: str | None = None  # send | write | self; none: not asked yet, held as "send"
    reach: str | None = None  # push | phrase | look (no line: they look by themselves)
    hours: str = "any"  # any | waking | day | evening
    remember: bool = False
    courier: int = 0  # number of the key the courier address was last sealed to
    summarise: bool = False
    quote: bool = False
    share: bool = False
    picture: bool = False
    word: bool = False  # wants to see a text before it is public
    mailbox: str | None = None  # of the code phrase
    mailbox_item: str | None = None
    asked: tuple[tuple[int, str], ...] = ()  # positions (1 is the first) and words to ask back
    confirmed: bool = False
    held: str = ""  # a text that may be a phrase, until the tipster says which it is
    wrote_before: bool = False
    of_another: bool = False  # said to write about somebody else
    topic: str = ""  # what was answered to that question, while the others are asked
    greeted: bool = False  # the notice stands in the chat, or stood there
    own: str | None = None  # the case as this tipster began it, when it was merged into another person's
    coach: str = ""  # what a file gave away, to be said once the case is handed over
    coached: str = ""  # what was said of that, words with blanks between
    doubtful: tuple[tuple[str, str], ...] = ()  # what gave something away: of what kind, and its item
    belated: tuple[str, ...] = ()  # files that came late of which this chat has heard, their items
    seems: str = ""  # what was noticed in passing, names with blanks between, until it is handed over
    heard_of: str = ""  # the last outage this chat was told of
    alarm: str = ""  # salt and hash of the alarm word
    muted_on: str = ""  # the day this chat was last told that nobody listens to it
    asked_on: str = ""  # and the day it last asked for somebody to listen again
    invitation: str | None = None  # mailbox of the words this chat may have given away
    joins: str | None = None  # the case this chat was invited into, until its own is handed over
    joins_by: str | None = None  # mailbox of the words it came by

    def __repr__(self) -> str:
        return f"<State {self.stage}>"


def dumps(state: State) -> bytes:
    """Write a state as JSON."""
    return json.dumps({"version": VERSION, **asdict(state)}, ensure_ascii=False, sort_keys=True).encode()


def loads(data: bytes) -> State | None:
    """Read what :func:`dumps` wrote; none when another version wrote it."""
    try:
        values = json.loads(data)
    except ValueError:
        return None
    if not isinstance(values, dict) or values.pop("version", None) != VERSION:
        return None
    if set(values) - {field.name for field in fields(State)}:
        return None
    for name in ("recent", "asked", "doubtful"):
        values[name] = tuple(tuple(pair) for pair in values.get(name, ()))
    values["belated"] = tuple(values.get("belated", ()))
    return State(**values)
