"""
Who can open what was said in a case: whoever holds each of its keys with the keyring they have today.

A case is sealed to those on duty when it came. Whoever was away then cannot open it, so it is proposed to
nobody before a colleague's desk passed its keys on (:mod:`desk.rewrapping`): a proposal that cannot be opened
is a case that waits unseen. What a desk sees of grants are rows; which of them open, only the hub can tell.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from casework import keys
from casework.hands import Hands
from casework.tables import Case, Grant, JournalRow, Recusal, SealingKey


def of(session: Session, case_id: bytes, hands: Hands) -> set[str]:
    """Return who of the living can open all that was said in a case."""
    return of_each(session, [case_id], hands)[case_id]


def of_each(session: Session, cases: Sequence[bytes], hands: Hands) -> dict[bytes, set[str]]:
    """Return :func:`of` for many cases; asked in portions, because engines limit a list."""
    able = {staff for staff, _number in hands.living}
    held: dict[tuple[bytes, int], set[str]] = {}
    for at in range(0, len(cases), 500):
        some = cases[at : at + 500]
        made = select(SealingKey.owner, SealingKey.generation).where(
            SealingKey.owner.in_(some),
            SealingKey.compartment == keys.CONTENT,
            SealingKey.generation < keys.GENERATIONS,
        )
        held |= {(owner, generation): set() for owner, generation in session.execute(made)}
        granted = select(Grant.owner, Grant.generation, Grant.staff, Grant.number).where(
            Grant.owner.in_(some), Grant.compartment == keys.CONTENT
        )
        for owner, generation, staff, number in session.execute(granted):
            if (owner, generation) in held and (staff, number) in hands.living:
                held[owner, generation].add(staff)
    found = dict.fromkeys(cases, able)
    for (owner, _generation), holders in held.items():
        found[owner] = found[owner] & holders
    return found


def is_shut(hands: Hands) -> ColumnElement[bool]:
    """Ask of a case whether there is a key of its content that its assignee does not hold."""
    key = aliased(SealingKey)
    is_held = exists().where(
        Grant.owner == key.owner,
        Grant.compartment == key.compartment,
        Grant.generation == key.generation,
        Grant.staff == Case.assignee,
        tuple_(Grant.staff, Grant.number).in_(sorted(hands.living)),
    )
    return exists().where(
        key.owner == Case.id,
        key.compartment == keys.CONTENT,
        key.generation < keys.GENERATIONS,
        ~is_held,
    )


def shut_out(session: Session, case_id: bytes) -> set[str]:
    """Return who is given no key of a case that waits: who gave it back, as signed, or is in conflict."""
    gave_back = select(JournalRow.actor).where(JournalRow.act == "give-back", JournalRow.case == case_id)
    recused = select(Recusal.staff).where(Recusal.case == case_id)
    return {*session.scalars(gave_back), *session.scalars(recused)}
