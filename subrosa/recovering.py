"""
What the recovery key is used for: keys that nobody living holds are given to somebody who may.

    ask     at the hub: the grants of recovery that are needed, without their epoch lock, in one file
    open    where the key is typed in, without network: the same keys, sealed to that person
    take    at the hub: put under the epoch lock as that person's grants, with a row in the journal each

The key itself never comes near the hub. Whoever types it in reads aloud with that person the twelve words of
their keys: a hub that lies about whom the keys are for must not get them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import canonical, journal, keys
from casework.actors import OPERATOR, Actor
from casework.database import Database
from casework.handins import roles_for
from casework.keeper import open_grant
from casework.keys import PublicKey
from casework.permits import has_role
from casework.rosters import Staffing
from casework.strongbox import Strongbox
from casework.tables import Case, Draft, Grant, SealingKey
from crypto import lock
from crypto.errors import CryptoError, NotForUsError, TamperedError
from crypto.grant import seal_grant
from crypto.roster import StaffEntry
from crypto.sealed import open_sealed
from crypto.xwing import Identity, Recipient
from subrosa.errors import ShellError, UsageError

ASKED = "subrosa-recovery-asked-1"
OPENED = "subrosa-recovery-opened-1"


class NothingToRecoverError(ShellError):
    """Nothing is lost to the living that recovery could give this person"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom keys are asked for, and what recovery holds of them."""

    to: StaffEntry
    grants: list[dict[str, Any]]


def ask(session: Session, strongbox: Strongbox, staffing: Staffing, name: str) -> bytes:
    """
    Return a file that asks for every key only recovery holds, and that *name* may hold.

    Raises:
        UsageError: nobody who may work is called so.
        NothingToRecoverError: there is no such key.
    """
    entry = _living(staffing, name)
    grants = [
        {
            "compartment": row.compartment,
            "generation": row.generation,
            "grant": base64.b64encode(inner).decode(),
            "owner": row.owner.hex(),
            "recipient": key.recipient.raw.hex(),
        }
        for row, inner, key in _only_recovery(session, strongbox, staffing, name)
    ]
    if not grants:
        raise NothingToRecoverError
    return canonical.dumps({"grants": grants, "kind": ASKED, "to": _as_json(entry)})


def read_asked(body: bytes) -> Asked:
    """
    Read a file :func:`ask` wrote: a claim, until the words of whom it is for were read aloud.

    Raises:
        UsageError: it is none.
    """
    try:
        said = _said(body, ASKED)
        return Asked(_entry(said["to"]), list(said["grants"]))
    except (CryptoError, KeyError, TypeError, ValueError):
        raise UsageError("this file does not ask for keys") from None


def open_all(asked: Asked, recovery: Identity) -> tuple[bytes, int]:
    """
    Open what is asked for with the recovery key, and seal it to whom it is for.

    Returns the file, and how many keys are left out because they are for another recovery key, of before.

    Raises:
        CryptoError: a grant was moved or changed, or holds another key than it says.
    """
    grants, others = [], 0
    for one in asked.grants:
        try:
            grants.append(_open_one(one, asked.to, recovery))
        except NotForUsError:
            others += 1
    said = {"grants": grants, "kind": OPENED, "number": asked.to.number, "to": asked.to.id}
    return canonical.dumps(said), others


def _open_one(one: dict[str, Any], to: StaffEntry, recovery: Identity) -> dict[str, Any]:
    public = PublicKey(
        bytes.fromhex(one["owner"]),
        str(one["compartment"]),
        int(one["generation"]),
        Recipient.parse(bytes.fromhex(one["recipient"])),
    )
    sealed = base64.b64decode(one["grant"], validate=True)
    seed = Identity.from_seed(open_sealed(sealed, recovery, keys.grant_context(public, keys.RECOVERY)))
    if seed.recipient != public.recipient:
        raise TamperedError
    grant = seal_grant(seed, to.recipient, keys.grant_context(public, to.id))
    return {**_place(one), "grant": base64.b64encode(grant).decode()}


def take(database: Database, strongbox: Strongbox, staffing: Staffing, body: bytes, today: date) -> int:
    """
    Put the grants in a file :func:`open_all` wrote under the epoch lock; return how many were new.

    Raises:
        UsageError: it is none, or for somebody who may not work now, or not with this key.
    """
    try:
        said = _said(body, OPENED)
        name, number, grants = str(said["to"]), int(said["number"]), list(said["grants"])
    except (CryptoError, KeyError, TypeError, ValueError):
        raise UsageError("this file holds no keys for anybody") from None
    if _living(staffing, name).number != number:
        raise UsageError(f"{name} has another keyring by now: ask again")
    taken = 0
    for one in grants:
        # A transaction each: the case is held before the journal is.
        with database.write() as session:
            taken += _take_one(session, strongbox, staffing, name, number, one, today)
    return taken


