"""
Documents: forms that a lawyer fills from a case, as dated data, ``casework/documents/<code>.toml``.

Rules:

* A file says as of when the law is told, on what it stands and who checked it; until somebody did, every page
  that shows it says so, and what is handed out is not kept from anybody for that.
* A field that is not filled is a line to fill by hand, never a guess.
* What is written for the outside is in Russian, whatever language the desk speaks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).with_name("documents")

# What stands where nothing was filled in.
BLANK = "____________________"

Place = Literal["left", "right", "centre"]
_MARKS: Mapping[str, Place] = {"> ": "right", "= ": "centre"}
_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Field:
    """One thing to fill in, and the party it usually is."""

    code: str
    names: Mapping[str, str]
    party: str = ""
    is_long: bool = False

    def name(self, language: str) -> str:
        """Return what is asked for, in Russian where there are no words in *language*."""
        return self.names.get(language) or self.names["ru"]


@dataclass(frozen=True)
class Paragraph:
    """One paragraph as it is printed."""

    text: str
    place: Place = "left"


@dataclass(frozen=True)
class Document:
    """A form: its fields, its words, its law."""

    code: str
    names: Mapping[str, str]
    fields: tuple[Field, ...]
    body: str
    basis: str
    law_as_of: date
    reviewed_by: str | None

    def name(self, language: str) -> str:
        """Return its name, in Russian where there is none in *language*."""
        return self.names.get(language) or self.names["ru"]

    def fill(self, values: Mapping[str, str]) -> tuple[Paragraph, ...]:
        """Return the document with *values*; a value of several lines becomes several paragraphs."""
        found = []
        for line in self.body.strip().splitlines():
            place: Place = _MARKS.get(line[:2], "left")
            text = line[2:] if place != "left" else line
            # Values are put in after the marks were read, and once: a value is never a mark or a field.
            filled = _FIELD.sub(lambda found: values.get(found[1], "").strip() or BLANK, text)
            found += [Paragraph(part, place) for part in filled.splitlines() or [""]]
        return tuple(found)


def as_text(paragraphs: Sequence[Paragraph]) -> str:
    """Return a filled document as text to copy by hand."""
    return "\n".join(one.text for one in paragraphs) + "\n"


@cache
def load() -> Mapping[str, Document]:
    """
    Return every document by its code.

    Raises:
        ValueError: a body names a field that is not there, or a field is nowhere in it.
    """
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def unreviewed() -> tuple[str, ...]:
    """Return the documents no lawyer has checked."""
    return tuple(code for code, one in load().items() if one.reviewed_by is None)


def _read(path: Path) -> Document:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    fields = tuple(_field(one) for one in told["fields"])
    if set(_FIELD.findall(told["body"])) != {one.code for one in fields}:
        raise ValueError("casework: the fields of a document are not those of its words")
    return Document(
        code=path.stem,
        names={"en": told["en"], "ru": told["ru"]},
        fields=fields,
        body=told["body"],
        basis=told["basis"],
        law_as_of=told["law_as_of"],
        reviewed_by=told["reviewed_by"] or None,
    )


def _field(told: Mapping[str, Any]) -> Field:
    return Field(
        told["code"], {"en": told["en"], "ru": told["ru"]}, told.get("from", ""), told.get("long", False)
    )
