"""
A whole house for tests: keys, a signed roster, and the cast.

Alice and Bob are lawyers, Carol and Dan editors, Erin is custodian, Olga coordinator. Mallory is nobody: she
holds the disk. Keyrings are made without a passphrase, so no test waits for Argon2 that is not about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from casework import epoch, hubkeys, journal, rosters
from casework.actors import Actor, subject_of
from casework.database import Database
from casework.parties import Book
from casework.rosters import Staffing
from casework.strongbox import Strongbox
from casework.tables import House as HouseRow
from crypto import lock
from crypto.keyring import Staff
from crypto.roster import Anchor, Roster, StaffEntry, sign
from crypto.signature import SigningKey
from crypto.xwing import Identity

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
CAST = {
    "alice": {"lawyer"},
    "bob": {"lawyer"},
    "carol": {"editor"},
    "dan": {"editor"},
    "erin": {"custodian"},
    "olga": {"coordinator"},
}


@dataclass
class House:
    """Everything a test may hold of a house."""

    database: Database
    strongbox: Strongbox
    staff: dict[str, Staff]
    root: SigningKey
    roster: Roster
    anchor: Anchor
    recovery: Identity
    now: datetime = NOON

    def actor(self, name: str) -> Actor:
        """Return *name* as the author of an act."""
        one = self.staff[name]
        return Actor(one.staff, one.number, one.signing)

    def staffing(self) -> Staffing:
        """Return who is there now."""
        with self.database.read() as session:
            return rosters.staffing(session, self.anchor, self.now)

    def book(self) -> Book:
        """Return who is on which case, as the hub knows it now."""
        with self.database.read() as session:
            self.strongbox.parties.read(session, self.roster, self.anchor)
        return self.strongbox.parties

    def put_on(self, case: bytes, first: str, second: str | None = None) -> None:
        """Let the journal say that *first* accepted *case*, with a *second*; no column changes."""
        by, day = self.actor(first), self.now.date()
        with self.database.write() as session:
            journal.write(session, "accept", by=by, day=day, case=case)
            if second is not None:
                journal.write(session, "second", by=by, day=day, case=case, subject=subject_of(second))

    def enforce(self, roster: Roster) -> None:
        """Sign *roster* and put it in force."""
        with self.database.write() as session:
            rosters.accept(session, sign(roster, self.root), self.anchor, self.now.date())
        self.roster = roster

    def revoke(self, name: str) -> None:
        """Put a roster in force in which *name* is revoked."""
        staff = tuple(replace(e, revoked=True) if e.id == name else e for e in self.roster.staff)
        self.enforce(
            replace(self.roster, version=self.roster.version + 1, previous=self.roster.digest, staff=staff)
        )


def entry(staff: Staff, roles: set[str]) -> StaffEntry:
    """Write *staff* into a roster."""
    return StaffEntry(
        id=staff.staff,
        roles=frozenset(roles),
        recipient=staff.identity.recipient,
        signing=staff.signing.public,
        number=staff.number,
        expires=None,
        revoked=False,
    )


def build(
    database: Database, folder: Path, cast: dict[str, set[str]] | None = None, now: datetime = NOON
) -> House:
    """Lay out a house with *cast* in a database whose tables stand already."""
    strongbox = Strongbox.create(folder / "state", folder / "runtime", now)
    people = cast or CAST
    staff = {name: Staff(name, 1, Identity.generate(), SigningKey.generate()) for name in people}
    root = SigningKey.generate()
    recovery = Identity.generate()
    roster = Roster(
        version=1,
        issued=now.date(),
        expires=now.date() + timedelta(days=90),
        previous=bytes(32),
        staff=tuple(entry(staff[name], roles) for name, roles in people.items()),
        hub_signing=strongbox.signing.public,
        register_signing=strongbox.register.public,
        recovery=recovery.recipient,
    )
    anchor = Anchor((root.public,), 1)
    house = House(database, strongbox, staff, root, roster, anchor, recovery, now)
    house.enforce(roster)
    with database.write() as session:
        hubkeys.publish(session, strongbox, now.date())
        row = session.get_one(HouseRow, 1)
        row.sentinel = lock.lock(strongbox.epoch, epoch.SENTINEL, epoch.SENTINEL_CONTEXT)
    return house
