"""
Relieving stand-ins: once a case has its people again, what comes later is theirs alone.

While somebody on a case is gone, the hub grants its next key to the duty list, so that no case hangs on one
person. When they are back, whoever of the case is first at their desk makes the key after it, for the case's
people and recovery. What stand-ins were told meanwhile stays readable to them until the case is opened at a
desk (:func:`desk.accepting.mend`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from sqlalchemy import or_, select

from casework import keys, lives, rosters
from casework.actors import HUB
from casework.asking import NewGrant
from casework.keys import NewKey
from casework.tables import Case, Grant, SealingKey
from crypto.errors import CryptoError
from desk import accepting, handing
from desk.errors import ConflictError
from desk.handing import HandIn
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

# Keys made in one round; the next one makes the rest.
AT_ONCE = 50


def relieve(visit: Visit) -> Iterator[int]:
    """Make the next key wherever a stand-in holds the newest one; tell of each whether the hub took it."""
    for case, key in list(_held_by_stand_ins(visit))[:AT_ONCE]:
        holders = accepting.holders_of(visit, visit.on(case).people)
        if visit.staff not in {holder.staff for holder in holders} or len(holders) < 2:
            continue  # since the step before, nobody can say any more who is on the case
        grants = [NewGrant.make(key, holder) for holder in holders]
        try:
            yield int(handing.hand_in(visit, HandIn(new_keys=[keys.public(key)], grants=grants)))
        except ConflictError as error:
            # The other person on the case was first, or the hub: the next round sees what there is.
            log.warning("desk.not_relieved %s", type(error).__name__)


def _held_by_stand_ins(visit: Visit) -> Iterator[tuple[Case, NewKey]]:
    """Go through the cases this person answers for and say which key should be next."""
    if visit.session.waiting:
        return
    is_own = or_(Case.assignee == visit.staff, Case.second == visit.staff)
    # Only what the hub made after the first has stand-ins; of a tip's card they are the custodians.
    with visit.database.read() as session:
        made = session.execute(
            select(Case, SealingKey)
            .join(SealingKey, SealingKey.owner == Case.id)
            .where(
                is_own,
                Case.status.in_(lives.ACTIVE),
                or_(SealingKey.compartment == keys.CONTENT, Case.team == rosters.LEGAL),
                SealingKey.compartment.in_((keys.CONTENT, keys.IDENTITY)),
                SealingKey.made_by == HUB,
                SealingKey.generation.between(1, keys.GENERATIONS - 1),
            )
        ).all()
    for case, row in made:
        people = visit.on(case).people
        # Whoever would be alone with it needs the stand-ins.
        if visit.staff not in people or len(accepting.holders_of(visit, people)) < 2:
            continue
        if _is_held_beyond(visit, row, people):
            yield case, keys.make(case.id, row.compartment, row.generation + 1)


def _is_held_beyond(visit: Visit, row: SealingKey, people: Iterable[str]) -> bool:
    """Tell whether this is the newest key, vouched for, and others than *people* hold it."""
    try:
        keys.believe(row, visit.staffing.roster)
    except CryptoError:
        return False
    with visit.database.read() as session:
        if keys.next_generation(session, row.owner, row.compartment) != row.generation + 1:
            return False
        held = select(Grant.staff).where(
            Grant.owner == row.owner,
            Grant.compartment == row.compartment,
            Grant.generation == row.generation,
        )
        return not set(session.scalars(held)) <= {*people, keys.RECOVERY}
