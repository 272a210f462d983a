"""
Re-wrapping: whoever holds a key and is at work grants it to those who should hold the same.

Those are the people who answer for a case (its second may be new since somebody was suspended); while nobody
does, whoever is on duty by now and was away when it came; those who write and judge a draft; and whoever held
exactly this key with an earlier keyring of theirs: after a lost passphrase colleagues give back what they
can; a recovery key that was exchanged counts as such a keyring. Nobody is asked and nobody reads anything
for it; the hub checks every grant as it checks any other.

What only the lost keyring could open, no colleague can give back: that takes the recovery key.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import aliased

from casework import draftkeys, keys, lives, openers, papers, rosters
from casework.asking import GrantRef, NewGrant
from casework.handins import may_hold
from casework.hands import StaffKey
from casework.keys import Holder, NewKey
from casework.parties import Parties
from casework.permits import has_role
from casework.tables import Case, Draft, Grant
from crypto.xwing import Identity
from desk import handing, opening
from desk.errors import ConflictError, DeskError
from desk.handing import HandIn
from desk.visit import Visit

log = logging.getLogger("subrosa.desk")

# Grants in one hand-in: a moment of the hub's time, and of whoever waits for this session meanwhile.
PORTION = 50
# What is looked for in one round; the next one finds the rest.
AT_ONCE = 2000

# No text is compared with these cards, so the digest of none is named.
UNREAD = bytes(32)

Missing = tuple[GrantRef, Holder]
"""A key this session may open, and somebody who should hold it and does not."""


def rewrap(visit: Visit) -> Iterator[int]:
    """Grant what is missing and could be opened here; tell of each portion how many grants the hub took."""
    wanted = [one for one in missing(visit) if _name(one) not in visit.session.rewrapped]
    for at in range(0, len(wanted), PORTION):
        some = wanted[at : at + PORTION]
        opened = _open(visit, {ref for ref, _holder in some})
        grants = [
            NewGrant.make(NewKey(ref.owner, ref.compartment, ref.generation, opened[ref]), holder)
            for ref, holder in some
            if ref in opened
        ]
        done = _hand_in(visit, grants)
        # Tried once in a session: what the hub refuses it refuses again, what waits is looked after.
        visit.session.rewrapped.update(_name(one) for one in some)
        yield done


def _hand_in(visit: Visit, grants: list[NewGrant]) -> int:
    """Hand in what was made; where the hub refuses, each case by itself, so that none is in another's way."""
    try:
        return len(grants) if handing.hand_in(visit, HandIn(grants=grants)) else 0
    except ConflictError as error:
        log.warning("desk.not_rewrapped %s", type(error).__name__)
    by_owner: defaultdict[bytes, list[NewGrant]] = defaultdict(list)
    for one in grants:
        by_owner[one.key.owner].append(one)
    return sum(_hand_in(visit, some) for some in by_owner.values()) if len(by_owner) > 1 else 0


def missing(visit: Visit) -> list[Missing]:
    """Return who should hold what this person holds, and does not."""
    found = {*_of_own_cases(visit), *_of_waiting(visit), *_of_drafts(visit), *_of_renewed(visit)}
    found |= set(_of_exchanged(visit))
    return sorted(found, key=lambda one: (one[0], one[1].staff))


def _of_waiting(visit: Visit) -> Iterable[Missing]:
    """Look at what nobody accepted yet: all who are on duty should hold what this person holds of it."""
    staffing = visit.staffing
    for team in rosters.ROLE_OF_TEAM:
        if visit.staff not in staffing.members(team):
            continue
        there = [one for one in staffing.members(team) if one in staffing.on_duty and one != visit.staff]
        holders = [one for one in map(staffing.holder, there) if one is not None]
        if not holders:
            continue
        for ref, known in _lacked(visit, team, [(one.staff, one.number) for one in holders]).items():
            with visit.database.read() as session:
                case = session.get(Case, ref.owner)
            lacking = [one for one in holders if (one.staff, one.number) not in known]
            # Looked at in the journal only where somebody is missing: most often nobody is.
            if case is not None and not visit.on(case).people:
                with visit.database.read() as session:
                    shut_out = openers.shut_out(session, ref.owner)
                yield from ((ref, one) for one in lacking if one.staff not in shut_out)


