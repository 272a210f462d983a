"""
Lists of codes the house may change without a programmer: outcomes of a case, states of people in a group.

A list is dated data: codes with their words in the languages of the desk. A code that was once used stays in
the file, or old cases show it as it is. An outcome also names the plain one it stands for: only that stands
in clear, because retention asks for it; the exact one is sealed in the cover sheet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Code:
    """One code with its words."""

    code: str
    names: Mapping[str, str]
    stands_for: str = ""

    def name(self, language: str) -> str:
        """Return its words, in Russian where there are none in *language*."""
        return self.names.get(language) or self.names["ru"]


@cache
def outcomes(team: str) -> Sequence[Code]:
    """Return how a case of *team* may end."""
    return _read(FOLDER / "outcomes" / f"{team}.toml")


@cache
def people_states() -> Sequence[Code]:
    """Return what may have become of one person of a group."""
    return _read(FOLDER / "people_states.toml")


def find(codes: Sequence[Code], code: str) -> Code | None:
    """Return the code of that name, none when the list has none."""
    return next((one for one in codes if one.code == code), None)


def name(codes: Sequence[Code], code: str, language: str) -> str:
    """Return the words of a code; one that left the list is shown as it is."""
    found = find(codes, code)
    return code if found is None else found.name(language)


def _read(path: Path) -> tuple[Code, ...]:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Code(one["code"], {"en": one["en"], "ru": one["ru"]}, one.get("stands_for", ""))
        for one in told["codes"]
    )
