"""
What an editor decided about the suggestions of a narrative, and how that is kept. Loads no dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

ACCEPT = "accept"
KEEP = "keep"
# Before a rung of the ladder, in a choice.
RUNG = "="


@dataclass(frozen=True, slots=True)
class Mark:
    """One suggestion: in which message, where, of what kind, and whom or what it names."""

    item: str
    start: int
    end: int
    kind: str
    whom: str = field(repr=False)
    given: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it stands, as forms and choices name it."""
        return f"{self.item}:{self.start}:{self.end}"


@dataclass(frozen=True)
class Group:
    """All marks of one person, place or thing, with the placeholder they share."""

    kind: str
    placeholder: str
    marks: tuple[Mark, ...]


def groups(found: Iterable[Mark], words: Mapping[str, str]) -> list[Group]:
    """Gather *found* by whom they name, numbered as they come; *words* are the words for the kinds."""
    gathered: dict[tuple[str, str], list[Mark]] = {}
    for mark in found:
        gathered.setdefault((words[mark.kind], mark.whom), []).append(mark)
    counts: dict[str, int] = {}
    made = []
    for (word, _), same in gathered.items():
        counts[word] = counts.get(word, 0) + 1
        made.append(Group(same[0].kind, f"[{word} {counts[word]}]", tuple(same)))
    return made


def regrouped(found: Iterable[Mark], by_hand: Mapping[str, str]) -> list[Mark]:
    """Return *found* naming whom a person said they name: marks of one label, by place, are of one."""
    return [
        replace(mark, whom=f"by hand {by_hand[mark.place]}") if mark.place in by_hand else mark
        for mark in found
    ]


def read_choices(text: str) -> dict[str, str]:
    """Return choices as :func:`write_choices` wrote them; what is none is left out, and so replaced."""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(read, dict):
        return {}
    return {str(place): choice for place, choice in read.items() if isinstance(choice, str)}


def write_choices(choices: Mapping[str, str]) -> str:
    """Write choices as one line."""
    return json.dumps(dict(sorted(choices.items())), ensure_ascii=False)
