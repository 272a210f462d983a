"""
Founding a house: folders, database, keys, the first staff and the first roster.

What must leave the machine lies in ``offline/``: the root key that signs rosters and the operator's escrow
key. Passphrases exist only in what :func:`found` returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from casework import epoch, hubkeys, journal, rosters
from casework.actors import OPERATOR, Actor
from casework.database import connect
from casework.strongbox import Strongbox
from crypto import keyring, lock
from crypto.keyring import Profile
from crypto.roster import Roster, StaffEntry, sign
from crypto.signature import SigningKey
from crypto.xwing import Identity
from desk import keyrings
from subrosa import configuration, keyfiles, schema
from subrosa.errors import UsageError
from subrosa.settings import Settings

# Rosters are signed anew at least this often, so that somebody with a root key looks at the list.
ROSTER_LIFE = timedelta(days=90)

CAST: Mapping[str, Sequence[str]] = {
    "coordinator-1": ("coordinator",),
    "lawyer-1": ("lawyer",),
    "lawyer-2": ("lawyer",),
    "editor-1": ("editor",),
    "editor-2": ("editor",),
    "custodian-1": ("custodian",),
}


@dataclass(frozen=True, slots=True)
class NewStaff:
    """One new member: the passphrase and the code secret exist nowhere else."""

    id: str
    roles: tuple[str, ...]
    passphrase: str = field(repr=False)
    totp_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Founded:
    """A new house."""

    config: Path
    staff: tuple[NewStaff, ...]
    root_key: Path
    escrow_key: Path


def found(
    folder: Path,
    *,
    cast: Mapping[str, Sequence[str]],
    profile: Profile,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> Founded:
    """
    Make a house in *folder*, with *cast* as its first staff; *values* are settings other than the defaults.

    Raises:
        UsageError: there is one already.
    """
    config = folder / "subrosa.toml"
    if config.exists():
        raise UsageError("there is a house in this folder already")
    for name in ("", "offline", "keyrings", "medium"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "database").mkdir(mode=0o770, exist_ok=True)
    root, escrow = SigningKey.generate(), Identity.generate()
    keyfiles.write_root(folder / "offline" / "root.key", root)
    keyfiles.write_escrow(folder / "offline" / "escrow.key", folder / "escrow.recipient", escrow)
    text = configuration.example({"roster.roots": (root.public.hex(),), **(values or {})})
    config.write_text(text, encoding="utf-8")
    settings = configuration.load(config)
    strongbox = Strongbox.create(settings.hub.state_dir, settings.hub.runtime_dir, now)
    people, entries = _enrol_all(settings, cast, profile)
    roster = first_roster(strongbox, entries, now)
    _lay_out(settings, strongbox, roster, root, now)
    return Founded(config, tuple(people), folder / "offline" / "root.key", folder / "offline" / "escrow.key")


def first_roster(strongbox: Strongbox, entries: Sequence[StaffEntry], now: datetime) -> Roster:
    """Write the first roster of a house."""
    return Roster(
        version=1,
        issued=now.date(),
        expires=(now + ROSTER_LIFE).date(),
        previous=bytes(32),
        staff=tuple(entries),
        hub_signing=strongbox.signing.public,
        register_signing=strongbox.register.public,
    )


def next_roster(roster: Roster, staff: Sequence[StaffEntry], now: datetime) -> Roster:
    """Write the roster that follows *roster*, with *staff* in place of its staff."""
    return replace(
        roster,
        version=roster.version + 1,
        issued=now.date(),
        expires=(now + ROSTER_LIFE).date(),
        previous=roster.digest,
        staff=tuple(staff),
    )


def enrol(
    settings: Settings, name: str, roles: Sequence[str], profile: Profile, number: int = 1
) -> tuple[NewStaff, StaffEntry]:
    """Make the keyring of a new member of the staff at this desk."""
    locked, passphrase, staff = keyring.create(name, profile, number=number)
    secret = keyrings.enrol(settings.desk.keyring_dir, locked, staff)
    return NewStaff(name, tuple(roles), passphrase, secret), staff.entry(frozenset(roles))


def _enrol_all(
    settings: Settings, cast: Mapping[str, Sequence[str]], profile: Profile
) -> tuple[list[NewStaff], list[StaffEntry]]:
    pairs = [enrol(settings, name, roles, profile) for name, roles in cast.items()]
    return [person for person, _ in pairs], [entry for _, entry in pairs]


def _lay_out(
    settings: Settings, strongbox: Strongbox, roster: Roster, root: SigningKey, now: datetime
) -> None:
    """Make the tables and write what a hub expects to find in them."""
    database = connect(settings.database.url)
    try:
        schema.lay_out(database, lock.lock(strongbox.epoch, epoch.SENTINEL, epoch.SENTINEL_CONTEXT))
        with database.write() as session:
            rosters.accept(session, sign(roster, root), settings.anchor, now.date())
            hubkeys.publish(session, strongbox, now.date())
            journal.write(session, "roster", by=Actor(OPERATOR, 0, strongbox.signing), day=now.date())
    finally:
        database.close()
