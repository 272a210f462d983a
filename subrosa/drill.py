"""
The restore drill: the newest copies, laid out in a scratch folder beside ``state_dir`` and held against what
a restore promises. Nothing of the house is touched; the scratch folder is wiped at the end, and at the
start of the next drill if this one is killed.

A passed drill says that this medium and this escrow key bring the house back. It does not say that staff
still have their keyrings.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework import epoch, erasure, journal
from casework.database import connect
from casework.errors import CaseworkError
from casework.strongbox import Strongbox, write_file
from casework.tables import Case, Draft, Grant, House
from crypto import lock
from crypto.errors import CryptoError
from crypto.xwing import Identity
from subrosa import backup, erased, shelved
from subrosa.errors import ShellError, sentence
from subrosa.seizure import grants, medium
from subrosa.seizure.loot import Loot
from subrosa.settings import Settings

RECORD = "drill.json"

# What a copy may fail with; anything else is a fault of ours.
FAULTS = (CaseworkError, CryptoError, OSError, ShellError, SQLAlchemyError)


@dataclass(frozen=True, slots=True)
class Step:
    """One promise of a restore, and whether it was kept."""

    name: str
    is_kept: bool
    text: str


def rehearse(settings: Settings, copies: Path, identity: Identity, now: datetime) -> list[Step]:
    """
    Restore the newest copies on the medium at *copies* into a scratch folder, and return what held.

    A drill in which every step held is noted in ``state_dir``, for the doctor.
    """
    with _scratch(settings) as place:
        steps = _play(settings, place, copies, identity, now)
    if all(step.is_kept for step in steps):
        write_file(settings.hub.state_dir / RECORD, json.dumps({"day": now.date().isoformat()}).encode())
    return steps


def last(state_dir: Path) -> date | None:
    """Return the day of the last drill that passed, none when there is no record that can be read."""
    try:
        return date.fromisoformat(json.loads((state_dir / RECORD).read_bytes())["day"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def scratch_of(state_dir: Path) -> Path:
    """Return where a drill lays its house out; between drills there is nothing."""
    return state_dir.with_name(f"{state_dir.name}.drill")


def _play(settings: Settings, place: Settings, copies: Path, identity: Identity, now: datetime) -> list[Step]:
    try:
        restored = backup.restore(place, copies, identity, now)
    except FAULTS as error:
        return [Step("copy", False, sentence(error))]
    steps = [
        Step(
            "copy",
            True,
            f"of {restored.lost_from:%Y-%m-%d %H:%M} UTC, {restored.rows} rows, signed by the hub",
        )
    ]
    database = connect(place.database.url)
    try:
        with database.read() as session:
            steps.append(_sentinel(session, place, now))
            steps.append(_erased(session, settings, place))
            steps.append(_journal(session, place))
            steps.append(_grants(session, place, copies, identity))
            steps.append(_records(session, place, restored.public))
    finally:
        database.close()
    return steps


def _sentinel(session: Session, place: Settings, now: datetime) -> Step:
    try:
        strongbox = Strongbox.load(place.hub.state_dir, place.hub.runtime_dir, now)
        locked = session.scalars(select(House.sentinel)).one()
        key = strongbox.lock_of("epoch", lock.number_of(locked))
        opens = lock.unlock(key, locked, epoch.SENTINEL_CONTEXT) == epoch.SENTINEL
    except FAULTS:
        opens = False
    return Step("sentinel", opens, "opens" if opens else "does not open: the keys are not those of the rows")


def _erased(session: Session, settings: Settings, place: Settings) -> Step:
    """Hold the restored cases against every list: what was erased while the medium was away counts too."""
    gone = {*erased.read(place.hub.state_dir), *erased.read(settings.hub.state_dir)}
    back = gone.intersection(session.scalars(select(Case.id)))
    if back:
        return Step("erased", False, f"{len(back)} of {len(gone)} erased cases come back: run subrosa backup")
    return Step("erased", True, f"{len(gone)} erased cases stay away")


def _journal(session: Session, place: Settings) -> Step:
    try:
        journal.verify_chain(session, place.anchor)
    except FAULTS as error:
        return Step("journal", False, sentence(error))
    return Step("journal", True, f"{journal.count(session)} rows hold")


def _grants(session: Session, place: Settings, copies: Path, identity: Identity) -> Step:
    """Count the grants that the copy holds of cases not erased since, and take the outer lock off each."""
    with medium.opened(copies, identity, place.hub.state_dir) as copy:
        gone = set(erased.read(place.hub.state_dir))
        unpublished = select(Draft.id, Draft.case).where(Draft.status.not_in(erasure.PUBLIC_STATES))
        gone |= {draft for draft, case in copy.session.execute(unpublished) if case in gone}
        expected = sum(owner not in gone for owner in copy.session.scalars(select(Grant.owner)))
    outer = grants.outer(session, Loot.gather(place.hub.state_dir))
    if (outer.tried, outer.opened) == (expected, expected):
        return Step("grants", True, f"all {expected} there, and the epoch keys open each")
    text = f"{outer.tried} of {expected} there, the epoch keys open {outer.opened}"
    return Step("grants", False, text)


def _records(session: Session, place: Settings, public: int) -> Step:
    lost = shelved.missing(session, place.register.records_dir)
    if lost:
        return Step("records", False, f"{lost} public entries are not in the copy: run subrosa backup")
    return Step("records", True, f"{public} records of the register")


@contextmanager
def _scratch(settings: Settings) -> Iterator[Settings]:
    """Give a house of its own beside ``state_dir``, and leave nothing of it."""
    folder = scratch_of(settings.hub.state_dir)
    _remove(folder)
    folder.mkdir(mode=0o700)
    try:
        yield replace(
            settings,
            path=folder / settings.path.name,
            database=replace(settings.database, url=f"sqlite:///{folder / 'house.db'}"),
            hub=replace(settings.hub, state_dir=folder / "state", runtime_dir=folder / "runtime"),
            register=replace(settings.register, records_dir=folder / "records"),
        )
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove *folder*, its keys overwritten: among them may be epoch keys that the house itself dropped."""
    for path in folder.rglob("*.key"):
        with path.open("r+b") as held:
            held.write(bytes(path.stat().st_size))
            held.flush()
            os.fsync(held.fileno())
    shutil.rmtree(folder, ignore_errors=True)
