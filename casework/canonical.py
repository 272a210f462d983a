"""Canonical JSON: the one byte form of everything that is sealed or signed."""

from __future__ import annotations

import json
from typing import Any

from crypto.errors import MalformedError

# Made once: a journal of many years is written anew to be read.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def dumps(value: Any) -> bytes:
    """Write *value* (dicts with text keys, lists, text, integers, booleans, none) in its one byte form."""
    return _ENCODER.encode(value).encode()


def loads(data: bytes) -> Any:
    """
    Read what :func:`dumps` wrote.

    Raises:
        MalformedError: these bytes are not the canonical form of anything.
    """
    try:
        value = json.loads(data, parse_float=_refuse, parse_constant=_refuse)
        if dumps(value) != data:
            raise MalformedError("canonical JSON")
    except (ValueError, TypeError, RecursionError):
        raise MalformedError("canonical JSON") from None
    return value


def _refuse(number: str) -> Any:
    """A fraction has many spellings, and no program of ours writes one."""
    raise ValueError(number)
