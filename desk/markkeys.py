"""
The desks' key of the team check: one key that those who take part hold, each sealed to themselves.

Whoever takes part first makes it; from then on every desk on which one of them is signed in passes it on to
who came later. A key counts only while all who hold it are at work: once somebody is gone the next desk makes
another, and what the hub kept under the older one is told anew. Every row is signed by the lawyer who sealed
it, so that no writer of rows gives the desks a key of their own.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical, rosters, teamcheck
from casework.hands import StaffKey
from casework.permits import has_role
from casework.tables import Case, House, Mark, MarkKey, StaffState
from crypto import context, sealed
from crypto.errors import CryptoError
from crypto.padding import CARD
from crypto.signature import verify
from desk import people
from desk.visit import Visit

SIZE = 32
# Numbers above this are nobody's: a forged one must not use them up.
NUMBERS = 2**30

_TAG = "subrosa/mark-key"

Key = tuple[int, bytes]
"""Its number, and the key."""


def takes_part(visit: Visit) -> bool:
    """Tell whether this person's cases are compared with colleagues'."""
    with visit.database.read() as session:
        state = session.get(StaffState, visit.staff)
        return state is not None and state.compares and visit.staff in visit.staffing.members(rosters.LEGAL)


def choose(visit: Visit, *, taking_part: bool) -> None:
    """
    Take part, or no more: then what the hub keeps of one's cases goes, and one's copy of the key.

    Raises:
        NotAllowedError: no longer staff.
    """
    with visit.database.write() as session:
        people.set_compares(session, visit.acting, compares=taking_part)
        if not taking_part:
            mine = select(Case.id).where(Case.assignee == visit.staff)
            session.execute(delete(Mark).where(Mark.case.in_(mine)))
            session.execute(delete(MarkKey).where(MarkKey.staff == visit.staff))


def current(visit: Visit) -> Key | None:
    """Return the key in force, if this person holds it."""
    with visit.database.read() as session:
        rows = _in_force(visit, session)
    mine = next((row for row in rows if (row.staff, row.key) == _me(visit)), None)
    return None if mine is None else _open(visit, mine)


def renew(visit: Visit) -> Key | None:
    """
    Return the key in force as :func:`current`; make one where there is none, pass on what somebody lacks.

    None while a colleague who holds it has not been at a desk yet.
    """
    with visit.database.read() as session:
        rows = _in_force(visit, session)
        wanted = _members(visit, session)
    held = {(row.staff, row.key) for row in rows}
    if rows and (_me(visit) not in held or set(wanted) <= held):
        return current(visit)
    with visit.database.write() as session:
        # One desk at a time: two keys of one number would find nothing in each other's marks.
        session.scalars(select(House).with_for_update()).one()
        rows = _in_force(visit, session)
        mine = next((row for row in rows if (row.staff, row.key) == _me(visit)), None)
        if rows and mine is None:
            return None
        key = _open(visit, mine) if mine is not None else (_next(session), secrets.token_bytes(SIZE))
        if key is None:
            return None
        if mine is None:
            session.execute(delete(MarkKey).where(MarkKey.number < key[0]))
        held = {(row.staff, row.key) for row in rows}
        for one in wanted:
            if one not in held:
                session.merge(_sealed(visit, key, one))
    return key


def _in_force(visit: Visit, session: Session) -> Sequence[MarkKey]:
    """Return the rows of the newest key that a lawyer signed; none if one of its holders is gone."""
    rows = [
        row for row in session.scalars(select(MarkKey)) if row.number < NUMBERS and _is_signed(visit, row)
    ]
    newest = max((row.number for row in rows), default=0)
    found = [row for row in rows if row.number == newest]
    living = visit.staffing.hands.living
    names = {(row.staff, row.key) for row in found} | {(row.made_by, row.made_with) for row in found}
    is_whole = all(one in living and has_role(one[0], visit.staffing, "lawyer") for one in names)
    return found if is_whole else []


def _members(visit: Visit, session: Session) -> list[StaffKey]:
    holders = map(visit.staffing.holder, teamcheck.members(session, visit.staffing))
    return [(one.staff, one.number) for one in holders if one is not None]


def _next(session: Session) -> int:
    return max((n for n in session.scalars(select(MarkKey.number)) if n < NUMBERS - 1), default=0) + 1


def _sealed(visit: Visit, key: Key, to: StaffKey) -> MarkKey:
    number, secret = key
    holder = visit.staffing.holder(to[0])
    assert holder is not None
    body = sealed.seal(secret, [holder.recipient], _where(number, to), sizes=CARD)
    row = MarkKey(
        number=number, staff=to[0], key=to[1], made_by=visit.staff, made_with=visit.actor.number, sealed=body,
        signature=b"",
    )  # fmt: skip
    row.signature = visit.actor.signing.sign(_TAG, _claim(row))
    return row


def _is_signed(visit: Visit, row: MarkKey) -> bool:
    wanted = (row.made_by, row.made_with)
    maker = next((one for one in visit.staffing.roster.staff if (one.id, one.number) == wanted), None)
    if maker is None or "lawyer" not in maker.roles:
        return False
    try:
        verify(maker.signing, _TAG, _claim(row), row.signature)
    except CryptoError:
        return False
    return True


def _open(visit: Visit, row: MarkKey) -> Key | None:
    try:
        secret = sealed.open_sealed(row.sealed, visit.session.staff.identity, _where(row.number, _me(visit)))
    except CryptoError:
        return None
    return (row.number, secret) if len(secret) == SIZE else None


def _claim(row: MarkKey) -> bytes:
    return canonical.dumps(
        {"key": row.key, "number": row.number, "sealed": row.sealed.hex(), "staff": row.staff}
    )


def _where(number: int, to: StaffKey) -> bytes:
    return context.named("mark-key", number, *to)


def _me(visit: Visit) -> StaffKey:
    return visit.staff, visit.session.staff.number
