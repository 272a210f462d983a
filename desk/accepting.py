"""
Taking a case over: new keys for those who answer for it, and old ones out of the hands of everybody else.

Acceptance makes a new generation at the desk, granted to the one who accepts, a second living member of the
team, and recovery. The second gets the older seeds too, so that both can read all of it; a lawyer's second
also those of the card, because whoever joined after filing holds none of them yet. Then the grants of others
go. Where there is neither a second nor recovery, nothing is changed: the duty list's grants stay, because no
desk may drop the last but one holder.

What is mended later follows the journal: columns of the database say who answers for a case and whom it is
lent to, and whoever can write a column must not be given keys by it. New generations leave a consultant out.

A tip's identity card is not touched here: it stays with the custodians.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import select

from casework import keys, lives, merging, rosters
from casework.asking import NewGrant
from casework.keys import Holder, NewKey
from casework.tables import Case, Grant
from desk import handing, opening
from desk.errors import DeskError
from desk.handing import HandIn
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

# No text is compared with these cards, so the digest of none is named.
HANDOVER = bytes(32)


def handover(visit: Visit, case: Case, first: str, second: str | None) -> HandIn:
    """Return what to hand in so that *first* and *second* hold *case*, and the rest of the team does not."""
    holders = _holders(visit, first, second)
    if len(holders) < 2:
        return HandIn()
    new: list[NewKey] = [_next_key(visit, case.id, keys.CONTENT)]
    older = _opened(visit, case.id)
    # A second matter has no card: it stays with the first.
    if case.team == rosters.LEGAL and _has_card_key(visit, case.id):
        new.append(_next_key(visit, case.id, keys.IDENTITY))
        older += _cards(visit, case.id) if visit.staff in (first, second) else []
    grants = [NewGrant.make(key, holder) for key in [*new, *older] for holder in holders]
    kept = [holder.staff for holder in holders]
    # The hub lets only those who now answer for a case take grants away.
    retain = {(case.id, key.compartment): kept for key in new} if visit.staff in kept else {}
    return HandIn(new_keys=[keys.public(key) for key in new], grants=grants, retain=retain)


def handover_with_merged(visit: Visit, case: Case, first: str, second: str | None) -> HandIn:
    """Return :func:`handover` of *case* and of every case whose history it carries."""
    with visit.database.read() as session:
        merged = merging.merged_into(session, case.id)
    theirs = [one for one in merged if opening.readable(visit, [one.id], keys.CONTENT)]
    opening.open_content(visit, [one.id for one in theirs])
    parts = [handover(visit, one, first, second) for one in (case, *theirs)]
    return HandIn(
        new_keys=[key for part in parts for key in part.new_keys],
        grants=[grant for part in parts for grant in part.grants],
        retain={owner: kept for part in parts for owner, kept in part.retain.items()},
    )


def lend(visit: Visit, case: Case, to: str) -> HandIn:
    """Return what to hand in so that a consultant can open everything said in *case*, and no card."""
    helper = visit.staffing.holder(to)
    if helper is None:
        return HandIn()
    return HandIn(grants=[NewGrant.make(key, helper) for key in _opened(visit, case.id)])


def mend(visit: Visit, case: Case) -> None:
    """
    Finish what a crash or a handover by somebody else left: others still holding a case that has its people.

    Tried once in a session by the one who answers for the case; a refusal changes nothing and is logged.
    """
    session = visit.session
    if case.status not in lives.ACTIVE or case.assignee != visit.staff:
        return
    # Anew with every version: a consultant may have passed it up since.
    if (case.id, case.version) in session.mended:
        return
    session.mended.add((case.id, case.version))
    on_it = visit.on(case)
    if visit.staff not in on_it.people:
        return
    second = next((one for one in on_it.people if one != visit.staff), None)
    theirs = {visit.staff, second, on_it.consultant, keys.RECOVERY}
    with visit.database.read() as database:
        held = database.scalars(
            select(Grant.staff).where(Grant.owner == case.id, Grant.compartment == keys.CONTENT)
        ).all()
    if session.waiting or set(held) <= theirs:
        return
    try:
        handing.hand_in(visit, handover_with_merged(visit, case, visit.staff, second))
    except DeskError as error:
        log.warning("desk.not_mended %s", type(error).__name__)


def holders_of(visit: Visit, people: Iterable[str]) -> list[Holder]:
    """Return who should hold the next key of a case of *people*: those of them at work, and recovery."""
    found = [visit.staffing.holder(one) for one in people]
    return [holder for holder in found if holder is not None] + visit.staffing.recovery()


def _holders(visit: Visit, first: str, second: str | None) -> list[Holder]:
    return holders_of(visit, [one for one in (first, second) if one is not None])


def _has_card_key(visit: Visit, case: bytes) -> bool:
    with visit.database.read() as session:
        return keys.next_generation(session, case, keys.IDENTITY) > 0


def _next_key(visit: Visit, case: bytes, compartment: str) -> NewKey:
    with visit.database.read() as session:
        return keys.make(case, compartment, keys.next_generation(session, case, compartment))


def _opened(visit: Visit, case: bytes) -> list[NewKey]:
    """Return the older content keys this session has opened, to be granted again."""
    opening.open_content(visit, [case])
    return [
        NewKey(owner, compartment, generation, identity)
        for (owner, compartment, generation), identity in list(visit.session.opened.items())
        if owner == case and compartment == keys.CONTENT
    ]


def _cards(visit: Visit, case: bytes) -> list[NewKey]:
    """
    Return the card's older keys, to be granted again; nobody looks at the card for this.

    Only who answers for the case is given them. Without them the handover goes on: the second is then granted
    what is told from now on.
    """
    try:
        opened = opening.open_for_check(visit, [case], HANDOVER)
    except DeskError as error:
        log.warning("desk.card_not_handed_over %s", type(error).__name__)
        return []
    return [NewKey(ref.owner, ref.compartment, ref.generation, key) for ref, key in opened.items()]
