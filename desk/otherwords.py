"""
Every public word of an entry beyond title and text: quotations, follow-ups, figures, whose words they are.

* A name may stand in any of them, so each can be changed or emptied.
* While a draft is written, what was emptied keeps its place, so that a page which is not loaded anew goes on
  naming the same words. Once the text is to stand still, what says nothing any more goes (:func:`pruned`): a
  quotation without text, a follow-up without text in any language, a figure without any word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from desk.errors import IncompleteError
from desk.forms import Form
from register.entry import Entry, dumps

LIMIT = 5_000

# Field by field: under which keys words stand; an empty key is the field itself.
WORDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "quotes": frozenset({"text", "speaker", "attributed_as"}),
        "updates": frozenset({"text", "outlet", "outlet_full"}),
        "counts": frozenset({"as_written", "count_of", "of_group"}),
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
        "places": frozenset({"name"}),
    }
)
# What other fields of the form replace as a whole: words typed for one are none of another's.
_REPLACED = frozenset({"forces", "places", "grounds", "outcome", "sources"})
_GONE = object()
_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Word:
    """Words in one place of an entry: ``part`` is its field, ``name`` that of the form."""

    name: str
    part: str
    key: str
    text: str = field(repr=False)


def words(entry: Entry) -> list[Word]:
    """Return every place of *entry* where words stand, in a fixed order."""
    tree = _tree(entry)
    return [Word(_name(tree, path), str(path[0]), _key(path), text) for path, text in _places(tree)]


def texts(entry: Entry) -> Mapping[str, str]:
    """Return the words of *entry*, one text a field."""
    found: dict[str, list[str]] = {}
    for path, text in _places(_tree(entry)):
        found.setdefault(str(path[0]), []).append(text)
    return {name: "\n".join(lines) for name, lines in found.items()}


def reworded(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the words that *form* has for it; what the form does not show stays.

    Raises:
        IncompleteError: one is too long.
    """
    tree = _tree(entry)
    is_same = True
    for path, before in list(_places(tree)):
        name = _name(tree, path)
        if not form.all(name):
            continue
        text = form.get(name)
        if len(text) > LIMIT:
            raise IncompleteError(name)
        if text.split() != before.split():
            _put(tree, path, text)
            is_same = False
    return entry if is_same else msgspec.convert(tree, Entry)


def pruned(entry: Entry) -> Entry:
    """Return *entry* without what was emptied, and without what says nothing for want of it."""
    tree = _tree(entry)
    for name, keys in WORDED.items():
        if name == "counts" or name not in tree:
            continue
        left = _left(tree[name], keys, _NEEDED.get(name, frozenset()), is_worded="" in keys)
        if left is _GONE:
            del tree[name]
        else:
            tree[name] = left
    tree["counts"] = [one for one in tree.get("counts", ()) if one["as_written"] or one["count_of"]]
    return msgspec.convert(tree, Entry)


def _tree(entry: Entry) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.json.decode(dumps(entry))
    return tree


def _places(tree: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    for name, keys in WORDED.items():
        yield from _leaves(tree.get(name), keys, (name,), is_worded="" in keys)


def _name(tree: Mapping[str, Any], path: _Path) -> str:
    """Name the field of one place: by the way to it, and by what else stands there where that may change."""
    beside: object = None
    if path[0] in _REPLACED:
        keys = WORDED[str(path[0])]
        beside = {key: one for key, one in tree[str(path[0])][path[1]].items() if key not in keys}
    said = msgspec.json.encode([path, beside], order="sorted")
    return f"word_{hashlib.sha256(said).hexdigest()[:12]}"


def _put(tree: Any, path: _Path, text: str) -> None:
    *way, last = path
    for step in way:
        tree = tree[step]
    tree[last] = text


def _leaves(value: Any, keys: frozenset[str], path: _Path, *, is_worded: bool) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, str):
        if is_worded:
            yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, keys, (*path, key), is_worded=is_worded or key in keys)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _leaves(one, keys, (*path, n), is_worded=is_worded)


def _left(value: Any, keys: frozenset[str], needed: frozenset[str], *, is_worded: bool) -> Any:
    """Return what is left of *value* without the words that are empty."""
    if isinstance(value, str):
        return _GONE if is_worded and not value else value
    if isinstance(value, dict):
        kept = {
            key: _left(one, keys, needed, is_worded=is_worded or key in keys) for key, one in value.items()
        }
        is_lost = any(one is _GONE and key in needed for key, one in kept.items())
        left = {key: one for key, one in kept.items() if one is not _GONE}
        return _GONE if is_lost or (value and not left) else left
    if isinstance(value, list):
        found = [_left(one, keys, needed, is_worded=is_worded) for one in value]
        return [one for one in found if one is not _GONE]
    return value


def _key(path: _Path) -> str:
    """Name what a place is: the last name on the way to it that is not a language or a number."""
    names = [str(one) for one in path[1:] if isinstance(one, str) and len(one) > 2]
    return names[-1] if names else ""
