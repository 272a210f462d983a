"""
Rotation of the hub's keys.

An epoch key is the second lock on every grant. Rotating it carries over what still stands in the database;
what was deleted before stays under the old key, and when that is gone no dump and no staff keyring opens it.

The order survives a crash at any point: the new key is on the second medium, then on file beside the old
one, before any row names it; rows are re-locked 500 at a time; the old key is dropped only when no row names
it and none built with it can still be on its way (:data:`casework.strongbox.SETTLING`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import keys, mailboxes
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Case, Deletion, Grant, House, Outbox, Spool, Writing
from crypto import context, lock

BATCH = 500

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


def keep_up(database: Database, strongbox: Strongbox, mirror: Mirror, now: datetime) -> list[str]:
    """
    Do what is due: rotate, carry rows over, drop keys that are spent; return the families that changed.

    *mirror* copies what must be on the second medium; it is called after a new epoch key is on file and
    before any row names it, and what it raises stops the rotation there, with nothing lost.
    """
    strongbox.reload()
    changed = [name for name, life in LIVES.items() if _is_due(strongbox, name, life, now)]
    for name in changed:
        if name == "epoch":
            rotate(database, strongbox, mirror, now)
        else:
            strongbox.add(name, now)
    carry_over(database, strongbox)
    retire(database, strongbox, now)
    return changed


def rotate(database: Database, strongbox: Strongbox, mirror: Mirror, now: datetime) -> None:
    """Make a new epoch key and re-lock everything that still stands."""
    strongbox.add("epoch", now)
    mirror()
    carry_over(database, strongbox)


def carry_over(database: Database, strongbox: Strongbox) -> int:
    """Re-lock every row not under the current epoch, 500 a transaction; return how many there were."""
    moved = 0
    while True:
        with database.write() as session:
            batch = _carry_batch(session, strongbox)
        moved += batch
        if batch == 0:
            return moved


def _carry_batch(session: Session, strongbox: Strongbox) -> int:
    """Re-lock up to :data:`BATCH` rows."""
    epoch = strongbox.epoch
    grants = session.scalars(select(Grant).where(Grant.epoch != epoch.number).limit(BATCH)).all()
    for row in grants:
        place = keys.lock_context(row.owner, row.compartment, row.generation, row.staff, row.number)
        inner = lock.unlock(strongbox.lock_of("epoch", row.epoch), row.locked, place)
        row.locked = lock.lock(epoch, inner, place)
        row.epoch = epoch.number
    cases = session.scalars(
        select(Case).where(Case.mailboxes.is_not(None), Case.epoch != epoch.number).limit(BATCH)
    ).all()
    for case in cases:
        mailboxes.add_ids(strongbox.epochs, epoch, case, [])
    house = session.scalars(select(House)).one()
    sentinel = lock.number_of(house.sentinel) != epoch.number
    if sentinel:
        old = strongbox.lock_of("epoch", lock.number_of(house.sentinel))
        house.sentinel = lock.lock(
            epoch, lock.unlock(old, house.sentinel, SENTINEL_CONTEXT), SENTINEL_CONTEXT
        )
    return len(grants) + len(cases) + sentinel


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
        house = session.scalars(select(House.sentinel)).one()
        counts = [
            session.scalar(select(func.count()).select_from(Grant).where(Grant.epoch == number)),
            session.scalar(
                select(func.count())
                .select_from(Case)
                .where(Case.mailboxes.is_not(None), Case.epoch == number)
            ),
            int(lock.number_of(house) == number),
        ]
    else:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(table.spool == number))
            for table in (Spool, Outbox, Deletion, Writing)
        ]
    return sum(count or 0 for count in counts)


def _is_due(strongbox: Strongbox, name: str, life: timedelta, now: datetime) -> bool:
    return now - strongbox.families[name].current.made >= life
