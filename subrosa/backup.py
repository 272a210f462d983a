"""
Backup and restore of a house.

A backup is green only if every epoch its dump names can be opened with keys that already lie on the medium.
A restore lays out keys and database, leaves out whatever was erased since, and writes a signed "restored"
row that desks accept after showing it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from casework import erasure, hubkeys, journal
from casework.actors import OPERATOR, Actor
from casework.database import Database, connect
from casework.strongbox import Strongbox, write_file
from casework.tables import Case
from crypto.xwing import Identity
from subrosa import dump, escrow, schema
from subrosa.errors import RestoreError
from subrosa.escrow import Copy, Escrow
from subrosa.settings import Settings

# For so long the bot tells returning chats which hours were lost.
TELL_FOR = timedelta(days=30)
RESTORED = "restored.json"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    rows: int
    erased_again: int
    lost_from: datetime
    lost_until: datetime


def back_up(
    settings: Settings, database: Database, strongbox: Strongbox, target: Escrow, now: datetime
) -> Copy:
    """Copy keys, then database, then remove copies whose time is over."""
    strongbox.reload()
    target.copy_keys(strongbox.epoch.number, now)
    copy = target.copy_database(database, set(strongbox.epochs), now)
    target.prune(timedelta(days=settings.escrow.keep_days), now)
    return copy


def restore(settings: Settings, medium: Path, identity: Identity, now: datetime) -> Restored:
    """
    Lay out the house of *settings* from *medium*; its database and state must be empty.

    Raises:
        RestoreError: something lies there already, or the copy is not whole.
        CryptoError: the copy is not for this escrow key, or damaged.
    """
    state = settings.hub.state_dir
    if any(state.glob("*.key")):
        raise RestoreError("state_dir holds keys already")
    keys = escrow.open_keys(medium, identity)
    source, taken = escrow.open_dump(medium, identity)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = connect(settings.database.url)
    try:
        if settings.database.url.startswith("sqlite:///"):
            Path(settings.database.url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        schema.lay_out_empty(database)
        with Session(database.engine) as session, session.begin():
            session.connection(execution_options={"subrosa_write": True})
            counts = dump.read(session, source)
        for name, key in keys.items():
            write_file(state / name, key)
        strongbox = Strongbox.load(state, settings.hub.runtime_dir, now)
        again = _erase_again(settings, database, strongbox, escrow.erased(medium), now)
        with database.write() as session:
            hubkeys.publish(session, strongbox, now.date())
            journal.write(session, "restored", by=_operator(strongbox), day=now.date())
    finally:
        database.close()
    body = {"from": taken.isoformat(), "until": now.isoformat(), "tell_until": (now + TELL_FOR).isoformat()}
    write_file(state / RESTORED, json.dumps(body).encode())
    return Restored(sum(counts.values()), again, taken, now)


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
            )
            again += 1
    return again


def _operator(strongbox: Strongbox) -> Actor:
    return Actor(OPERATOR, 0, strongbox.signing)
