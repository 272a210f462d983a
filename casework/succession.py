"""
What the hub does with keys when somebody is gone: suspended, revoked, or given a new keyring.

* *Renew*: the next key of each case they hold, granted to the case's own people or to the duty list, so that
  what is told from now on cannot be opened with what was taken; of each draft, to those who write and judge
  it (:mod:`casework.draftkeys`). Older things are not touched. That somebody
  holds a key stands in a row, and a row can be taken out. So once for every keyring that is gone this is done
  for all keys it *could* hold (:func:`_could_hold`), whatever rows say, and the hub remembers that it was.
* *Take away*: grants of keys that are lost, a recovery key that was exchanged among them, where enough others
  hold the same. What is deleted is not carried
  over by the next rotation, so that in time neither database nor dump gives the lost key anything.

A key that was renewed stays so: the journal's row says it, and the hub remembers (:mod:`casework.renewals`).

Both go by suspensions that somebody signed, never by a row alone.
Neither leaves a key without somebody living who holds it. Who holds an older key and is at work re-wraps it
to those who should, at their desk (:mod:`desk.rewrapping`): the hub cannot.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from casework import draftkeys, journal, keys, notices, papers, renewals
from casework.actors import HUB, Actor
from casework.database import Database
from casework.handins import whose
from casework.hands import Hands, StaffKey
from casework.keeper import open_grant
from casework.keys import Holder
from casework.rosters import EDITORS, ROLE_OF_TEAM, Staffing
from casework.rows import Rows, write
from casework.strongbox import Settling, Strongbox
from casework.tables import Case, Draft, Grant, SealingKey
from crypto.errors import CryptoError
from crypto.roster import Anchor, Roster

log = logging.getLogger(__name__)

# Cases looked at in one transaction: a lawyer's whole load takes a few.
AT_ONCE = 50

_COMPARTMENTS = (keys.CONTENT, keys.IDENTITY)


def due(hands: Hands) -> tuple[Select[bytes, str], Select[bytes, str]]:
    """Ask, of cases and of drafts, for the newest keys that are granted to somebody who is gone."""
    newer = aliased(SealingKey)
    newest = (
        select(func.max(newer.generation))
        .where(
            newer.owner == Grant.owner,
            newer.compartment == Grant.compartment,
            newer.generation < keys.GENERATIONS,
        )
        .scalar_subquery()
    )
    held = (
        select(Grant.owner, Grant.compartment)
        .where(tuple_(Grant.staff, Grant.number).in_(sorted(hands.gone)), Grant.generation == newest)
        .distinct()
    )
    of_cases = held.join(Case, Case.id == Grant.owner).where(
        Grant.compartment.in_(_COMPARTMENTS), Case.status.not_in(("writing", "erased"))
    )
    of_drafts = held.join(Draft, Draft.id == Grant.owner).where(
        Grant.compartment == keys.DRAFT, Draft.status.in_(draftkeys.LIVING)
    )
    return of_cases, of_drafts


def renew(database: Database, strongbox: Strongbox, staffing: Staffing, anchor: Anchor, today: date) -> int:
    """
    Make the next key wherever somebody gone holds the newest one, or could; return how many were made.

    A row that says so and that no key of ours ever locked counts for nothing. Where nobody living could be
    granted the new key, nothing is made: what comes is then sealed by whoever takes it in.
    """
    staffing = staffing.as_signed
    hands = staffing.hands
    strongbox.see_settled(strongbox.settled & hands.gone)
    if not hands.gone:
        return 0
    with database.read() as session:
        strongbox.parties.read(session, staffing.roster, anchor)
        found = [one for asked in due(hands) for one in session.execute(asked.limit(AT_ONCE)).all()]
        unsettled = hands.gone - strongbox.settled
        strongbox.see_renewed()  # what only the journal knew, when this hub was started
        if unsettled and strongbox.settling.of != unsettled:
            strongbox.settling = Settling(unsettled, _could_hold(session, strongbox, staffing, unsettled))
    made = 0
    for owner, compartment in found:
        # A transaction each: cases are locked before the journal is, so never two in turn.
        with database.write() as session:
            thing = _hold(session, owner, compartment)
            if thing is not None and _is_held_by_gone(session, strongbox, hands, owner, compartment):
                is_made = _renew_one(session, strongbox, staffing, today, thing, compartment)
                made += is_made
                if is_made and (owner, compartment) in strongbox.settling.left:
                    strongbox.settling.left.remove((owner, compartment))
    made += _settle(database, strongbox, staffing, today) if unsettled else 0
    strongbox.see_renewed()
    return made


def replace_taken_out(database: Database, strongbox: Strongbox, staffing: Staffing, now: datetime) -> int:
    """
    Make the next key wherever somebody took out of the database what was renewed, and tell the coordinators.

    Until then nobody seals to what is left: a tip that comes meanwhile makes a key of its own. Returns how
    many were made.
    """
    staffing, made = staffing.as_signed, 0
    with database.read() as session:
        lowered = _lowered(session, strongbox)
    for owner, compartment in lowered[:AT_ONCE]:
        with database.write() as session:
            thing = _hold(session, owner, compartment)
            if thing is not None:
                made += _renew_one(session, strongbox, staffing, now.date(), thing, compartment)
    if made:
        log.error("keys.taken_out %d", made)
        strongbox.see_renewed()
        with database.write() as session:
            notices.tell(session, notices.TAKEN_OUT, staffing.coordinators(), None, now)
    return made


def _lowered(session: Session, strongbox: Strongbox) -> list[tuple[bytes, str]]:
    """Return what was renewed, is still there, and has no key any more that may be sealed to."""
    renewed = dict(strongbox.parties.renewed)
    if not renewed:
        return []
    newest = select(SealingKey.owner, SealingKey.compartment, func.max(SealingKey.generation)).where(
        SealingKey.generation < keys.GENERATIONS
    )
    grouped = newest.group_by(SealingKey.owner, SealingKey.compartment)
    there = {(owner, part): n for owner, part, n in session.execute(grouped)}
    below = [place for place, n in renewed.items() if there.get(place, -1) < n]
    living: set[bytes] = set()
    owners = sorted({owner for owner, _compartment in below})
    for at in range(0, len(owners), 500):
        some = owners[at : at + 500]
        cases = select(Case.id).where(Case.id.in_(some), Case.status.not_in(("writing", "erased")))
        drafts = select(Draft.id).where(Draft.id.in_(some), Draft.status.in_(draftkeys.LIVING))
        living |= {*session.scalars(cases), *session.scalars(drafts)}
    return [place for place in below if place[0] in living]


def _hold(session: Session, owner: bytes, compartment: str) -> Case | Draft | None:
    """Return the case or draft a key is of, held until the end."""
    if compartment == keys.DRAFT:
        return session.get(Draft, owner, with_for_update=True, populate_existing=True)
    return session.get(Case, owner, with_for_update=True, populate_existing=True)


def _settle(database: Database, strongbox: Strongbox, staffing: Staffing, today: date) -> int:
    """Renew some of the keys that somebody gone could hold; once none is left, remember that."""
    settling, made, stays = strongbox.settling, 0, []
    for owner, compartment in settling.left[:AT_ONCE]:
        with database.write() as session:
            thing = _hold(session, owner, compartment)
            if thing is None or thing.status == "erased":
                continue
            if _renew_one(session, strongbox, staffing, today, thing, compartment):
                made += 1
            else:
                stays.append((owner, compartment))
    # What nobody living could be granted yet is tried again, after the others.
    settling.left[:] = settling.left[AT_ONCE:] + stays
    if not settling.left:
        strongbox.see_settled(strongbox.settled | settling.of)
        strongbox.settling = Settling()
    return made


def _could_hold(
    session: Session, strongbox: Strongbox, staffing: Staffing, unsettled: frozenset[StaffKey]
) -> list[tuple[bytes, str]]:
    """
    Return the newest keys that one of *unsettled* may have been granted, by what is signed alone.

    First keys and keys the hub made went to a duty list; one that a desk made went to those who were on the
    case by then. A key the hub did not vouch for, or not for this, may be in anybody's hands.
    """
    names = {staff for staff, _number in unsettled}
    roles = {role for entry in staffing.roster.staff if entry.id in names for role in entry.roles}
    teams = _teams(session, strongbox, staffing.roster)
    newest: dict[tuple[bytes, str], SealingKey] = {}
    wanted = (
        select(SealingKey)
        .join(Case, Case.id == SealingKey.owner)
        .where(
            SealingKey.compartment.in_(_COMPARTMENTS),
            SealingKey.generation < keys.GENERATIONS,
            Case.status.not_in(("writing", "erased")),
        )
        .order_by(SealingKey.generation)
    )
    for row in session.scalars(wanted):
        newest[row.owner, row.compartment] = row
    book, found = strongbox.parties, []
    for (owner, compartment), row in newest.items():
        was_on = book.is_broken or not names.isdisjoint(book.ever_on(owner))
        went_to = _duty_roles(staffing.roster, teams.get(owner, frozenset(ROLE_OF_TEAM)), compartment)
        if was_on or not (_is_by_a_desk(row, staffing.roster) or roles.isdisjoint(went_to)):
            found.append((owner, compartment))
    # What an author's desk made went to all who write; to any of the others once it was frozen.
    drafts = [] if roles.isdisjoint(draftkeys.ROLES) else draftkeys.living(session)
    return found + [(draft.id, keys.DRAFT) for draft in drafts]


def _teams(session: Session, strongbox: Strongbox, roster: Roster) -> dict[bytes, frozenset[str]]:
    """Return of which teams those are who really hold the first key of each case."""
    found: dict[bytes, frozenset[str]] = {}
    first = select(Grant).where(Grant.compartment == keys.CONTENT, Grant.generation == 0)
    for row in session.scalars(first.execution_options(yield_per=1000)):
        entry = roster.find(row.staff)
        if entry is None or open_grant(row, strongbox) is None:
            continue
        own = {team for team, role in ROLE_OF_TEAM.items() if role in entry.roles}
        found[row.owner] = found.get(row.owner, frozenset()) | own
    return {owner: teams for owner, teams in found.items() if teams}


def _duty_roles(roster: Roster, teams: frozenset[str], compartment: str) -> frozenset[str]:
    """Return who of the roster the hub makes keys of *compartment* for, besides a case's own people."""
    roles = {ROLE_OF_TEAM[team] for team in teams}
    keepers = {"custodian", "coordinator"}
    if compartment == keys.IDENTITY and EDITORS in teams and any(one.roles & keepers for one in roster.staff):
        roles = (roles - {ROLE_OF_TEAM[EDITORS]}) | keepers
    return frozenset(roles)


