"""
Who may hold a key of a draft, as signed.

A draft is its author's: whoever signed the journal's row that began it, whatever its column says. Its author,
editors and coordinators hold it from the start; lawyers and custodians are granted it for their half once it
is frozen. When one of them is gone, the hub makes the next key for those who are left.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import keys
from casework.hands import StaffKey
from casework.keys import Holder
from casework.rosters import Staffing
from casework.tables import Draft, Grant
from crypto.roster import StaffEntry

WRITERS = ("editor", "coordinator")
ROLES = frozenset({*WRITERS, "lawyer", "custodian"})

# While it can still be written on, judged or signed; later nothing is sealed to its key any more.
LIVING = ("draft", "review", "approved", "scheduled")


def writers(staffing: Staffing) -> list[Holder]:
    """Return who holds every draft, whoever its author is: living editors and coordinators."""
    entries = [entry for role in WRITERS for entry in staffing.roster.holding(role)]
    found = [staffing.holder(name) for name in dict.fromkeys(entry.id for entry in entries)]
    return [holder for holder in found if holder is not None]


def is_writer(entry: StaffEntry) -> bool:
    """Tell whether somebody with these roles holds every draft."""
    return not entry.roles.isdisjoint(WRITERS)


def next_holders(staffing: Staffing, held: Iterable[StaffKey]) -> list[Holder]:
    """Return who the next key of a draft is for: writers, and who of the living *held* an older one."""
    theirs = [staffing.holder(staff) for staff in sorted({staff for staff, _number in held})]
    judges = [one for one in theirs if one is not None and _may_hold(staffing, one.staff)]
    found = {one.staff: one for one in (*writers(staffing), *judges)}
    return [*found.values(), *staffing.recovery()]


def lacking(staffing: Staffing, held: dict[int, set[StaffKey]], generation: int) -> list[Holder]:
    """
    Return who should hold this *generation* of a draft, and by what is *held* of it does not.

    Writers hold all of it; whoever was granted one for their half, also every later one.
    """
    earlier = {one for other, holders in held.items() if other <= generation for one in holders}
    wanted = next_holders(staffing, earlier)
    return [one for one in wanted if (one.staff, one.number) not in held.get(generation, set())]


def living(session: Session, limit: int | None = None) -> list[Draft]:
    """Return the drafts on which something may still be sealed."""
    wanted = select(Draft).where(Draft.status.in_(LIVING)).order_by(Draft.id).limit(limit)
    return list(session.scalars(wanted))


def held(session: Session, drafts: list[bytes]) -> dict[bytes, dict[int, set[StaffKey]]]:
    """Return who has a grant of which generation of these drafts; which open, only the hub can tell."""
    found: dict[bytes, dict[int, set[StaffKey]]] = {}
    for at in range(0, len(drafts), 500):
        rows = select(Grant.owner, Grant.generation, Grant.staff, Grant.number).where(
            Grant.compartment == keys.DRAFT, Grant.owner.in_(drafts[at : at + 500])
        )
        for owner, generation, staff, number in session.execute(rows):
            found.setdefault(owner, {}).setdefault(generation, set()).add((staff, number))
    return found


def _may_hold(staffing: Staffing, staff: str) -> bool:
    entry = staffing.roster.find(staff)
    return entry is not None and not entry.roles.isdisjoint(ROLES)
