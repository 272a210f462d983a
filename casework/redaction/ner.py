"""
Names in running text, found by a small neural model of Russian news (slovnet with navec embeddings).

The weights lie in the natasha wheel; they are read from its folder and natasha itself is never imported.
The model leans on capitals: on lower-case text it finds almost nothing, so such text is given back its
capitals first (``restore_capitals``).
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from casework.redaction import fold
from casework.redaction.errors import MissingDictionaryError
from casework.redaction.lexicon import Lexicon
from casework.redaction.normalise import Token

_EMBEDDING = "data/emb/navec_news_v1_1B_250K_300d_100q.tar"
_MODEL = "data/model/slovnet_ner_news_v1.tar"
_NAMING = frozenset({"Name", "Surn", "Patr", "Geox"})
# Times in a thousand million words of news; about a word of the active vocabulary.
_COMMON = 2000
_USED = 300
# Long texts go to the model in pieces; a piece is about what the model was trained on.
_PIECE = 1500
_THREADS = "OPENBLAS_NUM_THREADS"


class Entity(NamedTuple):
    """A named thing: offsets into the text given, and PER, LOC or ORG."""

    start: int
    end: int
    kind: str


@contextmanager
def _one_thread() -> Iterator[None]:
    """
    Let the arithmetic library that is loaded meanwhile use one thread.

    The model's matrices are small: shared out they cost three times the computing, and where the other cores
    are busy each waits for the slowest. The library asks its environment once, when it is loaded.
    """
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


class Recogniser:
    """The model, loaded once. Keeps nothing of what it reads."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("natasha")
        folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else Path()
        if not (folder / _MODEL).is_file() or not (folder / _EMBEDDING).is_file():
            raise MissingDictionaryError("natasha")
        with warnings.catch_warnings(), _one_thread():
            warnings.simplefilter("ignore")  # both libraries predate the numpy they run on
            from navec import Navec  # noqa: PLC0415
            from slovnet import NER  # noqa: PLC0415

            self._ner: Any = NER.load(folder / _MODEL)
            embedding = Navec.load(folder / _EMBEDDING)
            self._ner.navec(embedding)
        counts = zip(embedding.vocab.words, embedding.vocab.counts, strict=False)
        used = {fold.cyrillic(word): int(count) for word, count in counts if count >= _USED}
        self._used = frozenset(used)
        self._common = frozenset(key for key, count in used.items() if count >= _COMMON)

    def __repr__(self) -> str:
        return "<Recogniser slovnet>"

    def is_common(self, key: str) -> bool:
        """Say whether the Russian press often uses the word with this comparison key."""
        return key in self._common

    def is_used(self, key: str) -> bool:
        """Say whether the Russian press uses the word with this comparison key at all, if seldom."""
        return key in self._used

    def entities(self, text: str) -> list[Entity]:
        """Return the people, places and organisations that *text* names, in order."""
        found: list[Entity] = []
        start = 0
        while start < len(text):
            end = min(len(text), start + _PIECE)
            if end < len(text):
                end = (
                    max(text.rfind("\n", start + 1, end), text.rfind(". ", start + 1, end) + 1, start) or end
                )
                end = end if end > start else min(len(text), start + _PIECE)
            found.extend(
                Entity(start + s.start, start + s.stop, s.type) for s in self._ner(text[start:end]).spans
            )
            start = end
        return found


def is_lower_case(tokens: list[Token]) -> bool:
    """Say whether capitals carry no meaning: none at all, as people type on a phone, or nothing else."""
    words = [t for t in tokens if not t.is_number and len(t.text) > 1]
    if not words:
        return False
    if sum(t.text.isupper() for t in words) > 0.6 * len(words):
        return True
    firsts = [t for t in tokens if t.is_first and not t.is_number]
    later = [t for t in words if not t.is_first]
    return sum(t.is_capital for t in firsts) <= 0.2 * len(firsts) and sum(
        t.is_capital for t in later
    ) <= 0.01 * len(words)


def has_few_capitals(tokens: list[Token]) -> bool:
    """Say whether names may hide among lower-case words: sentences begin with a capital, little else does."""
    later = [t for t in tokens if not t.is_number and not t.is_first and len(t.text) > 2]
    return len(later) >= 8 and sum(t.is_capital for t in later) <= 0.03 * len(later)


def restore_capitals(text: str, tokens: list[Token], lexicon: Lexicon, lang: str) -> str:
    """Return *text* with a capital on those of *tokens* that may be a name, and no other among them."""
    letters = list(text)
    for token in tokens:
        if not fold.is_cyrillic(token.text):
            continue
        letters[token.at : token.at + len(token.text)] = token.text.lower()
        parses = lexicon.parses(token.text.lower(), lang)
        if not parses[0].is_known or any(_NAMING & p.tag.grammemes and p.score >= 0.02 for p in parses):
            letters[token.at] = letters[token.at].upper()
    return "".join(letters)
