"""Checklists: tasks that belong together, as data, ``casework/checklists/<code>.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("checklists")


@dataclass(frozen=True)
class Checklist:
    """A list of tasks, in every language of the desk."""

    code: str
    names: Mapping[str, str]
    tasks: tuple[Mapping[str, str], ...]

    def name(self, language: str) -> str:
        """Return its name, in Russian where there is none in *language*."""
        return self.names.get(language) or self.names["ru"]

    def texts(self, language: str) -> list[str]:
        """Return its tasks in *language*; once copied into a case they are words like any others."""
        return [task.get(language) or task["ru"] for task in self.tasks]


@cache
def load() -> Mapping[str, Checklist]:
    """Return every checklist by its code."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = Checklist(path.stem, {"en": told["en"], "ru": told["ru"]}, tuple(told["tasks"]))
    return found