def _is_by_a_desk(row: SealingKey, roster: Roster) -> bool:
    """Tell whether a desk made this key for a case's people, as the hub vouched for."""
    if row.generation == 0 or row.made_by == HUB:
        return False
    try:
        keys.believe(row, roster)
    except CryptoError:
        return False
    return True


def _renew_one(
    session: Session,
    strongbox: Strongbox,
    staffing: Staffing,
    today: date,
    thing: Case | Draft,
    compartment: str,
) -> bool:
    """Make the next key of one compartment of *thing*, whose row is held, if somebody would be granted it."""
    owner = thing.id
    holders = _next_holders(session, strongbox, staffing, thing, compartment)
    if all(holder.staff == keys.RECOVERY for holder in holders):
        return False
    floor = strongbox.parties.floor(owner, compartment)
    generation = max(keys.next_generation(session, owner, compartment), floor + 1 if floor else 0)
    made, rows = keys.make(owner, compartment, generation), Rows()
    keys.add_key(rows, made, HUB, hub=strongbox.signing)
    keys.add_grants(rows, made, holders, strongbox.epoch)
    write(session, [rows])
    by, said = Actor(HUB, 0, strongbox.signing), renewals.subject(compartment, generation)
    journal.write(session, "renew", by=by, day=today, case=owner, subject=said)
    # Noted before the commit, and here though the journal may not hold: one too many does no harm.
    strongbox.parties.renew(owner, compartment, generation)
    return True


