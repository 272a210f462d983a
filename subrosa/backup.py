"""
Backup and restore of a house.

A backup is green only if every epoch its dump names can be opened with keys that already lie on the medium.
A restore lays out keys, database and what is public, leaves out whatever was erased since, and writes a
signed "restored" row that desks accept after showing it. It believes what the hub of the pinned roots' roster
signed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from casework import clocks, erasure, hubkeys, journal, notices, reach, renewals, rosters
from casework.actors import OPERATOR, Actor
from casework.database import Database, connect
from casework.dayheads import DayHead
from casework.families import Family
from casework.heads import Head
from casework.rosters import OldRosterError
from casework.strongbox import (
    JOURNAL,
    NOTE,
    RENEWED,
    SUSPENDED,
    Strongbox,
    Suspension,
    read_suspensions,
    write_file,
)
from casework.tables import Case, House, JournalRow, StaffState
from crypto import lock
from crypto.errors import CryptoError
from crypto.roster import UnverifiedRoster
from crypto.signature import SigningKey
from crypto.xwing import Identity
from subrosa import copies, dump, erased, escrow, keycopies, schema, shelved
from subrosa.erased import Unsealed
from subrosa.errors import RestoreError
from subrosa.escrow import Copy, Escrow
from subrosa.keycopies import KeysCopy
from subrosa.settings import Settings

# For so long the bot tells returning chats which hours were lost.
TELL_FOR = timedelta(days=30)
RESTORED = "restored.json"


@dataclass(frozen=True, slots=True)
class People:
    """What the hub remembered of roster, suspensions and journal that the dump did not know yet."""

    roster: int | None = None  # the version put in force,
    suspended: int = 0  # people who stay out,
    seen: int = 0  # the row the journal had, as the hub saw it, when its keys were copied
    is_older: bool = False  # and the dump does not have that row


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    rows: int
    public: int
    erased_again: int
    damaged: int  # lines of the clear list of erased ids that are none
    unlisted: int  # ids that it lacks, though the sealed list has them
    lost_from: datetime
    lost_until: datetime
    people: People = field(default_factory=People)


def back_up(
    settings: Settings, database: Database, strongbox: Strongbox, target: Escrow, now: datetime
) -> Copy:
    """
    Copy ids of the erased, keys, the database, then what is public; remove copies whose time is over.

    The first backup of a day leaves the head the journal had when the day before ended.

    Raises:
        RecordsLostError: all was copied, but the register lost records since the last time.
    """
    strongbox.reload()
    target.copy_erased()
    target.copy_keys(strongbox.epoch.number, now)
    with database.read() as session:
        head = DayHead.take(session, strongbox.signing, now)
    copy = target.copy_database(database, set(strongbox.epochs), now, strongbox.signing)
    # After the dump, which then holds every row that a head names: a restore breaks none.
    target.keep_head(head)
    target.prune(timedelta(days=settings.escrow.keep_days), now)
    # After the database: what it calls public lies on the shelf by then.
    shelved.copy(target, settings.register.records_dir, now, strongbox.signing)
    return copy


def restore(
    settings: Settings,
    medium: Path,
    identity: Identity,
    now: datetime,
    unsealed: Unsealed = Unsealed.REFUSE,
) -> Restored:
    """
    Lay out the house of *settings* from *medium*; its database and state must be empty.

    *unsealed* says what becomes of cases that only the clear list of the medium calls erased.

    Raises:
        UnsealedError: there are such cases, and nobody said what becomes of them.
        RestoreError: something lies there already, the copy is not whole, or not of the house whose roots are
            pinned.
        CryptoError: the copy is not for this escrow key, or damaged.
    """
    state = settings.hub.state_dir
    if any(state.glob("*.key")):
        raise RestoreError("state_dir holds keys already")
    copy = keycopies.open_newest(medium, identity)
    _check_roster(settings, copy.memory)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Keys come into state_dir last of all: until then nothing can open what was erased since the copy.
    staging = state.with_name(f"{state.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    database = _connect_empty(settings)
    try:
        clear = erased.read(medium)
        rows, taken, shelf, gone = _lay_out(
            settings, database, medium, identity, staging, copy, clear, unsealed
        )
        strongbox = Strongbox.load(staging, settings.hub.runtime_dir, now)
        # The first row after the copy: desks look for it among the rows they saw and lost, and erasures
        # may be all that was lost.
        with database.write() as session:
            people = _remember(session, settings, copy.memory, strongbox, now)
        again = _erase_again(settings, database, strongbox, gone, now)
        with database.write() as session:
            hubkeys.publish(session, strongbox, now.date())
            _file_unfinished(session, settings, now)
            shelved.put_back(session, settings.register.records_dir, shelf, now, medium, identity)
        # From here on the journal goes on from this one.
        with database.read() as session:
            roster = rosters.current(session, settings.anchor)
            strongbox.parties.read(session, roster, settings.anchor)
    except BaseException:
        # A restore that was refused is tried again, maybe days later; the keys do not lie there meanwhile.
        shutil.rmtree(staging, ignore_errors=True)
        raise
    finally:
        database.close()
    body = {"from": taken.isoformat(), "until": now.isoformat(), "tell_until": (now + TELL_FOR).isoformat()}
    write_file(staging / RESTORED, json.dumps(body).encode())
    write_file(staging / erased.FILE, erased.write(gone).encode())
    for path in sorted(staging.iterdir(), key=lambda one: one.suffix == ".key"):
        path.replace(state / path.name)
    staging.rmdir()
    unlisted = len({*copy.erased}.difference(clear))
    damaged = erased.damaged_lines(medium)
    return Restored(rows, len(shelf.records), again, damaged, unlisted, taken, now, people)


def _check_roster(settings: Settings, memory: Mapping[str, bytes]) -> None:
    """
    Check the roster the hub remembered, before anything is laid out.

    Raises:
        RestoreError: the pinned roots did not sign it.
    """
    if NOTE in memory:
        try:
            UnverifiedRoster.parse(memory[NOTE]).verify(settings.anchor)
        except CryptoError:
            said = "the newest roster is not signed by the pinned roots: look at roster.roots"
            raise RestoreError(said) from None


def _remember(
    session: Session, settings: Settings, memory: Mapping[str, bytes], strongbox: Strongbox, now: datetime
) -> People:
    """
    Write that the house was restored, and let nobody back in whom the hub knew to be out by then.

    Its memory was copied with its keys and may be newer than the dump: the roster in it is put in force, and
    whoever was suspended stays so.
    """
    last = session.scalar(select(func.max(JournalRow.n))) or 0
    seen = Head.read(memory[JOURNAL].decode("ascii").strip()) if JOURNAL in memory else None
    is_older = seen is not None and (
        session.scalar(select(JournalRow.head).where(JournalRow.n == seen.n)) != seen.head
    )
    journal.write(session, "restored", by=_operator(strongbox), day=now.date())
    roster = None
    if NOTE in memory:
        roster = _newer_roster(session, settings, memory[NOTE], now)
    if roster is not None:
        journal.write(session, "roster", by=_operator(strongbox), day=now.date())
    # Rows are counted anew from here: what comes after the restore is newer than what is remembered.
    suspended = {
        staff: Suspension(min(one.n, last), one.until, min(one.since, last))
        for staff, one in read_suspensions(memory.get(SUSPENDED, b"{}")).items()
    }
    strongbox.see_suspended(suspended)
    for (owner, compartment), generation in renewals.loads(memory.get(RENEWED, b"{}")).items():
        strongbox.parties.renew(owner, compartment, generation)
    strongbox.see_renewed()
    out = {staff: one.until for staff, one in suspended.items() if one.until > now}
    for state in session.scalars(select(StaffState).where(StaffState.staff.in_(out))):
        state.suspended_until = max(state.suspended_until or now, out[state.staff])
    return People(roster, len(out), 0 if seen is None else seen.n, is_older)


def _newer_roster(session: Session, settings: Settings, note: bytes, now: datetime) -> int | None:
    """Put the roster in *note* in force if it is newer than the dump's; return its version then."""
    before = rosters.version(session)
    try:
        after = rosters.accept(session, note, settings.anchor, now.date()).version
    except OldRosterError:
        return None
    return after if after > before else None


