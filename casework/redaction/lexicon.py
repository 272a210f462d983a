"""
What the dictionaries of Russian and Ukrainian say about a word.

Rules:
- Ordinary dictionary words are remembered between texts; names, places and unknown words are not, so that
  no trace of a case outlives its check in this object.
"""

from __future__ import annotations

import copy
import importlib.util
import re
from collections.abc import Iterable
from importlib import resources
from typing import Any

from casework.redaction import fold
from casework.redaction.errors import MissingDictionaryError, UnsupportedLanguageError
from casework.redaction.romanise import COMMON, romanise

LANGUAGES = ("ru", "uk", "en")
_NAME_TAGS = frozenset({"Name", "Surn", "Patr"})
_NOT_ORDINARY = frozenset({"Name", "Surn", "Patr", "Geox", "Abbr", "Init", "Orgn", "Trad"})
_MEMORY_LIMIT = 60_000  # words; about the active vocabulary of the press, some 20 MB

_LONGEST = 64  # letters; no word is longer, and a guess at one costs time
# Written as people type, a dictionary form apart: й and ё are kept, so this is not a comparison key.
_ENGLISH_ENDINGS = (("ies", "y"), ("ing", ""), ("edly", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""))


# English given names; the Russian and Ukrainian ones are in the table of short forms.
_ENGLISH_GIVEN = frozenset(
    fold.latin(w)
    for w in fold.table(
        "john mary james robert michael william david richard joseph thomas charles daniel matthew "
        "anthony mark paul steven andrew george peter kenneth brian kevin jason alice bob carol emma "
        "anna maria sarah laura julia kate elena olga natalia tatiana svetlana"
    )
)


def _given_names() -> frozenset[str]:
    """Return the keys of given names in both scripts, full and short."""
    text = resources.files("casework.redaction").joinpath("data/diminutives.tsv").read_text(encoding="utf-8")
    words = {
        w for line in text.splitlines() if not line.startswith("#") for w in re.split(r"[\t ]+", line) if w
    }
    keys = {fold.cyrillic(w) for w in words}
    for word in words:
        keys |= romanise(word, COMMON)
    return frozenset(k for k in keys if len(k) > 2) | _ENGLISH_GIVEN


def _english_words() -> frozenset[str]:
    """Return ordinary English words, some of which are also a name in Latin letters."""
    text = (
        resources.files("casework.redaction").joinpath("data/english_words.txt").read_text(encoding="utf-8")
    )
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())


def _analyser(lang: str) -> Any:
    import pymorphy3  # noqa: PLC0415 -- 0.2 s that nobody pays who only reads types

    if importlib.util.find_spec(f"pymorphy3_dicts_{lang}") is None:
        raise MissingDictionaryError(f"pymorphy3-dicts-{lang}")
    return pymorphy3.MorphAnalyzer(lang=lang)


class Lexicon:
    """The morphological dictionaries that are installed. Russian always; Ukrainian if its data is there."""

    def __init__(self) -> None:
        self._analysers = {"ru": _analyser("ru")}
        if importlib.util.find_spec("pymorphy3_dicts_uk") is not None:
            self._analysers["uk"] = _analyser("uk")
        self._lemmas: dict[tuple[str, str], str] = {}
        self._parses: dict[tuple[str, str], list[Any]] | None = None
        self._known: dict[str, bool] | None = None
        self._ordinary: dict[tuple[str, str], bool] | None = None
        self.given_names = _given_names()
        self.english = _english_words()

    def for_one_text(self) -> Lexicon:
        """Return a lexicon that remembers every word of one text, and is forgotten with it."""
        view = copy.copy(self)
        view._parses, view._known, view._ordinary = {}, {}, {}  # noqa: SLF001 -- our own class
        return view

    def __repr__(self) -> str:
        return f"<Lexicon {'+'.join(self._analysers)}>"

    def require(self, lang: str) -> None:
        """
        Make sure that texts in *lang* can be read.

        Raises:
            UnsupportedLanguageError: no house ever reads this language.
            MissingDictionaryError: this one could, with a dictionary that is not installed.
        """
        if lang not in LANGUAGES:
            raise UnsupportedLanguageError("lang")
        if lang != "en" and lang not in self._analysers:
            raise MissingDictionaryError(f"pymorphy3-dicts-{lang}")

    def analyser(self, lang: str) -> Any | None:
        """Return the analyser for *lang*, if installed."""
        return self._analysers.get(lang)

    def analysers(self) -> Iterable[Any]:
        """Return every installed analyser, Russian first."""
        return self._analysers.values()

    def parses(self, word: str, lang: str = "ru") -> list[Any]:
        """Return the readings of *word*, likeliest first; Russian where *lang* has no dictionary."""
        word = word[-_LONGEST:]
        if self._parses is not None and (lang, word) in self._parses:
            return self._parses[lang, word]
        parses: list[Any] = self._analysers.get(lang, self._analysers["ru"]).parse(word)
        if self._parses is not None:
            self._parses[lang, word] = parses
        return parses

    def lemma(self, word: str, lang: str) -> str:
        """Return the comparison key of the dictionary form of *word*."""
        if not fold.is_cyrillic(word):
            return _english_lemma(word)
        low = word.lower()
        known = self._lemmas.get((lang, low))
        if known is not None:
            return known
        parse = self.parses(low, lang)[0]
        lemma = fold.cyrillic(parse.normal_form)
        if parse.is_known and not _NOT_ORDINARY & parse.tag.grammemes and len(self._lemmas) < _MEMORY_LIMIT:
            self._lemmas[lang, low] = lemma
        return lemma

    def is_known(self, word: str) -> bool:
        """Say whether any installed dictionary has *word*."""
        low = word.lower()
        known = None if self._known is None else self._known.get(low)
        if known is None:
            known = any(a.word_is_known(low) for a in self._analysers.values())
            if self._known is not None:
                self._known[low] = known
        return known

    def is_ordinary(self, word: str, lang: str = "ru") -> bool:
        """Say whether *word* is also a dictionary word that names nobody and no place."""
        low = word.lower()
        if (lang, low) in self._lemmas:
            return True
        if self._ordinary is not None and (lang, low) in self._ordinary:
            return self._ordinary[lang, low]
        found = any(not _NOT_ORDINARY & p.tag.grammemes and p.is_known for p in self.parses(low, lang))
        if self._ordinary is not None:
            self._ordinary[lang, low] = found
        return found

    def is_thing(self, word: str, lang: str = "ru") -> bool:
        """Say whether the dictionary has *word* as a noun for something that does not live."""
        tags = (p.tag for p in self.parses(word.lower(), lang) if p.is_known)
        return any("NOUN" in tag and "inan" in tag and not _NOT_ORDINARY & tag.grammemes for tag in tags)

    def name_share(self, word: str, lang: str = "ru") -> float:
        """Return how much of the weight of all readings of *word* belongs to names of people, 0 to 1."""
        parses = self.parses(word.lower(), lang)
        total = sum(p.score for p in parses) or 1.0
        return float(sum(p.score for p in parses if _NAME_TAGS & p.tag.grammemes) / total)

    def tags(self, word: str, lang: str = "ru") -> frozenset[str]:
        """Return every grammeme of every dictionary reading of *word*."""
        return frozenset().union(*(p.tag.grammemes for p in self.parses(word.lower(), lang) if p.is_known))


def _english_lemma(word: str) -> str:
    low = word.lower()
    for ending, other in _ENGLISH_ENDINGS:
        if low.endswith(ending) and len(low) - len(ending) >= 3:
            return low[: -len(ending)] + other
    return low