def _next_holders(
    session: Session, strongbox: Strongbox, staffing: Staffing, thing: Case | Draft, compartment: str
) -> list[Holder]:
    if isinstance(thing, Case):
        team = whose(session, strongbox, staffing, thing)
        return staffing.next_holders(team, compartment, strongbox.parties.last_known(thing.id, team).people)
    granted = session.scalars(select(Grant).where(Grant.owner == thing.id, Grant.compartment == keys.DRAFT))
    return draftkeys.next_holders(
        staffing, [_key(row) for row in granted if open_grant(row, strongbox) is not None]
    )


def _is_held_by_gone(
    session: Session, strongbox: Strongbox, hands: Hands, owner: bytes, compartment: str
) -> bool:
    newest = keys.next_generation(session, owner, compartment) - 1
    rows = session.scalars(
        select(Grant).where(
            Grant.owner == owner, Grant.compartment == compartment, Grant.generation == newest
        )
    ).all()
    gone = [row for row in rows if (row.staff, row.number) in hands.gone]
    return any(open_grant(row, strongbox) is not None for row in gone)


def take_away(session: Session, strongbox: Strongbox, staffing: Staffing) -> int:
    """
    Drop grants of lost keys where somebody living and one more hold the same; return how many.

    Whoever has a new keyring is first given with it what they held: until a colleague did that, the old grant
    stays and says that it is missing.
    """
    hands = staffing.hands
    is_lost: ColumnElement[bool] = tuple_(Grant.staff, Grant.number).in_(sorted(hands.lost))
    if staffing.roster.recovery is not None:
        is_lost = or_(is_lost, papers.earlier(staffing.paper))
    lost = select(Grant.owner, Grant.compartment, Grant.generation).where(is_lost)
    dropped = 0
    for owner, compartment, generation in session.execute(lost.distinct()).all():
        rows = session.scalars(
            select(Grant)
            .where(Grant.owner == owner, Grant.compartment == compartment, Grant.generation == generation)
            .with_for_update()
        ).all()
        dropped += _take_away_from(session, strongbox, staffing, rows)
    return dropped


def _take_away_from(session: Session, strongbox: Strongbox, staffing: Staffing, rows: Sequence[Grant]) -> int:
    """Drop the lost among the grants of one key, if those that are left are enough."""
    hands = staffing.hands
    real = [row for row in rows if open_grant(row, strongbox) is not None]
    living = {_key(row) for row in real} & hands.living
    has_recovery = any(_is_for_paper(row, staffing) for row in real)
    if not living or len(living) + has_recovery < 2:
        return 0
    renewed = {staff for staff, _number in hands.living} - {staff for staff, _number in living}
    leaving = [row for row in rows if _key(row) in hands.lost and row.staff not in renewed]
    if has_recovery:
        leaving += [row for row in rows if row.staff == keys.RECOVERY and not _is_for_paper(row, staffing)]
    for row in leaving:
        session.delete(row)
    return len(leaving)


def _is_for_paper(row: Grant, staffing: Staffing) -> bool:
    """Tell whether a grant is for the recovery key of the roster, for any if it names none."""
    is_present = staffing.roster.recovery is None or row.number == staffing.paper
    return row.staff == keys.RECOVERY and is_present


def _key(row: Grant) -> StaffKey:
    return row.staff, row.number
