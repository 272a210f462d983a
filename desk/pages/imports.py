"""Imported lists in review: two people sign the same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from casework import releases
from casework.tables import Manifest, ManifestSignature
from desk import gating
from desk.errors import ConflictError, MissingError
from desk.routes import Route
from desk.visit import Reply, Visit
from register import lists
from register.checks import problems
from register.entry import Entry
from register.errors import RegisterError

SIGNERS = frozenset({"editor", "coordinator"})
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Listed:
    """One list: its row, who signed it, and its entries."""

    manifest: Manifest
    signers: Sequence[str]
    entries: Sequence[Entry] = field(repr=False)
    is_readable: bool = True


def index(visit: Visit) -> Reply:
    """Show every list, those in review first."""
    with visit.database.read() as session:
        rows = session.scalars(select(Manifest).order_by(Manifest.day.desc(), Manifest.digest)).all()
        signatures = session.scalars(select(ManifestSignature)).all()
    found = [_listed(row, signatures) for row in rows]
    found.sort(key=lambda one: one.manifest.state != "review")
    return visit.page("imports.html", lists=found)


def show(visit: Visit) -> Reply:
    """Show every entry of one list, as a reader will see it."""
    listed = _find(visit)
    return visit.page(
        "import.html",
        listed=listed,
        problems={one.id: problems(one) for one in listed.entries},
        texts={one.id: gating.entry_texts(one) for one in listed.entries},
    )


def sign(visit: Visit) -> Reply:
    """Sign a list; the second signature releases it."""
    listed = _find(visit)
    if not listed.is_readable:
        raise ConflictError(("list_unreadable",))
    against = {reason for one in listed.entries for reason in problems(one)}
    if against:
        raise ConflictError(sorted(against))
    with visit.database.write() as session:
        manifest = releases.sign_manifest(session, listed.manifest.digest, visit.acting)
        state = manifest.state
    return visit.go("/imports", "notice.list_released" if state == "released" else "notice.list_signed")


def withdraw(visit: Visit) -> Reply:
    """Take a list back."""
    listed = _find(visit)
    with visit.database.write() as session:
        releases.withdraw_manifest(session, listed.manifest.digest, visit.acting)
    return visit.go("/imports", "notice.list_withdrawn")


def _find(visit: Visit) -> Listed:
    text = visit.arguments.get("digest", "")
    if not _DIGEST.match(text):
        raise MissingError
    with visit.database.read() as session:
        row = session.get(Manifest, bytes.fromhex(text))
        signatures = session.scalars(
            select(ManifestSignature).where(ManifestSignature.digest == bytes.fromhex(text))
        ).all()
    if row is None:
        raise MissingError
    return _listed(row, signatures)


def _listed(row: Manifest, signatures: Sequence[ManifestSignature]) -> Listed:
    signers = sorted(one.staff for one in signatures if one.digest == row.digest)
    try:
        return Listed(row, signers, lists.unpack(row.body))
    except RegisterError:
        return Listed(row, signers, (), is_readable=False)


ROUTES = (
    Route("GET", "/imports", index, SIGNERS),
    Route("GET", "/imports/{digest:str}", show, SIGNERS),
    Route("POST", "/imports/{digest:str}/sign", sign, SIGNERS),
    Route("POST", "/imports/{digest:str}/withdraw", withdraw, SIGNERS),
)
