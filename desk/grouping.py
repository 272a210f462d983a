"""
Who is who in a narrative, said by a person: two spellings of one, or two of one surname.

Places of one label share a placeholder. Labels are random, and sealed with the copy.
"""

from __future__ import annotations

import secrets

from casework.redaction.marking import Group
from desk import copying
from desk.copying import Copy
from desk.errors import IncompleteError
from desk.visit import Visit


def join(visit: Visit, copy: Copy, place: str, into: str) -> None:
    """
    Let all that name the same as *place* name what *into* names.

    Raises:
        IncompleteError: they do already, are of two kinds, or are not there.
        CaseworkError: this person may not, or the case changed since.
    """
    same, other = _group(copy, place), _group(copy, into)
    if same == other or same.kind != other.kind:
        raise IncompleteError("into")
    label = copy.by_hand.get(into) or secrets.token_hex(8)
    copying.regroup(visit, copy, {mark.place: label for mark in (*same.marks, *other.marks)})


def part(visit: Visit, copy: Copy, place: str) -> None:
    """Let *place* name somebody of its own. Raises as :func:`join`."""
    _group(copy, place)
    copying.regroup(visit, copy, {place: secrets.token_hex(8)})


def _group(copy: Copy, place: str) -> Group:
    for offer in copy.offers:
        if any(mark.place == place for mark in offer.group.marks):
            return offer.group
    raise IncompleteError("choice")
