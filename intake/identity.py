"""
What the bot looks like from outside: neutral, in every language.

Name, about text, description and commands are what an officer holding the phone sees without opening
anything. ``identity.toml`` holds them, with the words that must never stand there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("ru", "uk", "en")
_FILE = Path(__file__).with_name("identity.toml")


@dataclass(frozen=True)
class Identity:
    """One language's outside: name ≤ 64, about ≤ 120, description ≤ 512 characters, and the commands."""

    name: str
    about: str
    description: str
    commands: tuple[tuple[str, str], ...]

    def visible(self) -> str:
        """Return everything that can be seen, as one text."""
        return "\n".join([self.name, self.about, self.description, *(text for _, text in self.commands)])


def load(language: str) -> Identity:
    """Return the outside in *language*; Russian where there is none of it."""
    data = _read()
    part = data.get(language, data["ru"])
    return Identity(part["name"], part["about"], part["description"], tuple(part["commands"].items()))


def forbidden_words() -> tuple[str, ...]:
    """Return beginnings of words, lower case, none of which may stand in what can be seen."""
    return tuple(_read()["forbidden"])


def forbidden_in(text: str) -> tuple[str, ...]:
    """Return those forbidden beginnings that a word of *text* starts with."""
    words = "".join(c if c.isalnum() else " " for c in text.lower().replace("ё", "е")).split()
    return tuple(stem for stem in forbidden_words() if any(word.startswith(stem) for word in words))


def forbidden_in_user_name(name: str) -> tuple[str, ...]:
    """Return those parts that *name*, Latin and in one piece, holds anywhere."""
    return tuple(stem for stem in _read()["forbidden_in_user_names"] if stem in name.lower())


def _read() -> dict[str, Any]:
    with _FILE.open("rb") as source:
        return tomllib.load(source)
