"""
Reply templates: versioned legal texts, ``casework/answers/<code>.<language>.txt``.

Rules:

* A file says its version, as of when the law is told and who checked it; one nobody checked says so to
  whoever picks it, and one told long ago too.
* Russian comes first: there is no template without it, and whoever reads another language gets that file or
  the Russian one.
* A placeholder is filled from what a person confirmed in the case. Where the case cannot fill it, the
  template is not for that case; nothing is left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("answers")
HEAD = {"title", "version", "law as of", "reviewed by"}
PLACEHOLDERS = frozenset({"deadline", "deadline_kind", "today"})

# After so long somebody should read the law again before the text is sent.
FRESH = timedelta(days=365)

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class UnfilledError(ValueError):
    """The case cannot fill a placeholder of this template."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


@dataclass(frozen=True)
class Answer:
    """One template in one language."""

    code: str
    language: str
    title: str
    version: int
    text: str
    law_as_of: date
    reviewed_by: str | None

    @property
    def name(self) -> str:
        """Return what is sealed beside a reply made from it."""
        return f"{self.code}.{self.language}@{self.version}"

    @property
    def asks(self) -> frozenset[str]:
        """Return the placeholders it has."""
        return frozenset(_PLACEHOLDER.findall(self.text))

    def is_old(self, today: date) -> bool:
        """Tell whether the law has had a year to change since."""
        return today - self.law_as_of > FRESH

    def fill(self, values: Mapping[str, str]) -> str:
        """
        Return the text with its placeholders filled; a value is put in once and never read for others.

        Raises:
            UnfilledError: *values* lack one, or it is empty.
        """
        missing = frozenset(name for name in self.asks if not values.get(name))
        if missing:
            raise UnfilledError(missing)
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.text)


@cache
def load(language: str) -> Mapping[str, Answer]:
    """
    Return every template by its code, in *language* or, where there is none, in Russian.

    Raises:
        ValueError: a file lacks its head or its words, or has a placeholder nobody can fill.
    """
    found = {}
    for path in sorted(FOLDER.glob("*.ru.txt")):
        code = path.name.removesuffix(".ru.txt")
        other = FOLDER / f"{code}.{language}.txt"
        found[code] = parse(code, language, other) if other.exists() else parse(code, "ru", path)
    return found


def unreviewed() -> tuple[str, ...]:
    """Return the templates nobody checked, as ``code.language``."""
    files = [path.name.removesuffix(".txt").split(".") for path in sorted(FOLDER.glob("*.*.txt"))]
    return tuple(
        f"{code}.{language}"
        for code, language in files
        if parse(code, language, FOLDER / f"{code}.{language}.txt").reviewed_by is None
    )


def parse(code: str, language: str, path: Path) -> Answer:
    """Read one file. Raises as :func:`load`."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    lines = {name: value.strip() for name, _, value in (line.partition(":") for line in head.splitlines())}
    if set(lines) != HEAD or not body.strip() or not lines["version"].isdecimal():
        raise ValueError("casework: a reply template lacks its head or its words")
    answer = Answer(
        code=code,
        language=language,
        title=lines["title"],
        version=int(lines["version"]),
        text=body.strip(),
        law_as_of=date.fromisoformat(lines["law as of"]),
        reviewed_by=lines["reviewed by"] or None,
    )
    if not answer.asks <= PLACEHOLDERS:
        raise ValueError("casework: a reply template asks for what no case can say")
    return answer