def _lacked(visit: Visit, team: str, wanted: list[StaffKey]) -> dict[GrantRef, set[StaffKey]]:
    """Return the keys of unaccepted cases that this person holds and not all of *wanted*, and who does."""
    staff, number = _me(visit)
    mine, theirs = aliased(Grant), aliased(Grant)
    lacked = (
        select(mine.owner, mine.compartment, mine.generation)
        .join(Case, Case.id == mine.owner)
        .outerjoin(theirs, and_(_same(theirs, mine), tuple_(theirs.staff, theirs.number).in_(wanted)))
        .where(Case.status == "new", Case.team == team, mine.staff == staff, mine.number == number)
        .group_by(mine.owner, mine.compartment, mine.generation)
        .having(func.count(theirs.staff) < len(wanted))
        .order_by(mine.owner)
        .limit(AT_ONCE)
    )
    if team != rosters.LEGAL:
        lacked = lacked.where(mine.compartment != keys.IDENTITY)
    with visit.database.read() as session:
        refs = [GrantRef(*row) for row in session.execute(lacked)]
        held = _held(session, sorted({ref.owner for ref in refs}))
    return {ref: held[ref] for ref in refs if ref in held}


def _held(session: DatabaseSession, cases: list[bytes]) -> dict[GrantRef, set[StaffKey]]:
    """Return who holds which key of these cases."""
    held: defaultdict[GrantRef, set[StaffKey]] = defaultdict(set)
    for at in range(0, len(cases), 500):
        rows = select(Grant.owner, Grant.compartment, Grant.generation, Grant.staff, Grant.number)
        some = rows.where(Grant.owner.in_(cases[at : at + 500]))
        for owner, compartment, generation, staff, number in session.execute(some):
            held[GrantRef(owner, compartment, generation)].add((staff, number))
    return held


def _of_own_cases(visit: Visit) -> Iterable[Missing]:
    """Look at the cases this person answers for: their other people, and recovery, should hold the same."""
    me = _me(visit)
    with visit.database.read() as session:
        own = session.scalars(
            select(Case).where(
                or_(Case.assignee == visit.staff, Case.second == visit.staff),
                Case.status.in_((*lives.ACTIVE, "closed")),
            )
        ).all()
        held = _held(session, [case.id for case in own])
        visit.desk.book.read(session, visit.staffing.roster, visit.desk.anchor)
    cases = {case.id: case for case in own}
    for ref, holders in held.items():
        case = cases[ref.owner]
        if me not in holders or (ref.compartment == keys.IDENTITY and case.team != rosters.LEGAL):
            continue
        # Looked at more closely only where somebody is missing: most often nobody is.
        if _lacking(visit, ref, visit.desk.book.of(case.id, case.team), holders):
            for holder in _lacking(visit, ref, visit.on(case), holders):
                yield ref, holder


def _of_drafts(visit: Visit) -> Iterable[Missing]:
    """Look at the drafts this person holds: who writes or judges them should hold all they need of them."""
    with visit.database.read() as session:
        held = draftkeys.held(session, [one.id for one in draftkeys.living(session, AT_ONCE)])
    for draft, generations in held.items():
        for generation, holders in generations.items():
            if _me(visit) in holders:
                ref = GrantRef(draft, keys.DRAFT, generation)
                yield from ((ref, one) for one in draftkeys.lacking(visit.staffing, generations, generation))


def _lacking(visit: Visit, ref: GrantRef, on_it: Parties, holders: set[StaffKey]) -> list[Holder]:
    """Return who of a case's people, and whether recovery, does not hold a key that they should."""
    if visit.staff not in on_it.people:
        return []
    # A consultant is lent what was said, never a card.
    lent = on_it.consultant if ref.compartment == keys.CONTENT else None
    names = {*on_it.people, *([] if lent is None else [lent])} - {visit.staff}
    people = [visit.staffing.holder(name) for name in sorted(names)]
    wanted = [*(one for one in people if one is not None), *visit.staffing.recovery()]
    return [one for one in wanted if (one.staff, one.number) not in holders]


