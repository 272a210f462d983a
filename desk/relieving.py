"""
Relieving stand-ins: once a case has its people again, what comes later is theirs alone.

While somebody on a case is gone, the hub grants its next key to the duty list, so that no case hangs on one
person. When they are back, whoever of the case is first at their desk makes the key after it, for the case's
people and recovery. What stand-ins were told meanwhile stays readable to them until the case is opened at a
desk (:func:`desk.accepting.mend`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy import or_, select

from casework import keys, lives, rosters
from casework.actors import HUB
from casework.asking import NewGrant
from casework.keys import NewKey
from casework.tables import Case, Grant, SealingKey
from crypto.errors import CryptoError
from desk import accepting, handing
from desk import visit as visits
from desk.errors import ConflictError
from desk.handing import HandIn
from desk.sessions import Session
from desk.visit import Desk, Visit

log = logging.getLogger("subrosa.desk")

# Keys made in one round; the next one makes the rest.
AT_ONCE = 50


def relieve_in_passing(desk: Desk, session: Session) -> int:
    """Relieve the stand-ins on the cases of *session*; return how many keys the hub took."""
    visit = visits.in_passing(desk, session)
    if visit is None:
        return 0
    with session.lock:
        return relieve(visit)


def relieve(visit: Visit) -> int:
    """Make the next key wherever a stand-in holds the newest one; return how many the hub took."""
    done = 0
    for case, key in list(_held_by_stand_ins(visit))[:AT_ONCE]:
        holders = accepting.holders_of(visit, case)
        grants = [NewGrant.make(key, holder) for holder in holders]
        try:
            done += handing.hand_in(visit, HandIn(new_keys=[keys.public(key)], grants=grants))
        except ConflictError as error:
            # The other person on the case was first, or the hub: the next round sees what there is.
            log.warning("desk.not_relieved %s", type(error).__name__)
    return done


def _held_by_stand_ins(visit: Visit) -> Iterator[tuple[Case, NewKey]]:
    """Go through the cases this person answers for and say which key should be next."""
    if visit.session.waiting:
        return
    with visit.database.read() as session:
        own = session.scalars(
            select(Case).where(
                or_(Case.assignee == visit.staff, Case.second == visit.staff), Case.status.in_(lives.ACTIVE)
            )
        ).all()
        for case in own:
            people = {one for one in (case.assignee, case.second) if one is not None}
            # Whoever would be alone with it needs the stand-ins.
            if len(accepting.holders_of(visit, case)) < 2:
                continue
            for compartment in (keys.CONTENT, keys.IDENTITY):
                # A tip's card is its custodians'; a second matter has none.
                if compartment == keys.IDENTITY and case.team != rosters.LEGAL:
                    continue
                following = keys.next_generation(session, case.id, compartment)
                newest = session.get(SealingKey, (case.id, compartment, following - 1))
                if newest is None or not _is_by_hub(visit, newest):
                    continue
                held = select(Grant.staff).where(
                    Grant.owner == case.id,
                    Grant.compartment == compartment,
                    Grant.generation == newest.generation,
                )
                if not set(session.scalars(held)) <= {*people, keys.RECOVERY}:
                    yield case, keys.make(case.id, compartment, following)


def _is_by_hub(visit: Visit, row: SealingKey) -> bool:
    """Tell whether the hub made this key after the first: only those have stand-ins."""
    if row.generation == 0 or row.made_by != HUB:
        return False
    try:
        keys.believe(row, visit.staffing.roster)
    except CryptoError:
        return False
    return True
