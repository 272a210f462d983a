"""The words: complete in three languages, neutral from outside, short where it matters."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from intake import identity, texts
from intake.outlook import guess_language
from intake.replies import Receipt

LANGUAGES = ("ru", "uk", "en")


def catalogue(language: str) -> dict[str, str]:
    with (texts.CATALOGUES / f"{language}.po").open("rb") as source:
        return {str(m.id): str(m.string) for m in read_po(source) if m.id}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_is_in_every_language_with_the_same_places_to_fill() -> None:
    """No key is missing, empty or filled differently."""
    ru = catalogue("ru")
    for language in ("uk", "en"):
        other = catalogue(language)
        assert other.keys() == ru.keys()
        for key, text in other.items():
            assert text
            assert fields(text) == fields(ru[key]), key


def test_every_key_the_code_names_is_a_sentence() -> None:
    """A key in the code that no catalogue has would show a bare key to somebody in danger."""
    known = set(catalogue("ru"))
    source = "".join(path.read_text() for path in Path(texts.__file__).parent.glob("*.py"))
    heads = {key.split(".")[0] for key in known}
    named = set(re.findall(r'(?:key=|told\(\w+, |invitation\(\w+, )"([a-z_.]+)"', source))
    assert named
    assert {key for key in named if key.split(".")[0] in heads} <= known
    assert named <= known


def test_a_key_nobody_wrote_is_an_error_and_not_a_message() -> None:
    """A chat never shows a bare key."""
    with pytest.raises(KeyError):
        texts.say("no.such.sentence", "ru")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_is_honest_and_short(language: str) -> None:
    """Telegram can read, we seal, a seized phone shows, three things not to send; 300 characters at most."""
    needed = {
        "ru": ("Telegram", "запечат", "телефон", "озици", "оруж"),
        "uk": ("Telegram", "запечат", "телефон", "озиці", "збро"),
        "en": ("Telegram", "seal", "phone", "positions", "weapons"),
    }[language]
    for key in ("hello", "hello.after"):
        text = texts.say(key, language)
        assert len(text) <= 300
        assert all(word in text for word in needed), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_an_officer_sees_from_outside_names_what_this_is(language: str) -> None:
    """Name, about, description, commands; and of the chat itself the buttons and the line of a push."""
    outside = identity.load(language)
    assert identity.forbidden_in(outside.visible()) == ()
    assert len(outside.name) <= 64
    assert len(outside.about) <= 120
    assert len(outside.description) <= 512
    assert {name for name, _ in outside.commands} == {"start", "menu", "clear", "help"}
    for key, text in catalogue(language).items():
        if key.startswith("button.") or key == "idle.filed":
            assert identity.forbidden_in(text) == () or key == "button.help", key


def test_the_word_list_catches_what_it_is_for() -> None:
    """A list that matches nothing would pass every name."""
    for text in ("Помощь отказникам", "Legal aid for soldiers", "Допомога військовим", "Адвокат", "Юристы"):
        assert identity.forbidden_in(text)


def test_receipts_count_in_the_grammar_of_the_language() -> None:
    """7 сообщений, 2 файла, 21 сообщение."""

    def said(messages: int, files: int, language: str = "ru") -> str:
        return texts.render(Receipt(messages=messages, files=files), language).text

    assert said(1, 0) == "Получено и запечатано."
    assert said(7, 2) == "Получено и запечатано: 7 сообщений, 2 файла."
    assert "21 сообщение," in said(21, 1)
    assert "11 сообщений" in said(11, 0)
    assert said(2, 1, "en") == "Received and sealed: 2 messages, 1 file."


@pytest.mark.parametrize(
    ("code", "language"),
    [(None, "ru"), ("ru", "ru"), ("uk", "uk"), ("en-GB", "en"), ("de", "en"), ("kk", "ru"), ("tg", "ru")],
)
def test_the_language_is_guessed_from_the_phone(code: str | None, language: str) -> None:
    """Where a phone says nothing, Russian."""
    assert guess_language(code) == language