def _said(body: bytes, kind: str) -> dict[str, Any]:
    """Read a file of this *kind*; a ValueError says that it is of another."""
    said: dict[str, Any] = canonical.loads(body)
    if said["kind"] != kind:
        raise ValueError(kind)
    return said


def _take_one(
    session: Session, strongbox: Strongbox, staffing: Staffing, name: str, number: int, one: Any, today: date
) -> bool:
    owner, compartment = bytes.fromhex(one["owner"]), str(one["compartment"])
    generation = int(one["generation"])
    thing = _thing(session, owner, compartment, held=True)
    place = (owner, compartment, generation)
    if thing is None or session.get(SealingKey, place) is None:
        return False  # erased since
    if not has_role(name, staffing, *roles_for(session, strongbox, staffing, thing, compartment, name)):
        raise UsageError(f"{name} may not hold what is in this file")
    row = session.get(Grant, (*place, name, number))
    if row is not None and open_grant(row, strongbox) is not None:
        return False
    row = row or Grant(owner=owner, compartment=compartment, generation=generation, staff=name, number=number)
    row.epoch = strongbox.epoch.number
    body = base64.b64decode(one["grant"], validate=True)
    row.locked = lock.lock(strongbox.epoch, body, keys.lock_context(*place, name, number))
    session.add(row)
    by = Actor(OPERATOR, 0, strongbox.signing)
    journal.write(session, "recover", by=by, day=today, case=None if compartment == keys.DRAFT else owner)
    return True


def _only_recovery(
    session: Session, strongbox: Strongbox, staffing: Staffing, name: str
) -> Iterator[tuple[Grant, bytes, PublicKey]]:
    """Yield the grants of recovery whose key nobody living holds, and *name* may hold."""
    living = staffing.hands.living
    rows = session.scalars(select(Grant).where(Grant.staff == keys.RECOVERY)).all()
    present = {
        _place_of(row)
        for row in rows
        if row.number == staffing.paper and open_grant(row, strongbox) is not None
    }
    for row in rows:
        if row.number != staffing.paper and _place_of(row) in present:
            continue  # an earlier paper's, of what the present one opens too
        others = session.scalars(
            select(Grant).where(
                Grant.owner == row.owner,
                Grant.compartment == row.compartment,
                Grant.generation == row.generation,
                Grant.staff != keys.RECOVERY,
            )
        )
        is_held = any(
            (one.staff, one.number) in living and open_grant(one, strongbox) is not None for one in others
        )
        key = session.get(SealingKey, (row.owner, row.compartment, row.generation))
        thing = _thing(session, row.owner, row.compartment, held=False)
        inner = open_grant(row, strongbox)
        if is_held or key is None or thing is None or inner is None:
            continue
        if has_role(name, staffing, *roles_for(session, strongbox, staffing, thing, row.compartment, name)):
            yield row, inner, keys.public_of(key)


def _place_of(row: Grant) -> tuple[bytes, str, int]:
    return row.owner, row.compartment, row.generation


def _thing(session: Session, owner: bytes, compartment: str, *, held: bool) -> Case | Draft | None:
    """Return the case or draft a key is of; *held* until the end, so that nothing erases it meanwhile."""
    if compartment == keys.DRAFT:
        return session.get(Draft, owner, with_for_update=held)
    return session.get(Case, owner, with_for_update=held)


def _living(staffing: Staffing, name: str) -> StaffEntry:
    entry = staffing.roster.find(name)
    if entry is None or name not in staffing.living:
        raise UsageError(f"nobody who may work is called {name}")
    return entry


def _place(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("compartment", "generation", "owner")}


def _as_json(entry: StaffEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "number": entry.number,
        "recipient": entry.recipient.raw.hex(),
        "roles": sorted(entry.roles),
        "signing": entry.signing.hex(),
    }


def _entry(said: dict[str, Any]) -> StaffEntry:
    return StaffEntry(
        id=str(said["id"]),
        roles=frozenset(said["roles"]),
        recipient=Recipient.parse(bytes.fromhex(said["recipient"])),
        signing=bytes.fromhex(said["signing"]),
        number=int(said["number"]),
        expires=None,
        revoked=False,
    )
