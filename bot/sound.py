"""
Whether what was heard has the types it claims: the library takes whatever stands in an update.

A number that is none, or words that no file can hold, must not reach the rows: one such row among those due
would hold up all others. What is unsound is sifted like any other update nobody can read.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from types import UnionType
from typing import Any, get_args, get_type_hints

from bot.hear import Heard, Note, Standing

NUMBERS = range(-(1 << 53), 1 << 53)  # what every client of Telegram must be able to count to


def is_sound(heard: Heard | Note | Standing | int | None) -> bool:
    """Tell whether *heard*, every field of it and of its event is of its type and can be stored."""
    if heard is None or not isinstance(heard, Heard | Note | Standing):
        return heard is None or _fits(heard, int)
    whole: list[Any] = [heard, heard.event] if isinstance(heard, Heard) else [heard]
    return all(_fits(getattr(one, name), kind) for one in whole for name, kind in _hints(one.__class__))


@cache
def _hints(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    return tuple(get_type_hints(kind).items())


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if kind is float:
        return isinstance(value, float) or (isinstance(value, int) and value in NUMBERS)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value in NUMBERS
    if kind is str:
        return isinstance(value, str) and _is_text(value)
    return isinstance(value, kind)


def _is_text(value: str) -> bool:
    """Tell whether *value* has no half of a character; JSON can carry one, nothing else can."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
