"""
A text made ready to be compared: cleaned, split, and read by the model. Lives in memory for one check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from casework.redaction import dates, fold, ids, normalise, numbers, people, romanise
from casework.redaction.lexicon import Lexicon
from casework.redaction.ner import Entity, Recogniser, is_lower_case, restore_capitals
from casework.redaction.normalise import Clean, Token


@dataclass
class Page:
    """One text with its tokens. Tokens count in ``given``, entities in ``clean``."""

    given: str
    lang: str
    clean: Clean
    tokens: list[Token]
    lexicon: Lexicon
    recogniser: Recogniser
    sounds: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Page {len(self.given)} characters>"

    def sound(self, word: str) -> str:
        """Return the plain Latin key of a Cyrillic *word* of this text."""
        if word not in self.sounds:
            self.sounds[word] = romanise.transcribe(word)
        return self.sounds[word]

    @property
    def text(self) -> str:
        """The clean text."""
        return self.clean.text

    @cached_property
    def low(self) -> str:
        """The clean text in small letters, each where it stood: what grammars read."""
        return fold.lowered(self.text)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of the clean text into one of the given text."""
        return self.clean.span(start, end)

    def over(self, first: int, last: int) -> tuple[int, int]:
        """Return the span in the given text from token *first* to token *last*, both included."""
        return self.tokens[first].start, self.tokens[last].end

    @cached_property
    def flat_sentences(self) -> set[int]:
        """The sentences in which capitals carry no meaning: none at all, or nothing else."""
        sentences: dict[int, list[Token]] = {}
        for token in self.tokens:
            sentences.setdefault(token.sentence, []).append(token)
        return {number for number, tokens in sentences.items() if is_lower_case(tokens)}

    def is_flat(self, index: int) -> bool:
        """Say whether capitals carry no meaning around token *index*."""
        return self.tokens[index].sentence in self.flat_sentences

    @cached_property
    def entities(self) -> list[Entity]:
        """People, places and organisations; found in Cyrillic text only."""
        if not any(fold.is_cyrillic(t.text) for t in self.tokens):
            return []
        text = self.text
        if self.flat_sentences:
            flat = [t for t in self.tokens if t.sentence in self.flat_sentences]
            text = restore_capitals(text, flat, self.lexicon, self.lang)
        return self.recogniser.entities(text)

    @cached_property
    def labels(self) -> list[str]:
        """For each token the kind of entity it is part of, or an empty string."""
        labels = [""] * len(self.tokens)
        position = 0
        for entity in self.entities:
            while position < len(self.tokens) and self.tokens[position].at < entity.start:
                position += 1
            index = position
            while index < len(self.tokens) and self.tokens[index].at < entity.end:
                labels[index] = entity.kind
                index += 1
        return labels

    @cached_property
    def lemmas(self) -> list[str]:
        """For each token the key of its dictionary form."""
        return [t.text if t.is_number else self.lexicon.lemma(t.text, self.lang) for t in self.tokens]

    @cached_property
    def days(self) -> list[dates.Mention]:
        """The days the text names exactly, in the clean text."""
        return dates.find(self.text)

    @cached_property
    def relative_days(self) -> list[dates.Mention]:
        """The days the text names by way of another day, in the clean text."""
        return dates.find_relative(self.text, self.days)

    @cached_property
    def people(self) -> list[people.Person]:
        """The people the text names."""
        return people.find(self)

    @cached_property
    def identifiers(self) -> list[ids.Found]:
        """The identifiers with a pattern, in the clean text."""
        return ids.find(self.text)

    @cached_property
    def runs(self) -> list[numbers.Run]:
        """The numbers, in digits and in words, in the clean text."""
        return numbers.runs(self)

    def between(self, left: int, right: int) -> str:
        """Return the clean text between the ends of two tokens."""
        token = self.tokens[left]
        return self.text[token.at + len(token.text) : self.tokens[right].at]

    def is_joined(self, index: int) -> bool:
        """Say whether token *index* and the next have nothing but spaces or a hyphen between them."""
        if index < 0 or index + 1 >= len(self.tokens):
            return False
        return self.between(index, index + 1).strip(" \t\u00a0\n") in {"", "-", "‑", "–"}


def read(text: str, lang: str, lexicon: Lexicon, recogniser: Recogniser) -> Page:
    """Return *text* made ready for comparison in *lang*."""
    cleaned = normalise.clean(text)
    return Page(text, lang, cleaned, normalise.tokens(cleaned), lexicon.for_one_text(), recogniser)


def inside(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether *span* lies within one of *spans*."""
    return any(start <= span[0] and span[1] <= end for start, end in spans)
