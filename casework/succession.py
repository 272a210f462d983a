"""
What the hub does with keys when somebody is gone: suspended, revoked, or given a new keyring.

* *Renew*: the next key of each case they hold, granted to the case's own people or to the duty list, so that
  what is told from now on cannot be opened with what was taken. Older things are not touched.
* *Take away*: grants of keys that are lost, where enough others hold the same. What is deleted is not carried
  over by the next rotation, so that in time neither database nor dump gives the lost key anything.

Both go by suspensions that somebody signed, never by a row alone.
Neither leaves a key without somebody living who holds it. Who holds an older key and is at work re-wraps it
to those who should, at their desk (:mod:`desk.rewrapping`): the hub cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from casework import journal, keys
from casework.actors import HUB, Actor
from casework.database import Database
from casework.handins import whose
from casework.hands import Hands, StaffKey
from casework.keeper import open_grant
from casework.rosters import Staffing
from casework.rows import Rows, write
from casework.strongbox import Strongbox
from casework.tables import Case, Grant, SealingKey
from crypto.roster import Anchor

# Cases looked at in one transaction: a lawyer's whole load takes a few.
AT_ONCE = 50

_COMPARTMENTS = (keys.CONTENT, keys.IDENTITY)


def due(hands: Hands) -> Select[bytes, str]:
    """Ask for the keys to be renewed: the newest of their kind, and granted to somebody who is gone."""
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
    return (
        select(Grant.owner, Grant.compartment)
        .join(Case, Case.id == Grant.owner)
        .where(
            tuple_(Grant.staff, Grant.number).in_(sorted(hands.gone)),
            Grant.compartment.in_(_COMPARTMENTS),
            Grant.generation == newest,
            Case.status.not_in(("writing", "erased")),
        )
        .distinct()
    )


def renew(database: Database, strongbox: Strongbox, staffing: Staffing, anchor: Anchor, today: date) -> int:
    """
    Make the next key wherever somebody gone holds the newest one; return how many were made.

    A row that says so and that no key of ours ever locked counts for nothing. Where nobody living could be
    granted the new key, nothing is made: what comes is then sealed by whoever takes it in.
    """
    staffing = staffing.as_signed
    hands = staffing.hands
    if not hands.gone:
        return 0
    with database.read() as session:
        strongbox.parties.read(session, staffing.roster, anchor)
        found = session.execute(due(hands).limit(AT_ONCE)).all()
    made = 0
    for owner, compartment in found:
        # A transaction each: cases are locked before the journal is, so never two in turn.
        with database.write() as session:
            made += _renew_one(session, strongbox, staffing, today, owner, compartment)
    return made


def _renew_one(
    session: Session, strongbox: Strongbox, staffing: Staffing, today: date, owner: bytes, compartment: str
) -> bool:
    """Make the next key of one compartment, unless the case is gone by now or nobody was really granted."""
    case = session.get(Case, owner, with_for_update=True, populate_existing=True)
    if case is None or not _is_held_by_gone(session, strongbox, staffing.hands, owner, compartment):
        return False
    team = whose(session, strongbox, staffing, case)
    holders = staffing.next_holders(team, compartment, strongbox.parties.of(owner, team).people)
    if all(holder.staff == keys.RECOVERY for holder in holders):
        return False
    made, rows = keys.make(owner, compartment, keys.next_generation(session, owner, compartment)), Rows()
    keys.add_key(rows, made, HUB, hub=strongbox.signing)
    keys.add_grants(rows, made, holders, strongbox.epoch)
    write(session, [rows])
    journal.write(session, "renew", by=Actor(HUB, 0, strongbox.signing), day=today, case=owner)
    return True


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
    lost = select(Grant.owner, Grant.compartment, Grant.generation).where(
        tuple_(Grant.staff, Grant.number).in_(sorted(hands.lost))
    )
    dropped = 0
    for owner, compartment, generation in session.execute(lost.distinct()).all():
        rows = session.scalars(
            select(Grant)
            .where(Grant.owner == owner, Grant.compartment == compartment, Grant.generation == generation)
            .with_for_update()
        ).all()
        dropped += _take_away_from(session, strongbox, hands, rows)
    return dropped


def _take_away_from(session: Session, strongbox: Strongbox, hands: Hands, rows: Sequence[Grant]) -> int:
    """Drop the lost among the grants of one key, if those that are left are enough."""
    real = [row for row in rows if open_grant(row, strongbox) is not None]
    living = {_key(row) for row in real} & hands.living
    has_recovery = any(row.staff == keys.RECOVERY for row in real)
    if not living or len(living) + has_recovery < 2:
        return 0
    renewed = {staff for staff, _number in hands.living} - {staff for staff, _number in living}
    leaving = [row for row in rows if _key(row) in hands.lost and row.staff not in renewed]
    for row in leaving:
        session.delete(row)
    return len(leaving)


def _key(row: Grant) -> StaffKey:
    return row.staff, row.number
