"""
A bookmark: where a book was in the journal, and what it said so far.

It lies beside the state of whoever reads: ``parties.seen`` in the hub's ``state_dir``, and beside a desk's
keyrings. It is locked with a key made from the signatures of the rows up to the one it lies at, a thousand at
most, which stand in the database and nowhere else. Of one row it would not do: whoever signed it makes that
signature again from the head, which lies beside. So whoever takes a desk's machine without the database, and
not the keys of all who signed these rows, learns nothing from it. At a journal that does not lead to this
row, or under other root keys, it opens nothing and is passed over.

What opens is believed: whoever can write where it lies holds hub or desk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import canonical, renewals
from casework.accounts import Accounts, Founding, Parties
from casework.heads import Head
from casework.tables import JournalRow
from casework.voices import Voices
from crypto import context, lock
from crypto.errors import CryptoError
from crypto.roster import Anchor

T = TypeVar("T")

NAME = "parties.seen"

# Counts up with every change of what a book notes, so that no book goes on from what another kind noted.
_KIND = 2
_TAG = b"subrosa bookmark v2\n"
# Rows whose signatures make the key.
SIGNATURES = 1000


def make(session: Session, head: Head, accounts: Accounts, anchor: Anchor) -> bytes:
    """Return the bookmark of a book that was read until *head* under the root keys of *anchor*."""
    return lock.lock(_key(session, head.n), canonical.dumps(_written(accounts)), _place(head, anchor))


def read(path: Path) -> bytes | None:
    """Return what lies there; without it the journal is read from its beginning, and nothing is lost."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def find(session: Session, bookmark: bytes, anchor: Anchor) -> tuple[Head, Accounts] | None:
    """Return where *bookmark* lies and what was known there; none where the journal does not lead there."""
    try:
        n = lock.number_of(bookmark)
        found = session.scalar(select(JournalRow.head).where(JournalRow.n == n))
        if found is None:
            return None
        head = Head(n, found)
        body = lock.unlock(_key(session, n), bookmark, _place(head, anchor))
        return head, _read(canonical.loads(body))
    except (AttributeError, CryptoError, KeyError, TypeError, ValueError):
        return None


def _key(session: Session, n: int) -> lock.Key:
    """Return the key of a bookmark at row *n*; whoever lacks one signature of many has nothing."""
    last = select(JournalRow.n, JournalRow.signature).where(JournalRow.n.between(n - SIGNATURES + 1, n))
    rows = session.execute(last.order_by(JournalRow.n))
    signatures = canonical.dumps([[row.n, row.signature.hex()] for row in rows])
    return lock.Key(n, hashlib.sha256(_TAG + signatures).digest())


def _place(head: Head, anchor: Anchor) -> bytes:
    roots = hashlib.sha256(b"".join(sorted(anchor.roots))).digest()
    return context.named("bookmark", _KIND, head.head, roots, anchor.threshold)


def _written(accounts: Accounts) -> dict[str, Any]:
    return {
        "cases": {
            case.hex(): {team: _fields(one) for team, one in teams.items()}
            for case, teams in accounts.cases.items()
        },
        "founded": {case.hex(): _fields(one) for case, one in accounts.founded.items()},
        "drafts": {draft.hex(): who for draft, who in accounts.drafts.items()},
        "muted": _hexes(accounts.muted),
        "named": _hexes(accounts.named),
        "ever": {case.hex(): sorted(names) for case, names in accounts.ever.items()},
        "voices": {
            who: {"since": one.since, "n": one.n, "day": one.day.isoformat(), "actors": sorted(one.actors)}
            for who, one in accounts.voices.items()
        },
        "renewed": canonical.loads(renewals.dumps(accounts.renewed)),
    }


def _read(said: Mapping[str, Any]) -> Accounts:
    return Accounts(
        cases=_by_id(said["cases"], lambda teams: {team: _parties(one) for team, one in teams.items()}),
        founded=_by_id(said["founded"], lambda one: Founding(**_dated(one))),
        drafts=_by_id(said["drafts"], str),
        muted=set(map(bytes.fromhex, said["muted"])),
        named=set(map(bytes.fromhex, said["named"])),
        ever=_by_id(said["ever"], set),
        voices={
            who: Voices(**{**_dated(one), "actors": set(one["actors"])})
            for who, one in said["voices"].items()
        },
        renewed=renewals.loads(canonical.dumps(said["renewed"])),
    )


def _fields(one: Parties | Founding) -> dict[str, Any]:
    """Return what is said, without what is empty: most cases have neither consultant nor another case."""
    found = {each.name: getattr(one, each.name) for each in fields(one)}
    plain = {
        name: value.hex()
        if isinstance(value, bytes)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in found.items()
    }
    return {name: value for name, value in plain.items() if value is not None}


def _parties(said: Mapping[str, Any]) -> Parties:
    into = said.get("into")
    return Parties(**{**_dated(said), "into": None if into is None else bytes.fromhex(into)})


def _dated(said: Mapping[str, Any]) -> dict[str, Any]:
    day = said.get("day")
    return {**said, "day": date.fromisoformat(day)} if day is not None else dict(said)


def _by_id(said: Mapping[str, Any], read: Callable[[Any], T]) -> dict[bytes, T]:
    return {bytes.fromhex(one): read(value) for one, value in said.items()}


def _hexes(ids: Iterable[bytes]) -> list[str]:
    return sorted(one.hex() for one in ids)
