"""
Rotation of the hub's keys.

An epoch key is the second lock on every grant. Rotating it carries over what still stands in the database;
what was deleted before stays under the old key, and when that is gone no dump and no staff keyring opens it.

The order survives a crash at any point: the new key is on file, then on the second medium, before it serves
and any row names it; rows are re-locked 200 at a time; the old key is dropped only when no row names it and
none built with it can still be on its way (:data:`casework.strongbox.SETTLING`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from casework import keys, mailboxes, teamcheck
from casework.database import Database
from casework.errors import KeyMissingError
from casework.keeper import open_grant
from casework.strongbox import Strongbox
from casework.tables import Case, Deletion, Grant, House, Mark, Outbox, Spool, Writing
from crypto import context, lock
from crypto.errors import CryptoError

log = logging.getLogger(__name__)

# So many rows are written in a few milliseconds, and a rotation has few commits to wait for.
BATCH = 200

# In place of an epoch's number: no key of the hub ever locked this row, or it was changed since.
NO_EPOCH = 0

# How long each family's current key serves before a new one is made.
LIVES = {
    "epoch": timedelta(days=1),
    "spool": timedelta(days=1),
    "link": timedelta(days=7),
    "handin": timedelta(days=1),
    "courier": timedelta(days=30),
    "remembered": timedelta(days=30),
}

# How long after its making a key that rows do not name still opens: links of the week before, courier
# addresses refreshed at every contact.
KEPT = {
    "link": timedelta(days=14),
    "handin": timedelta(days=2),
    "courier": timedelta(days=90),
    "remembered": timedelta(days=60),
}

SENTINEL = b"the house still opens"
SENTINEL_CONTEXT = context.named("sentinel")

Mirror = Callable[[], None]

_RELOCK = (
    update(Grant.__table__)  # type: ignore[arg-type]
    .where(
        Grant.owner == bindparam("its_owner"),
        Grant.compartment == bindparam("its_compartment"),
        Grant.generation == bindparam("its_generation"),
        Grant.staff == bindparam("its_staff"),
        Grant.number == bindparam("its_number"),
        Grant.locked == bindparam("before"),
    )
    .values(locked=bindparam("after"), epoch=bindparam("to"))
)


def keep_up(database: Database, strongbox: Strongbox, mirror: Mirror, now: datetime) -> list[str]:
    """
    Do what is due: rotate, carry rows over, drop keys that are spent; return the families that changed.

    *mirror* copies what must be on the second medium; it is called after a new epoch key is on file and
    before any row names it. What it raises leaves the old key in service, with nothing lost, and the next
    call tries again; an OSError, because the medium is away, is logged and stops nothing else.
    """
    strongbox.reload()
    changed = [name for name, life in LIVES.items() if _is_due(strongbox, name, life, now)]
    for name in changed:
        if name != "epoch":
            strongbox.add(name, now)
    carry_over(database, strongbox)
    retire(database, strongbox, now)
    if "epoch" in changed:
        try:
            rotate(database, strongbox, mirror, now)
        except OSError:
            log.error("epoch.medium_away")  # noqa: TRY400  a traceback tells no more
            changed.remove("epoch")
    lost = stranded(database, strongbox)
    if lost:
        log.error("grants.stranded %d", lost)
    return changed


def rotate(database: Database, strongbox: Strongbox, mirror: Mirror, now: datetime) -> None:
    """Make a new epoch key, or take up the one that waits, and re-lock everything that still stands."""
    number = strongbox.prepare("epoch", now)
    mirror()
    strongbox.begin("epoch", number, now)
    carry_over(database, strongbox)


def carry_over(database: Database, strongbox: Strongbox) -> int:
    """
    Re-lock every row not under the current epoch, 200 at a time; return how many there were.

    What no key of ours unlocks is put aside as :data:`NO_EPOCH` and keeps nothing else from being carried.
    """
    moved = 0
    while batch := _carry_batch(database, strongbox):
        moved += batch
    for carry in (_carry_mailboxes, _carry_marks, _carry_sentinel):
        while batch := _carried(database, strongbox, carry):
            moved += batch
    return moved


def stranded(database: Database, strongbox: Strongbox) -> int:
    """Return how many grants name no epoch on file: forged, damaged, or of a key that was lost."""
    known = sorted(strongbox.epochs)
    with database.read() as session:
        lost = select(func.count()).select_from(Grant).where(Grant.epoch.not_in(known))
        return session.scalar(lost) or 0


def _carried(database: Database, strongbox: Strongbox, carry: Callable[[Session, Strongbox], int]) -> int:
    # One kind of row in a transaction: locks are then always taken in the same order.
    with database.write() as session:
        return carry(session, strongbox)


def _carry_batch(database: Database, strongbox: Strongbox) -> int:
    """
    Re-lock up to :data:`BATCH` grants.

    They are read and computed before the transaction, so that it holds the database for as long as it takes
    to write them. What somebody deleted or replaced in between is left as they left it.
    """
    wanted = select(Grant).where(Grant.epoch.in_(_superseded(strongbox))).limit(BATCH)
    with database.read() as session:
        grants = session.scalars(wanted).all()
    changes = [_relocked(row, strongbox) for row in grants]
    if changes:
        # A key made since would lock the next batch; this one is carried once more then.
        changes.sort(key=_place)
        with database.write() as session:
            session.connection().execute(_RELOCK, changes)
    return len(changes)


def _relocked(row: Grant, strongbox: Strongbox) -> dict[str, Any]:
    """Return the change that puts a grant under the current epoch, or aside."""
    change = {
        "its_owner": row.owner,
        "its_compartment": row.compartment,
        "its_generation": row.generation,
        "its_staff": row.staff,
        "its_number": row.number,
        "before": row.locked,
    }
    inner = open_grant(row, strongbox)
    if inner is None:
        return change | {"to": NO_EPOCH, "after": row.locked}
    epoch = strongbox.epoch
    place = keys.lock_context(row.owner, row.compartment, row.generation, row.staff, row.number)
    return change | {"to": epoch.number, "after": lock.lock(epoch, inner, place)}


def _place(change: dict[str, Any]) -> tuple[Any, ...]:
    """Return by what changes are ordered, so that locks are always taken in one order."""
    return tuple(change[name] for name in change if name.startswith("its_"))


def _carry_mailboxes(session: Session, strongbox: Strongbox) -> int:
    """Re-lock the mailbox ids of up to :data:`BATCH` cases."""
    wanted = select(Case).where(Case.mailboxes.is_not(None), Case.epoch.in_(_superseded(strongbox)))
    cases = session.scalars(wanted.limit(BATCH).with_for_update()).all()
    for case in cases:
        try:
            mailboxes.add_ids(strongbox.epochs, strongbox.epoch, case, [])
        except (CryptoError, KeyMissingError):
            case.epoch = NO_EPOCH
    return len(cases)


def _carry_marks(session: Session, strongbox: Strongbox) -> int:
    """Re-lock what the team check keeps of up to :data:`BATCH` cases; what does not open is made anew."""
    wanted = select(Mark).where(Mark.epoch != strongbox.epoch.number).order_by(Mark.case)
    rows = session.scalars(wanted.limit(BATCH).with_for_update()).all()
    for row in rows:
        try:
            teamcheck.relock(row, strongbox)
        except (CryptoError, KeyMissingError):
            session.delete(row)
    return len(rows)


def _carry_sentinel(session: Session, strongbox: Strongbox) -> int:
    """Re-lock the sentinel; one that does not open is left for ``upgrade`` to stumble over."""
    epoch = strongbox.epoch
    house = session.scalars(select(House)).one()
    try:
        if lock.number_of(house.sentinel) == epoch.number:
            return 0
        old = strongbox.lock_of("epoch", lock.number_of(house.sentinel))
        inner = lock.unlock(old, house.sentinel, SENTINEL_CONTEXT)
    except (CryptoError, KeyMissingError):
        log.error("sentinel.damaged")  # noqa: TRY400  a traceback tells no more
        return 0
    house.sentinel = lock.lock(epoch, inner, SENTINEL_CONTEXT)
    return 1


def _superseded(strongbox: Strongbox) -> list[int]:
    return sorted(set(strongbox.epochs) - {strongbox.epoch.number})


def retire(database: Database, strongbox: Strongbox, now: datetime) -> None:
    """Drop keys whose time is over and that no row names any more."""
    for name in ("epoch", "spool"):
        for number in strongbox.families[name].superseded(now):
            with database.read() as session:
                named = _rows_naming(session, name, number)
            if named == 0:
                strongbox.families[name].drop(number)
    for name, kept in KEPT.items():
        family = strongbox.families[name]
        for number in family.superseded(now):
            if now - family.keys[number].made > kept:
                family.drop(number)


def _rows_naming(session: Session, name: str, number: int) -> int:
    """Count the rows that need key *number* of family *name*."""
    if name == "epoch":
        sentinel = session.scalars(select(House.sentinel)).one()
        counts = [
            session.scalar(select(func.count()).select_from(Grant).where(Grant.epoch == number)),
            session.scalar(
                select(func.count())
                .select_from(Case)
                .where(Case.mailboxes.is_not(None), Case.epoch == number)
            ),
            session.scalar(select(func.count()).select_from(Mark).where(Mark.epoch == number)),
            int(sentinel[:4] == number.to_bytes(4, "big")),
        ]
    else:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(table.spool == number))
            for table in (Spool, Outbox, Deletion, Writing)
        ]
    return sum(count or 0 for count in counts)


def _is_due(strongbox: Strongbox, name: str, life: timedelta, now: datetime) -> bool:
    """A key is due when its life is over, or when its successor waits: a rotation was cut short."""
    family = strongbox.families[name]
    return now - family.current.made >= life or family.waiting is not None