def _file_unfinished(session: Session, settings: Settings, now: datetime) -> None:
    """
    File the tips that were still being written.

    Their answers were under the spool key, which is never copied; their words were granted to the default
    team with the first message, and no acknowledged word may lie where nobody looks.
    """
    staffing = rosters.staffing(session, settings.anchor, now)
    for case in session.scalars(select(Case).where(Case.status == "writing")):
        case.status = "new"
        case.version += 1
        clocks.restart(session, case.id, clocks.ACCEPT, clocks.due(case.urgency, now, settings.times))
        told = notices.audience(staffing, case.team, None)
        notices.tell(session, notices.NEW, told, case.id, now)


def _connect_empty(settings: Settings) -> Database:
    """
    Connect to the database of *settings*, which is empty.

    Raises:
        RestoreError: there is a house in it.
    """
    url = settings.database.url
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = connect(url)
    if inspect(database.engine).has_table("house"):
        database.close()
        raise RestoreError("the database holds a house already")
    return database


def _lay_out(
    settings: Settings,
    database: Database,
    medium: Path,
    identity: Identity,
    staging: Path,
    copy: KeysCopy,
    clear: list[bytes],
    unsealed: Unsealed,
) -> tuple[int, datetime, shelved.Shelf, list[bytes]]:
    """Put rows into *database* and keys into *staging*; all rows or none. The last is what must go again."""
    keys = dict(copy.keys)
    source, taken = escrow.open_dump(medium, identity, staging)
    with source, schema.as_of(database, dump.version(source)) as session:
        counts = dump.read(session, source)
        schema.bring_up(session)
        hub = rosters.current(session, settings.anchor).hub_signing
        copies.check_signed(source, copies.DUMP, taken, hub)
        shelf = shelved.open_copies(medium, identity, staging, hub)
        sentinel = lock.number_of(session.scalars(select(House.sentinel)).one())
        wanted = dump.epochs_named(session) | {sentinel}
        keys["epoch.key"], missing = keycopies.add_epochs(medium, identity, keys["epoch.key"], wanted)
        if sentinel in missing:
            raise RestoreError("no copy of the keys opens the newest dump")
        for name, key in keys.items():
            write_file(staging / name, key)
        if SigningKey.from_seed(Family.load(staging / "hub.key").current.secret).public != hub:
            raise RestoreError("the keys are not those of this house")
        # Only now is the sealed list believed: whoever sealed it had the hub's key.
        gone = erased.unite(copy.erased, clear, set(session.scalars(select(Case.id))), unsealed)
    return sum(counts.values()), taken, shelf, gone


def _erase_again(
    settings: Settings, database: Database, strongbox: Strongbox, gone: list[bytes], now: datetime
) -> int:
    """Erase what was erased after the dump was taken, before anybody can open it."""
    again = 0
    for case in gone:
        with database.read() as session:
            present = session.get(Case, case) is not None
        if present:
            erasure.erase(
                database,
                strongbox,
                case,
                by=_operator(strongbox),
                now=now,
                mirror=lambda: None,
                remember=lambda _case: None,
                escrow_days=settings.escrow.keep_days,
                # What went along with it stands on that list too.
                goes=reach.alone,
            )
            again += 1
    return again


def _operator(strongbox: Strongbox) -> Actor:
    return Actor(OPERATOR, 0, strongbox.signing)
