"""
Forms of a marked name, so that nobody is looked up in the search index by any of them.

The rules are those by which the gate writes a sealed name in every form, without its dictionaries: a form no
language has costs nothing. A word that reads like one of the forms is left out of the index for that entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from casework.redaction import fold, inflect, romanise

_WORD = re.compile(r"[^\W\d_]{2,40}")


def keys_of(names: Iterable[str]) -> frozenset[str]:
    """Return what :func:`is_form` compares with, of every word of *names*."""
    keys: set[str] = set()
    for word in {word for name in names for word in _WORD.findall(name.lower())}:
        spellings = {word} if fold.is_cyrillic(word) else romanise.read_back(word)
        for spelling in spellings:
            keys |= inflect.ruled_forms(spelling)
            keys |= romanise.romanise(spelling)
        keys.add(fold.key(word))
    return frozenset(keys)


def is_form(word: str, keys: frozenset[str]) -> bool:
    """Tell whether *word* may be a form of a name, in either script."""
    return fold.key(word) in keys
