"""
Know your rights: short answers as text files, ``intake/rights/<topic>.<language>.txt``.

Rules:
* A file says as of when the law is told and who checked it. One nobody checked says so to whoever reads it.
* None takes the place of a person: each is shown with the way to ask one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from intake import topics

FOLDER = Path(__file__).with_name("rights")


@dataclass(frozen=True)
class Answer:
    """One short answer. *reviewed_by* is whoever of the house checked it; none: nobody yet."""

    text: str
    law_as_of: date
    reviewed_by: str | None


@cache
def answered() -> tuple[str, ...]:
    """Return the topics there is an answer to, in the order in which topics are offered."""
    return tuple(one.code for one in topics.load("topic") if (FOLDER / f"{one.code}.ru.txt").exists())


@cache
def load(topic: str, language: str) -> Answer:
    """
    Return the answer to *topic*; in Russian where there is none in *language*.

    Raises:
        KeyError: there is no answer to it.
        ValueError: its file lacks the two lines at its head.
    """
    if topic not in answered():
        raise KeyError(topic)
    path = FOLDER / f"{topic}.{language}.txt"
    if not path.exists():
        path = FOLDER / f"{topic}.ru.txt"
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Answer:
    """
    Read a file: ``law as of: DAY``, ``reviewed by: NAME`` (or nothing), an empty line, the answer.

    Raises:
        ValueError: it does not begin so.
    """
    head, _, body = text.partition("\n\n")
    lines = {name: value for name, _, value in (line.partition(":") for line in head.splitlines())}
    if set(lines) != {"law as of", "reviewed by"} or not body.strip():
        raise ValueError("intake: a short answer lacks its head or its words")
    return Answer(
        body.strip(), date.fromisoformat(lines["law as of"].strip()), lines["reviewed by"].strip() or None
    )


def unreviewed() -> tuple[str, ...]:
    """Return the answers nobody checked, as ``topic.language``, for whoever looks after the house."""
    files = sorted(FOLDER.glob("*.*.txt"))
    return tuple(path.stem for path in files if parse(path.read_text(encoding="utf-8")).reviewed_by is None)
