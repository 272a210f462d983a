"""
Every public word of an entry beyond title and text: quotations, follow-ups, figures, whose words they are.

A name may stand in any of them, so each can be changed or emptied. What says nothing any more goes with its
last word: a quotation without text, a follow-up without text in any language, a figure without its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from desk.errors import IncompleteError
from desk.forms import Form
from register.entry import Entry

LIMIT = 5_000

# Field by field: under which keys words stand; an empty key is the field itself.
WORDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "quotes": frozenset({"text", "speaker", "attributed_as"}),
        "updates": frozenset({"text", "outlet", "outlet_full"}),
        "counts": frozenset({"as_written", "count_of"}),
        "what_refused": frozenset({""}),
        "roles": frozenset({""}),
        "forces": frozenset({"formation", "unit"}),
        "places": frozenset({"name"}),
        "dates": frozenset({"as_written"}),
        "grounds": frozenset({"words"}),
        "pressure": frozenset({"words"}),
        "outcome": frozenset({"words"}),
        "legal": frozenset({"articles", "proceedings"}),
        "attribution": frozenset({""}),
        "corroboration": frozenset({"wording"}),
        "sources": frozenset({"outlet_full"}),
        "relations": frozenset({"why"}),
    }
)
# Without these there is nothing left of what they stand in.
_NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "quotes": frozenset({"text"}),
        "updates": frozenset({"text", "outlet"}),
        "counts": frozenset({"as_written", "count_of"}),
        "places": frozenset({"name"}),
    }
)
_GONE = object()


@dataclass(frozen=True)
class Word:
    """Words in one place of an entry: ``part`` is its field, ``name`` that of the form."""

    name: str
    part: str
    key: str
    text: str = field(repr=False)


def words(entry: Entry) -> list[Word]:
    """Return every place of *entry* where words stand, in a fixed order."""
    return [
        Word(f"word_{n}", str(path[0]), _key(path), text) for n, (path, text) in enumerate(_places(entry))
    ]


def texts(entry: Entry) -> Mapping[str, str]:
    """Return the words of *entry*, one text a field."""
    found: dict[str, list[str]] = {}
    for path, text in _places(entry):
        found.setdefault(str(path[0]), []).append(text)
    return {name: "\n".join(lines) for name, lines in found.items()}


def reworded(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the words that *form* has for it; what the form does not show stays.

    Raises:
        IncompleteError: one is too long.
    """
    typed = {}
    for n, (path, before) in enumerate(_places(entry)):
        name = f"word_{n}"
        if not form.all(name):
            continue
        text = form.get(name)
        if len(text) > LIMIT:
            raise IncompleteError(name)
        if text.split() != before.split():
            typed[path] = text
    if not typed:
        return entry
    tree = msgspec.to_builtins(entry)
    for top in {path[0] for path in typed}:
        needed = _NEEDED.get(str(top), frozenset())
        left = _written(tree[top], typed, (top,), needed)
        if left is _GONE:
            del tree[top]
        else:
            tree[top] = left
    return msgspec.convert(tree, Entry)


def _places(entry: Entry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    tree = msgspec.to_builtins(entry)
    for name, keys in WORDED.items():
        yield from _leaves(tree.get(name), keys, (name,), is_worded="" in keys)


def _leaves(
    value: Any, keys: frozenset[str], path: tuple[str | int, ...], *, is_worded: bool
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        if is_worded:
            yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, keys, (*path, key), is_worded=is_worded or key in keys)
    elif isinstance(value, (list, tuple)):
        for n, one in enumerate(value):
            yield from _leaves(one, keys, (*path, n), is_worded=is_worded)


def _written(
    value: Any,
    typed: Mapping[tuple[str | int, ...], str],
    path: tuple[str | int, ...],
    needed: frozenset[str],
) -> Any:
    """Return *value* with what was *typed*, without what was emptied."""
    if path in typed:
        return typed[path] or _GONE
    if isinstance(value, dict):
        kept = {key: _written(one, typed, (*path, key), needed) for key, one in value.items()}
        is_lost = any(one is _GONE and key in needed for key, one in kept.items())
        left = {key: one for key, one in kept.items() if one is not _GONE}
        return _GONE if is_lost or (value and not left) else left
    if isinstance(value, (list, tuple)):
        return [
            one
            for n, inner in enumerate(value)
            if (one := _written(inner, typed, (*path, n), needed)) is not _GONE
        ]
    return value


def _key(path: tuple[str | int, ...]) -> str:
    """Name what a place is: the last name on the way to it that is not a language or a number."""
    names = [str(one) for one in path[1:] if isinstance(one, str) and len(one) > 2]
    return names[-1] if names else ""
