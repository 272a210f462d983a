"""Two lists of 2048 words, one number each: what code phrases, passphrases and read-aloud checks are made of.

A word is known by its first four letters, in either language, whatever the case, accents, ё or е. A word
and its number mean the same in both lists, so a phrase shown in Russian may be typed in English words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

COUNT = 2048
BITS = 11
PREFIX = 4

_FILES = {"ru": "words_ru.txt", "en": "words_en.txt"}
_LISTS = {"ru": "ru", "uk": "ru", "en": "en"}  # who reads Ukrainian is shown the Russian list

_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_RUSSIAN_KEYS = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_TO_LATIN_KEYS = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)
# Letters that look alike; a phone's autocorrection and copying mix them.
_TO_CYRILLIC = str.maketrans("aceopxykmhtb", "асеорхукмнтв")
_TO_LATIN = str.maketrans("асеорхукмнтв", "aceopxykmhtb")
# A Ukrainian keyboard has these three where a Russian one has ы, э, ъ.
_FROM_UKRAINIAN = str.maketrans("ієї", "ыэъ")
_LETTERS = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[а-яёієї]")
_LATIN_LETTER = re.compile(r"[a-z]")


@dataclass(frozen=True, eq=False)
class WordList:
    """One language's words, in the order of their numbers."""

    words: tuple[str, ...]
    by_prefix: dict[str, int]

    def find(self, word: str) -> int | None:
        """Return the number of the only word with the first four letters of *word* (folded)."""
        return self.by_prefix.get(word[:PREFIX])

    def near(self, word: str, limit: int) -> tuple[str, ...]:
        """Return words at most two slips of the finger from *word*, nearest first."""
        found = process.extract(word, self.words, scorer=OSA.distance, score_cutoff=2, limit=limit)
        return tuple(match[0] for match in found)


@cache
def load(lang: str) -> WordList:
    """Return the list shown to readers of *lang*: ru, uk or en."""
    if lang not in _LISTS:
        raise ValueError(f"crypto: no word list for {lang!r}")
    name = _LISTS[lang]
    if name != lang:
        return load(name)
    lines = (Path(__file__).parent / _FILES[name]).read_text("utf-8").splitlines()
    words = tuple(line for line in lines if line and not line.startswith("#"))
    by_prefix = {fold(word)[:PREFIX]: number for number, word in enumerate(words)}
    if not len(words) == len(by_prefix) == COUNT:
        raise AssertionError("crypto: internal error: a word list is damaged")
    return WordList(words, by_prefix)


def fold(text: str) -> str:
    """Reduce *text* to what two people would call the same letters."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    kept = (char for char in composed if unicodedata.category(char) not in ("Mn", "Cf"))
    return "".join(kept).replace("ё", "е")


def split(text: str) -> list[str]:
    """Return the folded words of *text*: every run of letters, whatever stands between."""
    return _LETTERS.findall(fold(text))


def readings(text: str) -> list[list[str]]:
    """Return the ways to read *text*: as it stands, and as if typed with the other keyboard switched on."""
    plain = fold(text)
    switched = (plain.translate(_TO_RUSSIAN_KEYS), plain.translate(_TO_LATIN_KEYS))
    return [split(plain), *(split(other) for other in switched if other != plain)]


def find(word: str) -> int | None:
    """Return the number of a folded *word* in either list, mending mixed alphabets; None if in neither."""
    forms = [word, word.translate(_FROM_UKRAINIAN)]
    if _CYRILLIC.search(word) and _LATIN_LETTER.search(word):
        forms += [word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN)]
    for form in forms:
        for lang in _FILES:
            number = load(lang).find(form)
            if number is not None:
                return number
    return None


def near(word: str, limit: int = 3) -> tuple[str, ...]:
    """Return words of the lists that a folded *word* may have been meant for."""
    return load("ru" if _CYRILLIC.search(word) else "en").near(word, limit)


def to_words(value: int, count: int, lang: str) -> tuple[str, ...]:
    """Write the number *value* as *count* words, the highest 11 bits first."""
    words = load(lang).words
    return tuple(words[value >> BITS * place & COUNT - 1] for place in reversed(range(count)))


def to_value(numbers: Iterable[int]) -> int:
    """Read the numbers of words, the highest first, as one number."""
    value = 0
    for number in numbers:
        value = value << BITS | number
    return value


def known(words: Sequence[str]) -> list[int | None]:
    """Return the number of each folded word, None where there is none."""
    return [find(word) for word in words]