def _of_renewed(visit: Visit) -> Iterable[Missing]:
    """Look at what colleagues held with an earlier keyring and do not hold with their present one."""
    staff, number = _me(visit)
    present = {name: (name, n) for name, n in visit.staffing.hands.living if n > 1 and name != staff}
    earlier = [one for one in visit.staffing.hands.gone if one[0] in present]
    if not earlier:
        return
    mine, theirs = aliased(Grant), aliased(Grant)
    has_present = tuple_(theirs.staff, theirs.number).in_(list(present.values()))
    wanted = (
        select(Grant.owner, Grant.compartment, Grant.generation, Grant.staff)
        .join(mine, _same(mine))
        .outerjoin(theirs, and_(_same(theirs), theirs.staff == Grant.staff, has_present))
        .where(
            tuple_(Grant.staff, Grant.number).in_(earlier),
            mine.staff == staff,
            mine.number == number,
            theirs.staff.is_(None),
        )
        .distinct()
        .limit(AT_ONCE)
    )
    with visit.database.read() as session:
        for owner, compartment, generation, name in session.execute(wanted).all():
            holder = visit.staffing.holder(name)
            thing: Case | Draft | None = session.get(Case, owner)
            if compartment == keys.DRAFT:
                thing = session.get(Draft, owner)
            if holder is None or thing is None:
                continue
            if has_role(name, visit.staffing, *_roles(visit, thing, compartment, name)):
                yield GrantRef(owner, compartment, generation), holder


def _roles(visit: Visit, thing: Case | Draft, compartment: str, name: str) -> frozenset[str]:
    if isinstance(thing, Draft):
        return draftkeys.ROLES
    return may_hold(compartment, thing.team, visit.on(thing), name)


def _of_exchanged(visit: Visit) -> Iterable[Missing]:
    """
    Look at what this person holds and only an earlier recovery key opens: the present one should, too.

    Whatever case, card or draft it is of: the grant of the earlier one says that recovery was to have it.
    """
    staff, number = _me(visit)
    mine, theirs = aliased(Grant), aliased(Grant)
    is_present = and_(theirs.staff == keys.RECOVERY, theirs.number == visit.staffing.paper)
    wanted = (
        select(Grant.owner, Grant.compartment, Grant.generation)
        .join(mine, and_(_same(mine), mine.staff == staff, mine.number == number))
        .outerjoin(theirs, and_(_same(theirs), is_present))
        .where(papers.earlier(visit.staffing.paper), theirs.staff.is_(None))
        .distinct()
        .limit(AT_ONCE)
    )
    for holder in visit.staffing.recovery():
        with visit.database.read() as session:
            yield from ((GrantRef(*place), holder) for place in session.execute(wanted).all())


def _same(other: type[Grant], one: type[Grant] = Grant) -> ColumnElement[bool]:
    return and_(
        other.owner == one.owner,
        other.compartment == one.compartment,
        other.generation == one.generation,
    )


def _open(visit: Visit, refs: set[GrantRef]) -> dict[GrantRef, Identity]:
    """Open what is needed; what the keeper does not give now is left for the next session."""
    found: dict[GrantRef, Identity] = {}
    for compartment in (keys.CONTENT, keys.DRAFT):
        owners = {ref.owner for ref in refs if ref.compartment == compartment}
        if owners:
            opening.open_content(visit, owners, compartment)
    for ref in refs:
        identity = opening.identity(visit, ref.owner, ref.compartment, ref.generation)
        if identity is not None:
            found[ref] = identity
    cards = sorted({ref.owner for ref in refs if ref.compartment == keys.IDENTITY})
    if cards:
        try:
            found |= opening.open_for_check(visit, cards, UNREAD)
        except DeskError as error:
            log.warning("desk.card_not_rewrapped %s", type(error).__name__)
    return found


def _me(visit: Visit) -> StaffKey:
    return visit.staff, visit.session.staff.number


def _name(one: Missing) -> tuple[GrantRef, str, int]:
    ref, holder = one
    return ref, holder.staff, holder.number
