"""How the register speaks in one language: sentences, dates and plurals."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal

from casework import catalogue
from register.vocabulary import Language

_FOLDER = Path(__file__).parent / "catalogues"


@dataclass(frozen=True, slots=True)
class Voice:
    """One language of the register."""

    language: Language
    sentences: gettext.NullTranslations

    def say(self, key: str, **values: object) -> str:
        """Return the sentence *key* with *values* put in."""
        sentence = self.sentences.gettext(key)
        return sentence.format(**values) if values else sentence

    def count(self, key: str, n: int) -> str:
        """Return *n* with its noun in the right number."""
        return self.sentences.ngettext(key, key, n).format(n=f"{n:,}".replace(",", "\u202f"))

    def day(self, day: date) -> str:
        """Write a day in full."""
        return _written(day, self.language, "long")

    def number(self, number: float) -> str:
        """Write a number with at most one digit behind the point."""
        return str(format_decimal(number, format="#,##0.#", locale=self.language))

    def month(self, month: str) -> str:
        """Write a month given as ``YYYY-MM``."""
        return _written(date(int(month[:4]), int(month[5:7]), 1), self.language, "LLLL y")


def speak(language: Language) -> Voice:
    """Load one language."""
    return Voice(language, catalogue.load(_FOLDER, language))


@lru_cache(maxsize=4096)
def _written(day: date, language: Language, form: str) -> str:
    return format_date(day, format=form, locale=language)
