"""
The second medium in the wrong hands: the newest copies, without the operator's escrow key and with it.

With the key, the dump is laid out in memory and tried like the disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from casework import canonical
from casework.database import Database
from casework.tables import Case
from crypto import context
from crypto.lock import Key
from crypto.sealed import open_stream
from crypto.xwing import Identity
from subrosa import dump, erased, escrow, keycopies, schema
from subrosa.seizure import grants
from subrosa.seizure.disk import Tally
from subrosa.seizure.findings import Finding
from subrosa.seizure.loot import Loot

# The folders of the medium, and what the files in them are sealed as.
KINDS = {"keys": "keys", "dumps": "dump", "records": "records"}


@dataclass(frozen=True, repr=False)
class Copy:
    """The newest backup, opened: its rows, and every key that the medium has for them."""

    session: Session
    loot: Loot


def without_key(medium: Path, loot: Loot) -> tuple[Finding, ...]:
    """Try every key found on the disk on the copies."""
    copies = [(purpose, path) for purpose in KINDS for path in sorted(medium.glob(f"{purpose}/*.age"))]
    tally = Tally()
    for purpose, name in KINDS.items():
        # Each copy is sealed to the same key: what opens the newest opens all.
        for _, path in [one for one in copies if one[0] == purpose][-1:]:
            where = context.named("escrow", name)
            tally.count(loot.open(partial(_open, path, where)), None)
    return (
        tally.finding("copies", "newest copies that a key found on the machine opens"),
        Finding("stamps", len(copies), "copies whose names tell the hour, and how much there was by then"),
        Finding(
            "erased", len(erased.read(medium)), "ids of erased cases, in clear: that they were, not what"
        ),
        Finding(
            "heads",
            len(escrow.day_heads(medium).splitlines()),
            "days, each with how many acts there were by then",
        ),
    )


def with_key(copy: Copy) -> tuple[Finding, ...]:
    """Try on the newest copy what medium and escrow key open together."""
    outer, inner = grants.outer(copy.session, copy.loot), grants.inner(copy.session, copy.loot)
    return (
        Finding(
            "backup_cases", grants.count(copy.session, Case), "cases: what stands in clear on the disk too"
        ),
        outer.finding(
            "backup_grants", "grants whose outer lock is off: a staff keyring is all that is missing"
        ),
        inner.finding("backup_seeds", "grants that open without a staff keyring"),
        grants.items(copy.session, copy.loot).finding("backup_items", "sealed things that open without one"),
    )


@contextmanager
def opened(medium: Path, identity: Identity, folder: Path) -> Iterator[Copy]:
    """
    Lay the newest copy out in memory; the dump passes through a file without a name in *folder*.

    Raises:
        RestoreError: there is no copy, or it is of a newer version.
        CryptoError: it is not for this escrow key, or damaged.
    """
    keys = keycopies.open_newest(medium, identity).keys
    database = Database(create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True))
    source, _taken = escrow.open_dump(medium, identity, folder)
    try:
        with source, schema.as_of(database, dump.version(source)) as session:
            dump.read(session, source)
            schema.bring_up(session)
            wanted = dump.epochs_named(session)
            keys["epoch.key"], _missing = keycopies.add_epochs(medium, identity, keys["epoch.key"], wanted)
            yield Copy(session, Loot.of({Path(name).stem: _numbered(body) for name, body in keys.items()}))
    finally:
        database.close()


def _open(path: Path, where: bytes, identity: Identity) -> bool:
    with path.open("rb") as source:
        open_stream(source, io.BytesIO(), identity, where)
    return True


def _numbered(body: bytes) -> dict[int, Key]:
    entries = canonical.loads(body)["keys"]
    return {int(n): Key(int(n), bytes.fromhex(one["secret"])) for n, one in entries.items()}
