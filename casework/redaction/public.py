"""
Who and what a summary may name: the reviewed list in ``data/public.toml``, and citations of the press.

Rules:
- The list never shelters a sealed name; the gate looks at sealed names first.
- A passage is *sourced* when it ends in a citation of a listed outlet, or names one in the same sentence.
  A sourced passage excuses persons, places and days nobody sealed; it never excuses a sealed name or number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib import resources

from casework.redaction import fold
from casework.redaction.inflect import forms
from casework.redaction.lexicon import Lexicon
from casework.redaction.page import Page
from casework.redaction.romanise import keys_of, romanise

_PARENTHESIS = re.compile(r"\(([^()\n]{2,120})\)")
_MONTHS = (
    "янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|"
    "jan|feb|apr|may|jun|jul|aug|sep|oct|nov|dec"
)
_DATED = re.compile(
    (
        rf"(?:^|[\s,])(?:\d{{1,2}}\W{{0,2}})?(?:{_MONTHS})\w*\W{{0,2}}\d{{0,4}}|\d{{1,2}}[./]\d{{1,2}}|"
        rf"\b20\d\d\b"
    ),
    re.I,
)


@dataclass(frozen=True)
class Person:
    """A public person: keys of every form of surname and given name, in both scripts."""

    surname: frozenset[str]
    given: frozenset[str]
    is_known_alone: bool


@dataclass
class Public:
    """The reviewed list, ready for comparison."""

    people: list[Person]
    outlets: frozenset[str]
    phrases: frozenset[tuple[str, ...]]
    small_places: frozenset[str]
    days: frozenset[date]
    surnames: dict[str, list[Person]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Public {len(self.people)} people>"

    @cached_property
    def phrase_heads(self) -> frozenset[str]:
        """First words of the listed organisations and outlets."""
        return frozenset(phrase[0] for phrase in self.phrases)


def load(lexicon: Lexicon) -> Public:
    """Read the reviewed list that comes with the program."""
    text = resources.files("casework.redaction").joinpath("data/public.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    people = [
        _person(line, bool(group.get("alone")), lexicon)
        for group in data["people"]
        for line in group["names"]
    ]
    outlets = [*data["press"]["outlets"]]
    named = [*outlets, *data["organisations"]["names"], *data["geography"]["names"]]
    public = Public(
        people,
        frozenset(name for o in outlets for name in (" ".join(_words(o)), " ".join(_lemmas(o, lexicon)))),
        frozenset(_lemmas(n, lexicon) for n in named),
        frozenset(key for n in data["places"]["names"] for key in _place_keys(n, lexicon)),
        frozenset(date.fromisoformat(day) for day in data["days"]["known"]),
    )
    for person in public.people:
        for key in person.surname:
            public.surnames.setdefault(key, []).append(person)
    return public


def _words(text: str) -> list[str]:
    return [fold.key(w) for w in re.findall(r"[^\W_]+", text)]


def _lemmas(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    return tuple(lexicon.lemma(w, "ru") for w in re.findall(r"[^\W_]+", text))


def _place_keys(name: str, lexicon: Lexicon) -> set[str]:
    return forms(name, lexicon) if fold.is_cyrillic(name) and " " not in name else {" ".join(_words(name))}


def _person(line: str, is_known_alone: bool, lexicon: Lexicon) -> Person:
    russian, _, english = line.partition(" = ")
    surname, given = russian.split(" ")
    latin_surname, latin_given = english.split(" ")
    surnames, givens = forms(surname, lexicon), forms(given, lexicon)
    return Person(
        frozenset(
            surnames | romanise(surname) | keys_of([surname.lower() + "а"]) | {fold.latin(latin_surname)}
        ),
        frozenset(givens | romanise(given) | {fold.latin(latin_given)}),
        is_known_alone,
    )


def public_tokens(page: Page, public: Public) -> set[int]:
    """Return the tokens of *page* that are names of public people, in full or named in full before."""
    found: set[int] = set()
    introduced: set[str] = set()
    for index, token in enumerate(page.tokens):
        is_marked = token.is_capital or page.is_flat(index)
        for person in public.surnames.get(token.key, ()):
            around = _given_beside(page, index, person)
            if around:
                found |= around | {index}
                introduced |= person.surname
            elif person.is_known_alone and is_marked:
                found.add(index)
        if token.key in introduced and token.is_capital and not _has_other_given(page, index):
            found.add(index)
    return found


def allowed_tokens(page: Page, phrases: Iterable[str]) -> set[int]:
    """Return the tokens of *page* that an editor declared public; they never excuse a sealed name."""
    return set().union(*(_phrase_tokens(page, _words(phrase)) for phrase in phrases))


def _given_beside(page: Page, index: int, person: Person) -> set[int]:
    """Return the tokens of the given name (or its initial) that stands beside the surname at *index*."""
    for step in (-1, 1):
        near, far = index + step, index + 2 * step
        if not _is_beside(page, index, near):
            continue
        if page.tokens[near].key in person.given:
            return {near}
        if _is_beside(page, near, far) and page.tokens[far].key in person.given:
            return {near, far}
        if len(page.tokens[near].text) == 1 and any(
            g.startswith(page.tokens[near].key) for g in person.given
        ):
            return {near}
    return set()


def _has_other_given(page: Page, index: int) -> bool:
    """Say whether a capitalised word that may be another given name stands right before the surname."""
    return (
        index > 0
        and page.is_joined(index - 1)
        and page.tokens[index - 1].is_capital
        and not page.tokens[index - 1].is_first
    )


def _is_beside(page: Page, left: int, right: int) -> bool:
    low, high = min(left, right), max(left, right)
    return low >= 0 and high < len(page.tokens) and page.between(low, high).strip(" \u00a0") in {"", "."}


def _phrase_tokens(page: Page, words: list[str]) -> set[int]:
    found: set[int] = set()
    for start in range(len(page.tokens) - len(words) + 1):
        if words and [t.key for t in page.tokens[start : start + len(words)]] == words:
            found.update(range(start, start + len(words)))
    return found


def listed_tokens(page: Page, public: Public) -> set[int]:
    """Return the tokens of *page* that name a listed outlet, organisation or part of the world."""
    found: set[int] = set()
    lemmas = page.lemmas
    for index, token in enumerate(page.tokens):
        if not token.is_capital or (lemmas[index] not in public.phrase_heads):
            continue
        for length in (5, 4, 3, 2, 1):
            if tuple(lemmas[index : index + length]) in public.phrases:
                found.update(range(index, min(index + length, len(lemmas))))
                break
    return found


def sourced_spans(page: Page, public: Public) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """
    Return the passages of *page* that cite the press, and the citations themselves.

    Both in offsets of the given text. A passage reaches back to the previous citation or paragraph break.
    """
    passages: list[tuple[int, int]] = []
    citations: list[tuple[int, int]] = []
    last = 0
    for found in _PARENTHESIS.finditer(page.text):
        if not _is_citation(found[1], public):
            continue
        start = max(last, page.text.rfind("\n", 0, found.start()) + 1)
        end = found.end()
        passages.append(page.span(start, end))
        citations.append(page.span(*found.span()))
        last = end
    attributed = _attributed(page, public)
    return passages + attributed, citations


def cited_sentences(
    page: Page, sourced: list[tuple[int, int]], citations: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the single sentences that cite the press: a reading that no later sentence can widen."""
    sentences: dict[int, tuple[int, int]] = {}
    for token in page.tokens:
        start, _ = sentences.get(token.sentence, (token.start, token.end))
        sentences[token.sentence] = (start, token.end)
    holding = [
        s for s in sentences.values() if any(s[0] < end and start <= s[1] + 1 for start, end in citations)
    ]
    return holding + [
        s
        for s in sentences.values()
        if any(a <= s[0] and s[1] <= b and b - a <= s[1] - s[0] + 2 * _PUNCTUATION for a, b in sourced)
    ]


