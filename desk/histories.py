"""
The histories of a case: what was told in the cases that were merged into it, and by whom.

Each person keeps a case of their own: their mailboxes and chat lie there, answers to them are sealed there,
and it goes when they take it back. Whoever answers for the case that goes on reads all of it as one
conversation, and says each time to whom an answer goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from casework import merging
from casework.errors import CaseworkError
from desk import reading
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.reading import Dossier, Reach, Said
from desk.visit import Visit

# What of a merged case stands in the conversation; its own page has all of it.
SHOWN = ("message", "file", "reply")
# What is read of one to answer its person.
REACHED = ("courier", "mailbox", "chat", "late", *SHOWN)


@dataclass(frozen=True)
class Person:
    """Somebody who wrote, and how an answer reaches them; *case* is what they began."""

    case: bytes
    reach: Reach
    is_merged: bool

    @property
    def ref(self) -> str:
        """The short name of what they began."""
        return reading.ref(self.case)


def merged(visit: Visit, dossier: Dossier) -> list[Dossier]:
    """Return what was merged into a case, as far as this person can open it."""
    with visit.database.read() as session:
        found = [one.id for one in merging.merged_into(session, dossier.case.id)]
    opened = []
    for case in found:
        try:
            opened.append(reading.dossier(visit, case, REACHED))
        except (CaseworkError, MissingError):
            continue
    return opened


def conversation(dossier: Dossier, others: Sequence[Dossier]) -> Sequence[Said]:
    """Return everything that was said, in its order, whoever said it."""
    if not others:
        return dossier.said
    told = [pair for one in others for pair in one.items if pair[0].kind in (*SHOWN, "late")]
    return reading.conversation([*dossier.items, *told])


def people(dossier: Dossier, others: Sequence[Dossier]) -> list[Person]:
    """Return everybody who can be answered, whoever began the case itself first."""
    found = [Person(one.case.id, one.reach, one is not dossier) for one in (dossier, *others)]
    return [one for one in found if one.reach.is_any]


def addressed(visit: Visit, dossier: Dossier) -> Dossier:
    """
    Return the case of the person whom a form answers: where it is not the only one, it was said.

    Raises:
        IncompleteError: several could be meant.
        ConflictError: whoever is named is not one of them.
    """
    others = merged(visit, dossier)
    choice = people(dossier, others)
    named = visit.form.get("to")
    if not named:
        if len(choice) > 1:
            raise IncompleteError("to")
        named = choice[0].case.hex() if choice else dossier.case.id.hex()
    for one in (dossier, *others):
        if one.case.id.hex() == named:
            return one
    raise ConflictError(("no_way",))
