"""
Searching what a session has read: the query is expanded, the index is not.

A word of the query means itself, its inflected forms (ё and е alike), and words a slip of the finger away.
All words must stand in one case; an exact or inflected word counts more than a near one, and so does a case
in which they stand in one item.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

from casework import likeness
from desk.shelf import Shelf, words_of

# What somebody types into a search box.
LIMIT = 200
SHOWN = 25
# Letters up to which a word must be right, and from which on two may be wrong.
SHORT, LONG = 4, 9
_NEAR = 40  # words taken for a misspelt one, at most


@dataclass(frozen=True)
class Hit:
    """One case that was found, how well it fits, and the item that shows it best."""

    case: bytes
    score: float
    item: bytes
    words: frozenset[str]


def search(shelf: Shelf, query: str) -> list[Hit]:
    """Return the cases in which every word of *query* stands in some form, the best first."""
    with shelf.lock:
        meanings = [_meanings(shelf, word) for word in _asked(query)]
        if not meanings:
            return []
        scores: dict[bytes, dict[int, float]] = {}
        best: dict[bytes, dict[bytes, float]] = {}
        for n, meaning in enumerate(meanings):
            for word, weight in meaning.items():
                for item in shelf.postings.get(word, ()):
                    case = shelf.owner[item]
                    mine = scores.setdefault(case, {})
                    mine[n] = max(mine.get(n, 0.0), weight)
                    inside = best.setdefault(case, {})
                    inside[item] = inside.get(item, 0.0) + weight
        every = frozenset(word for meaning in meanings for word in meaning)
        hits = [
            _hit(case, found, best[case], every)
            for case, found in scores.items()
            if len(found) == len(meanings)
        ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.case))


def _hit(case: bytes, found: dict[int, float], items: dict[bytes, float], words: frozenset[str]) -> Hit:
    item, together = max(items.items(), key=lambda pair: (pair[1], pair[0]))
    return Hit(case, sum(found.values()) + min(together, 2.0) / 4, item, words)


def _asked(query: str) -> list[str]:
    phone = likeness.phone_of(query)
    return [phone] if phone else list(dict.fromkeys(words_of(query[:LIMIT])))


def _meanings(shelf: Shelf, word: str) -> dict[str, float]:
    """Return the words of the shelf that *word* may mean, and how much each counts."""
    found = {form: 0.9 for form in forms(word) if form in shelf.postings}
    if word in shelf.postings:
        found[word] = 1.0
    for near in _near(word, shelf.initials.get(word[:1], ())):
        found.setdefault(near, 0.4)
    return found


def _near(word: str, known: Iterable[str]) -> list[str]:
    """Return the words of *known*, which begin as *word* does, that a slip could have made of it."""
    if len(word) <= SHORT or word.isdecimal():
        return []
    cutoff = 1 if len(word) < LONG else 2
    found = [
        one
        for one in known
        if abs(len(one) - len(word)) <= cutoff and OSA.distance(word, one, score_cutoff=cutoff) <= cutoff
    ]
    return found[:_NEAR]


@functools.cache
def _analyser() -> Any:
    import pymorphy3  # noqa: PLC0415  a quarter of a second that only whoever searches pays

    return pymorphy3.MorphAnalyzer(lang="ru")


def forms(word: str) -> set[str]:
    """Return *word* in every form a sentence may give it; keeps nothing of what was asked."""
    if not any("а" <= letter <= "я" for letter in word):
        return {word}
    found = {word}
    for parse in _analyser().parse(word):
        if parse.score >= 0.05:
            found |= {one.word.replace("ё", "е") for one in parse.lexeme}
    return found
