"""
Names of employers, schools, churches and shops that a card tells, and where a draft repeats them.

Rules:
- A name in quotes is the house, and so are two words one of which is told of nothing else; that one may be.
- What every reader knows (a region, a listed organisation) tells no house.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casework.redaction import fold
from casework.redaction.findings import Finding, Level, mark
from casework.redaction.names import Part, Sealer
from casework.redaction.page import Page
from casework.redaction.people import is_title, kin_keys
from casework.redaction.places import Gazetteer

_QUOTED = re.compile(r"[«\"“„]([^«»\"“”„]{3,60})[»\"”]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_TELLING = 4  # letters; a shorter word is an abbreviation that a hundred houses share
_MOST = 8  # houses of one field


@dataclass(frozen=True)
class House:
    """A sealed house: keys of each word of its name, and which of them are told of nothing else."""

    words: tuple[frozenset[str], ...]
    telling: frozenset[int]
    is_quoted: bool

    def __repr__(self) -> str:
        return f"<House of {len(self.words)} words>"


def seal(value: str, sealer: Sealer, gazetteer: Gazetteer, owner: int) -> list[House]:
    """Return the houses that *value*, a field in a person's own words, calls by a name."""
    quoted = [_WORD.findall(m[1]) for m in _QUOTED.finditer(value)]
    said = [_WORD.findall(m[0]) for m in re.finditer(r"[^,;:()«»\"“”„.\n]+", _QUOTED.sub(",", value))]
    found = []
    for words, is_quoted in [*((w, True) for w in quoted), *((_named(w), False) for w in said)]:
        telling = frozenset(i for i, w in enumerate(words) if _is_telling(w, sealer, gazetteer))
        if words and (telling or (is_quoted and len("".join(words)) >= _LEAST_TELLING)):
            keys = tuple(sealer.word(w, Part.NICKNAME, owner).keys for w in words)
            found.append(House(keys, telling, is_quoted))
    return found[:_MOST]


def _named(words: Sequence[str]) -> list[str]:
    """Return *words* from the first capital on, at most one small word after the last of them."""
    capitals = [i for i, w in enumerate(words) if w[0].isupper() and not (w.isupper() and len(w) <= 5)]
    return list(words[capitals[0] : capitals[-1] + 2]) if capitals else []


def _is_telling(word: str, sealer: Sealer, gazetteer: Gazetteer) -> bool:
    key = fold.key(word)
    return (
        len(word) >= _LEAST_TELLING
        and word[0].isupper()
        and not sealer.lexicon.is_ordinary(word)
        and key not in gazetteer.by_key
        and not is_title(key)
        and key not in kin_keys()
        and (gazetteer.population(word) or 0) < _LARGE
    )


_LARGE = 100_000  # people; a large town has many houses of a kind


def garrisons(value: str, sealer: Sealer, gazetteer: Gazetteer) -> list[str]:
    """Return the words of *value*, a unit, that name where it stands rather than what it is called."""
    said = _WORD.findall(_QUOTED.sub(" ", value))
    return [
        word
        for word in said
        if _is_telling(word, sealer, gazetteer)
        and not word.isupper()
        and fold.is_cyrillic(word)
        and not _HONOUR.search(word)
    ]


# Adjectives that a unit bears for a deed or for somebody, not for where it stands.
_HONOUR = re.compile(r"[сц](?:кая|кий|кой|кое|кого|ька|ький)$|(?:ова|ева|ина|ого|его)$")


def find(page: Page, houses: Sequence[House], listed: set[int]) -> Iterator[Finding]:
    """Find sealed houses in *page*; what *listed* tokens name is no secret."""
    for house in houses:
        taken: set[int] = set()
        for index in range(len(page.tokens) - len(house.words) + 1):
            last = index + len(house.words) - 1
            here = range(index, last + 1)
            is_said = all(page.tokens[i].key in house.words[i - index] for i in here)
            if not is_said or listed.issuperset(here):
                continue
            if len(house.words) > 1 or _is_marked(page, index):
                taken.update(here)
                yield mark(page.given, page.over(index, last), "institution", Level.BLOCK, "remove")
        telling = frozenset().union(*(house.words[i] for i in house.telling))
        for index, token in enumerate(page.tokens):
            if index not in taken | listed and token.key in telling and _is_marked(page, index):
                yield mark(page.given, (token.start, token.end), "institution", Level.WARN, "remove")


def _is_marked(page: Page, index: int) -> bool:
    """Say whether token *index* is written as a name, or is no everyday word."""
    token = page.tokens[index]
    is_written_so = token.is_capital and not token.is_first and not page.is_flat(index)
    if not fold.is_cyrillic(token.text):
        return is_written_so
    return is_written_so or not page.lexicon.is_ordinary(token.text, page.lang)
