"""Sentences of the desk in the language of whoever reads, and dates as that language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

import casework
import register
from casework import catalogue, routing
from register.places import subjects

CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGES = ("ru", "en")

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Words:
    """One language: :meth:`say` a sentence by its key, count things, write days and spans."""

    def __init__(
        self, language: str, sentences: GNUTranslations, labels: GNUTranslations, zone: ZoneInfo
    ) -> None:
        self.language = language
        self._sentences = sentences
        self._labels = labels
        self._zone = zone

    def say(self, key: str, /, **values: object) -> str:
        """Return the sentence of *key* with its *values*; an unknown key comes back as itself."""
        sentence = self._sentences.gettext(key)
        return sentence.format(**values) if values else sentence

    def knows(self, key: str) -> bool:
        """Tell whether the catalogue holds *key*."""
        return self._sentences.gettext(key) != key

    def label(self, key: str) -> str:
        """Return the word the register or casework itself has for a code; editors see what readers will."""
        return self._labels.gettext(key)

    def routing(self, payload: Mapping[str, Any]) -> str:
        """Return the one sentence that says why a case went where it went."""
        asked = payload.get("asked")
        try:
            names = [self._asked(name, code) for name, code in sorted(asked.items())] if asked else []
            return routing.explain({**payload, "asked": ", ".join(names)}, self._labels)
        except KeyError:
            return self.say("said.routing")

    def _asked(self, name: str, code: str) -> str:
        """Return the word for something a case asks of whoever takes it."""
        if name == "subject":
            return self.region(code)
        return self.say(f"matter.{code}" if name == "topic" else f"language.{code}")

    def region(self, code: str) -> str:
        """Return the name of a federal subject; what is no code comes back as it is."""
        subject = subjects().get(code)
        return subject.name(self.language) if subject is not None else code

    def reason(self, code: str) -> str:
        """Return the sentence of a code; one the catalogue does not know is shown as it is."""
        key = f"reason.{code}"
        return self.say(key) if self.knows(key) else code

    def count(self, key: str, n: int) -> str:
        """Return the sentence of *key* in the plural form of *n*."""
        return self._sentences.ngettext(key, key, n).format(n=n)

    def day(self, day: date) -> str:
        """Write a day in a short form."""
        return _written(day, "d MMM y", self.language)

    def local_day(self, now: datetime) -> date:
        """Return the day it is in the house's zone: a deadline ends with that day, not with UTC's."""
        return now.astimezone(self._zone).date()

    def begins(self, day: date) -> datetime:
        """Return when *day* begins in the house's zone."""
        return datetime.combine(day, time(0), self._zone)

    def days_left(self, days: int) -> str:
        """Write how many days are left until a deadline, or since when it is over."""
        if days == 0:
            return self.say("days.today")
        return self.count("days.left" if days > 0 else "days.over", abs(days))

    def iso_day(self, text: str) -> str:
        """Write a day given in ISO form; what is none comes back as nothing."""
        try:
            return self.day(date.fromisoformat(text))
        except ValueError:
            return ""

    def moment(self, iso: str) -> str:
        """Write an instant given in ISO form, to the minute, in the house's zone."""
        try:
            instant = datetime.fromisoformat(iso)
        except ValueError:
            return ""
        if instant.tzinfo is None:
            return ""
        local = instant.astimezone(self._zone)
        return f"{_written(local.date(), 'd MMM', self.language)}, {local:%H:%M}"

    def left(self, span: timedelta) -> str:
        """Write how long is left (or, negative, how long it is overdue) in its largest unit."""
        size = abs(span)
        if size >= 2 * _DAY:
            written = self.count("span.days", size // _DAY)
        elif size >= _HOUR:
            # Rounded down, as a clock stored to the quarter of an hour runs a little longer than the promise.
            written = self.count("span.hours", size // _HOUR)
        else:
            written = self.count("span.minutes", size // _MINUTE)
        return self.say("span.overdue" if span < timedelta(0) else "span.left", span=written)

    def size(self, octets: int) -> str:
        """Write a file size in kilobytes or megabytes."""
        if octets >= 1_000_000:
            return self.say("size.mb", n=f"{octets / 1_000_000:.1f}")
        return self.say("size.kb", n=max(1, round(octets / 1000)))


@lru_cache(maxsize=2048)
def _written(day: date, form: str, language: str) -> str:
    """Write a day; a long page names the same few again and again, and the library takes its time."""
    return format_date(day, form, locale=language)


def load(zone: ZoneInfo) -> Mapping[str, Words]:
    """Load every language of the desk."""
    return {
        language: Words(language, catalogue.load(CATALOGUES, language), _labels(language), zone)
        for language in LANGUAGES
    }


def _labels(language: str) -> GNUTranslations:
    """Load the words of the register, and those of casework behind them."""
    labels = catalogue.load(Path(register.__file__).parent / "catalogues", language)
    labels.add_fallback(catalogue.load(Path(casework.__file__).parent / "catalogues", language))
    return labels


def preferred(header: str) -> str:
    """Choose a language from an `Accept-Language` header: Ukrainian readers get Russian for now."""
    for part in header.split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
        if tag == "uk":
            return "ru"
    return LANGUAGES[0]
