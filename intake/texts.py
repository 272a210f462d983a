"""
Words of the conversation: replies rendered in a language, from ``intake/catalogues``.

Plain text without markup, so that nothing a person typed can be read as markup.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from casework import catalogue
from intake import referrals, rights, topics
from intake.replies import Deliver, Elsewhere, Keyboard, Receipt, Reply, Say, Span

CATALOGUES = Path(__file__).with_name("catalogues")
# Telegram's limit for one message, in UTF-16 units.
LONGEST = 4096


@dataclass(frozen=True, repr=False)
class Message:
    """One message, ready to send: rows of (label, callback data) under its text."""

    text: str
    keyboard: tuple[tuple[tuple[str, str], ...], ...]

    def __repr__(self) -> str:
        return "<Message>"


def render(reply: Reply, language: str) -> Message:
    """Return the words of *reply* in *language*."""
    return Message(_text(reply, language), _keyboard(reply.keyboard, language))


def say(key: str, language: str) -> str:
    """
    Return the sentence of *key*: from the catalogue, the lists of answers or the short answers.

    Raises:
        KeyError: no catalogue has it; a chat must never be shown a bare key.
    """
    room, _, name = key.partition(".")
    if room == "choice":
        question, _, code = name.partition(".")
        return topics.label(question, code, language)
    if room == "rights":
        return _short_answer(rights.load(name, language), language)
    text = _load(language).gettext(key)
    if text == key:
        raise KeyError(key)
    return text


def _text(reply: Reply, language: str) -> str:
    match reply:
        case Say():
            params = {name: _param(value, language) for name, value in reply.params.items()}
            return say(reply.key, language).format_map(params)
        case Receipt():
            return _receipt(reply, language)
        case Deliver():
            return reply.letter.text
        case _:
            raise TypeError("intake: internal error: an unknown reply")


def _short_answer(answer: rights.Answer, language: str) -> str:
    """Say it with its date, and whether a lawyer has checked it."""
    checked = "law.unchecked" if answer.reviewed_by is None else "law.checked"
    dated = say("law.as_of", language).format_map({"day": f"{answer.law_as_of:%d.%m.%Y}"})
    return f"{answer.text}\n\n{dated} {say(checked, language)}"


def _receipt(reply: Receipt, language: str) -> str:
    """Count in the grammar of the language: one message, two messages."""
    parts = []
    for name, count in (("messages", reply.messages), ("files", reply.files)):
        if count:
            form = _plural(count, language)
            parts.append(say(f"receipt.{name}.{form}", language).format_map({"count": count}))
    if len(parts) == 1 and reply.messages + reply.files == 1:
        return say("receipt.one", language)
    return say("receipt.many", language).format_map({"what": ", ".join(parts)})


def _elsewhere(language: str) -> str:
    """Name other places, with the list's day and whether anybody checked it; say nothing without any."""
    found = referrals.load()
    if not found.places:
        return ""
    lines = [place.line(language) for place in found.places]
    checked = "elsewhere.checked" if found.reviewed_by else "elsewhere.unchecked"
    dated = say(checked, language).format_map({"day": f"{found.as_of:%d.%m.%Y}"})
    return "\n\n" + "\n".join([say("elsewhere.head", language), *lines, dated])


def _param(value: str | int | Span | Elsewhere, language: str) -> str | int:
    """Say a span of time: an hour, 12 hours, three working days; everything else stays as it is."""
    if isinstance(value, Elsewhere):
        return _elsewhere(language)
    if not isinstance(value, Span):
        return value
    form = "single" if value.count == 1 else "one" if _plural(value.count, language) == "one" else "many"
    return say(f"span.{value.unit}.{form}", language).format_map({"count": value.count})


def _plural(count: int, language: str) -> str:
    if language == "en":
        return "one" if count == 1 else "many"
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    return "few" if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else "many"


def _keyboard(keyboard: Keyboard, language: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple((say(button.label, language), button.data()) for button in row) for row in keyboard)


@cache
def _load(language: str) -> gettext.GNUTranslations:
    return catalogue.load(CATALOGUES, language)
