"""
Write a Cyrillic name in every Latin scheme in use, and read a Latin name back into Cyrillic.

Passports, ministries, newspapers and keyboards each have their own scheme; a draft may use any, or two at
once. So the sealed side is written out in all of them, and only the comparison keys are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import iuliia
from translitua import ALL_UKRAINIAN, translit

from casework.redaction import fold


class Scheme(Protocol):
    """A way to write Russian in Latin letters."""

    def translate(self, source: str) -> str:
        """Return *source* in this scheme."""


# Every scheme that iuliia carries: 27 for Russian and one for Uzbek, which newspapers do use.
SCHEMES: tuple[Scheme, ...] = tuple(getattr(iuliia, name) for name in dir(iuliia) if name.isupper())
_UKRAINIAN: tuple[Any, ...] = tuple(ALL_UKRAINIAN)
_ENDING = 4  # letters at most that declension changes
# Enough to reach an oblique form; all schemes matter only for the form a foreign reader would write.
COMMON: tuple[Scheme, ...] = (iuliia.WIKIPEDIA, iuliia.ICAO_DOC_9303, iuliia.GOST_779, iuliia.TELEGRAM)

_UKRAINIAN_ONLY = str.maketrans("іїєґІЇЄҐ", "ииегИИЕГ")

# How people write a name on a keyboard without Cyrillic, in any order of habits.
_HABITS = (
    ("kh", "h"),
    ("kh", "x"),
    ("g", "h"),
    ("g", "q"),
    ("ts", "c"),
    ("ya", "ja"),
    ("yu", "ju"),
    ("y", "i"),
    ("v", "w"),
    ("dzh", "j"),
    ("dzh", "c"),
)


def romanise(word: str, schemes: Sequence[Scheme] = SCHEMES) -> set[str]:
    """Return the keys of *word* in each of *schemes*; with all of them, in Ukrainian and by habit too."""
    plain = word.translate(_UKRAINIAN_ONLY)
    spellings = {scheme.translate(plain) for scheme in schemes}
    if len(schemes) > len(COMMON):
        base = iuliia.WIKIPEDIA.translate(plain).lower()
        spellings.update(translit(word, table) for table in _UKRAINIAN)
        spellings.update(base.replace(habit, other) for habit, other in _HABITS if habit in base)
    return {fold.latin(spelling) for spelling in spellings} - {""}


@lru_cache(maxsize=4096)
def _ending(ending: str) -> tuple[str, ...]:
    """Return the ending of a word in each scheme; endings are few and name nobody."""
    return tuple(scheme.translate(ending) for scheme in SCHEMES)


def declined(word: str, forms: Iterable[str]) -> set[str]:
    """Return the keys of *forms* of *word* in every scheme: what they share once, their endings apart."""
    plain = fold.cyrillic(word)
    endings: dict[str, set[str]] = {}
    for form in forms:
        shared = next(
            (i for i, (a, b) in enumerate(zip(plain, form, strict=False)) if a != b),
            min(len(plain), len(form)),
        )
        if len(plain) - shared <= _ENDING and len(form) - shared <= _ENDING and shared >= 3:
            endings.setdefault(plain[:shared], set()).add(form[shared:])
    written = {
        stem + _ending(end)[number]
        for start, ends in endings.items()
        for number, stem in enumerate(scheme.translate(start) for scheme in SCHEMES)
        for end in ends
    }
    return {fold.latin(spelling) for spelling in written}


def transcribe(word: str) -> str:
    """Return one plain Latin key of a Cyrillic *word*, as a keyboard user would write it."""
    return fold.latin(iuliia.WIKIPEDIA.translate(word.translate(_UKRAINIAN_ONLY)))


# Latin letters and what they most likely stood for, the longer first.
_SOUND: dict[str, str] = dict(
    pair.split(":")
    for pair in fold.table(
        "shch:щ tsch:ч tch:ч sch:щ zh:ж kh:х ts:ц tz:ц ch:ч sh:ш ph:ф ya:я ia:ия ja:я yu:ю iu:ю ju:ю "
        "yo:ё jo:ё ye:е je:е "
        "ii:ий iy:ий yy:ый ij:ий ck:к ou:у oo:у ee:и ay:ай ey:ей oy:ой ai:ай ei:ей "
        "a:а b:б c:к d:д e:е f:ф g:г h:х i:и j:й k:к l:л m:м n:н o:о p:п q:к r:р s:с t:т u:у v:в w:в "
        "x:кс y:ы z:з"
    )
)
_READING = re.compile("|".join(_SOUND))


def read_back(word: str) -> set[str]:
    """Return likely Cyrillic spellings of a Latin *word*; the first letter's case is not kept."""
    plain = word.lower().translate(str.maketrans("čšžëâûʹʺ'’", "чшжёяю    ")).replace(" ", "")
    once = _READING.sub(lambda m: _SOUND[m[0]], plain)
    readings = {once}
    if re.search(r"ск[ыи]$", once):
        readings.add(re.sub(r"ск[ыи]$", "ский", once))
    if re.search(r"[бвгджзклмнпрстфхц]ы$", once):
        readings.add(once[:-1] + "ий")
    readings.add(re.sub(r"(?<=[бвгджзклмнпрстфхц])ы(?=[бвгджзклмнпрстфхц])", "и", once))
    readings.add(re.sub(r"(?<=[аеоуи])и$", "й", once))
    readings.update({r.replace("ия", "я") for r in readings})
    return readings


def keys_of(words: Iterable[str], schemes: Sequence[Scheme] = COMMON) -> set[str]:
    """Return the Latin keys of many Cyrillic words."""
    keys: set[str] = set()
    for word in words:
        keys |= romanise(word, schemes)
    return keys
