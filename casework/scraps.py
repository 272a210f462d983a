"""
Scraps: words typed into an answer or a note of a case and not sent yet, kept by themselves.

A scrap is an item of the case's content, so it goes with the case; inside it is sealed once more, to its
writer alone. A field has one scrap of each person: the next takes its place, sending takes it away. Keeping
one is no act: it changes neither the case nor its version, and leaves no row in the journal. In clear stands
who has one in which case, for which field, of which day and size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from casework import permits
from casework.errors import NotAllowedError, NotFoundError
from casework.permits import Acting
from casework.rows import Rows, write
from casework.tables import Case, Item
from crypto import context, sealed
from crypto.errors import CryptoError
from crypto.xwing import Identity, Recipient

ANSWER, NOTE = "text", "note"
# What each field's scrap is called in clear, and how long it may be.
KINDS = {ANSWER: "scrap-answer", NOTE: "scrap-note"}
LIMITS = {ANSWER: 4000, NOTE: 20_000}

_SEALED = "sealed"


def payload(case: bytes, field: str, staff: str, words: str, own: Recipient) -> dict[str, str]:
    """Return what is sealed to the case: the *words*, sealed to their writer's *own* key."""
    return {_SEALED: sealed.seal(words.encode(), [own], _where(case, field, staff)).hex()}


def read(items: Iterable[tuple[Item, Mapping[str, Any]]], field: str, staff: str, own: Identity) -> str:
    """Return what *staff* typed into *field* and did not send; nothing where it does not open."""
    for item, said in items:
        if item.kind != KINDS[field] or item.author != staff:
            continue
        try:
            inner = bytes.fromhex(str(said.get(_SEALED)))
            return sealed.open_sealed(inner, own, _where(item.case, field, staff)).decode()
        except (CryptoError, ValueError):
            continue
    return ""


def keep(session: Session, case_id: bytes, field: str, rows: Rows | None, acting: Acting) -> None:
    """
    Keep what *rows* hold as this person's scrap of *field*, in place of the last; none: take that away.

    Raises:
        NotFoundError: there is no such case for this person.
        NotAllowedError: they may write nothing into it now.
    """
    acting.check_living("note")
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None or not permits.sees(case, acting.staff, acting.staffing):
        raise NotFoundError
    if "note" not in permits.acts_for(case, acting.staff, acting.staffing):
        raise NotAllowedError("note")
    drop(session, case_id, field, acting.staff)
    if rows is not None:
        write(session, [rows])


def drop(session: Session, case_id: bytes, field: str, staff: str) -> None:
    """Take away what *staff* had typed into *field*: it was sent, or emptied."""
    its = (Item.case == case_id, Item.kind == KINDS[field], Item.author == staff)
    session.execute(delete(Item).where(*its))


def _where(case: bytes, field: str, staff: str) -> bytes:
    return context.named("scrap", case, field, staff)
