"""
What a session has read of its cases: an index in memory, gone with the session.

Words lie there as they were written, lower-case and with ё as е; what a *query* may mean is worked out when
it is asked (:mod:`desk.finding`). :mod:`desk.shelving` fills it. Nothing here is ever written anywhere.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from casework import likeness
from casework.likeness import Likeness, Traces

WORD = re.compile(r"\w+")
_PHONE_LIKE = re.compile(r"\+?\d[\d\s().–-]{8,17}\d")


@dataclass
class Volume:
    """One case on the shelf."""

    case: bytes
    words: set[str] = field(default_factory=set, repr=False)
    traces: Traces = field(default_factory=Traces, repr=False)
    items: set[bytes] = field(default_factory=set, repr=False)
    # How many rows its case had when it was last looked through.
    rows: int = 0


@dataclass
class Shelf:
    """Every case of one session that was read so far, by its words."""

    volumes: dict[bytes, Volume] = field(default_factory=dict, repr=False)
    # A word → the items it stands in, and each item's case.
    postings: dict[str, list[bytes]] = field(default_factory=dict, repr=False)
    owner: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    spread: dict[str, int] = field(default_factory=dict, repr=False)
    # The words by their first letter, for looking among those that a slip could have made.
    initials: dict[str, set[str]] = field(default_factory=dict, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    # Whoever fills the shelf holds this one, for as long as it takes; of how many cases, how many are left.
    filling: threading.Lock = field(default_factory=threading.Lock, repr=False)
    begun: bool = False
    known: int = 0
    missing: int = 0

    def put(self, case: bytes, item: bytes, text: str, places: Iterable[str] = ()) -> None:
        """Put what stands in one item onto the shelf."""
        volume = self.volumes.setdefault(case, Volume(case))
        if item in volume.items:
            return
        volume.items.add(item)
        self.owner[item] = case
        words = set(words_of(text))
        for word in words:
            if word not in self.postings:
                self.postings[word] = []
                self.initials.setdefault(word[:1], set()).add(word)
            self.postings[word].append(item)
        for word in words - volume.words:
            self.spread[word] = self.spread.get(word, 0) + 1
        volume.words |= words
        volume.traces |= likeness.traces(text, places)

    def drop(self, case: bytes) -> None:
        """Take a case off the shelf that is no longer this person's to read."""
        volume = self.volumes.pop(case, None)
        if volume is None:
            return
        for item in volume.items:
            self.owner.pop(item, None)
        for word in volume.words:
            left = [item for item in self.postings.get(word, ()) if item not in volume.items]
            if left:
                self.postings[word] = left
                self.spread[word] -= 1
            else:
                self.postings.pop(word, None)
                self.spread.pop(word, None)
                self.initials[word[:1]].discard(word)

    def like(self, case: bytes) -> Iterator[tuple[bytes, Likeness]]:
        """Yield the other cases that may be about the same person or event."""
        mine = self.volumes.get(case)
        if mine is None:
            return
        for other in list(self.volumes.values()):
            if other.case == case:
                continue
            shared = likeness.overlap(mine.words, other.words, self.spread, len(self.volumes))
            found = likeness.compare(mine.traces, other.traces, shared)
            if found is not None:
                yield other.case, found


def words_of(text: str) -> list[str]:
    """Return the words of *text* as they are kept: lower-case, ё as е, phones also as ten digits."""
    words = WORD.findall(text.lower().replace("ё", "е"))
    return words + [phone for found in _PHONE_LIKE.findall(text) if (phone := likeness.phone_of(found))]