def _is_citation(content: str, public: Public) -> bool:
    words = _words(content)
    for length in (4, 3, 2, 1):
        if " ".join(words[:length]) in public.outlets:
            return True
    return any(" ".join(_words(part)) in public.outlets for part in re.split(r"[,;/]", content)) and bool(
        _DATED.search(content)
    )


# Quotation marks and full stops around the words of a sentence.
_PUNCTUATION = 3


def _attributed(page: Page, public: Public) -> list[tuple[int, int]]:
    """Return the sentences that name a listed outlet in quotes or by a Latin name of five letters or more."""
    sentences: dict[int, list[int]] = {}
    for index, token in enumerate(page.tokens):
        sentences.setdefault(token.sentence, []).append(index)
    quoted = [m.span() for m in re.finditer(r"[«“\"„][^«»“”\"„\n]{2,40}[»”\"“]", page.text)]
    spans = []
    for indexes in sentences.values():
        for index in indexes:
            token = page.tokens[index]
            is_quoted = any(a < token.at < b for a, b in quoted)
            names = {" ".join(page.lemmas[index : index + n]) for n in (1, 2, 3)}
            names |= {" ".join(t.key for t in page.tokens[index : index + n]) for n in (1, 2, 3)}
            is_plain = token.is_capital and not fold.is_cyrillic(token.text) and len(token.text) >= 5
            if (is_quoted or is_plain) and names & public.outlets:
                start, end = page.over(indexes[0], indexes[-1])
                spans.append((max(0, start - _PUNCTUATION), end + _PUNCTUATION))
                break
    return spans
