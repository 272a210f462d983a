"""Imported lists in review: two people sign the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from casework import releases
from casework.tables import Manifest, ManifestSignature
from desk import gating
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.routes import Route
from desk.visit import Reply, Visit
from register import lists
from register.checks import problems
from register.errors import RegisterError
from register.lists import HandMade
from register.proposals import ACCEPTABLE, Proposal, accept, open_ones

SIGNERS = frozenset({"editor", "coordinator"})
ON_A_PAGE = 50
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Listed:
    """One list: its row, who signed it, and what it holds."""

    manifest: Manifest
    signers: Sequence[str]
    body: HandMade = field(default=HandMade(()), repr=False)
    is_readable: bool = True

    @property
    def proposals(self) -> tuple[tuple[str, Proposal], ...]:
        """What an editor has yet to decide, each with the name it has in the form."""
        return tuple((str(n), one) for n, one in enumerate(self.body.proposals))


def index(visit: Visit) -> Reply:
    """Show every list, those in review first."""
    with visit.database.read() as session:
        rows = session.scalars(select(Manifest).order_by(Manifest.day.desc(), Manifest.digest)).all()
        signatures = session.scalars(select(ManifestSignature)).all()
    found = [_listed(row, signatures) for row in rows]
    found.sort(key=lambda one: one.manifest.state != "review")
    return visit.page("imports.html", lists=found)


def show(visit: Visit) -> Reply:
    """Show one list as a reader will see it, some entries at a time, with what is proposed for each."""
    listed = _find(visit)
    waiting = {one.entry for one in listed.body.proposals}
    # What needs a decision comes first; the rest in the order of the list.
    places = {item.id: n for n, item in enumerate(listed.body.outline.items)} if listed.body.outline else {}
    ordered = sorted(
        listed.body.publishable,
        key=lambda one: (one.id not in waiting, places.get(one.parent or one.id, 0), one.parent is not None),
    )
    pages = max(1, -(-len(ordered) // ON_A_PAGE))
    asked = visit.query.get("page", "")[:6]
    page = min(max(1, int(asked)), pages) if asked.isdecimal() else 1
    shown = ordered[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    return visit.page(
        "import.html",
        listed=listed,
        shown=shown,
        proposed={one.id: [p for p in listed.proposals if p[1].entry == one.id] for one in shown},
        acceptable=ACCEPTABLE,
        problems={one.id: problems(one) for one in shown},
        faulty=sum(1 for one in listed.body.publishable if problems(one)),
        texts={one.id: gating.entry_texts(one) for one in shown},
        page_number=page,
        pages=pages,
    )


def decide(visit: Visit) -> Reply:
    """Accept or drop the proposals that were ticked; the list that comes of it has to be signed anew."""
    listed = _readable(visit)
    does = visit.choose("does", ("accept", "drop"))
    ticked = set(visit.form.all("proposal"))
    chosen = [one for name, one in listed.proposals if name in ticked]
    if not chosen:
        raise IncompleteError("proposal")
    left = [one for name, one in listed.proposals if name not in ticked]
    entries = listed.body.entries
    if does == "accept":
        entries = accept(entries, [one for one in chosen if one.kind in ACCEPTABLE])
        left = list(open_ones(left, entries))
    body = lists.pack(entries, listed.body.outline, left)
    with visit.database.write() as session:
        digest = releases.replace_manifest(session, listed.manifest.digest, body, visit.acting)
    return visit.go(f"/imports/{digest.hex()}", "notice.list_decided")


def sign(visit: Visit) -> Reply:
    """Sign a list; the second signature releases it."""
    listed = _readable(visit)
    against = {reason for one in listed.body.publishable for reason in problems(one)}
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


def _readable(visit: Visit) -> Listed:
    listed = _find(visit)
    if not listed.is_readable:
        raise ConflictError(("list_unreadable",))
    return listed


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
    # A signature is over the digest in the address: what is shown has to be what it stands for.
    if row.body and hashlib.sha256(row.body).digest() != row.digest:
        return Listed(row, signers, is_readable=False)
    try:
        return Listed(row, signers, lists.unpack(row.body))
    except RegisterError:
        return Listed(row, signers, is_readable=False)


ROUTES = (
    Route("GET", "/imports", index, SIGNERS),
    Route("GET", "/imports/{digest:str}", show, SIGNERS),
    Route("POST", "/imports/{digest:str}/decide", decide, SIGNERS),
    Route("POST", "/imports/{digest:str}/sign", sign, SIGNERS),
    Route("POST", "/imports/{digest:str}/withdraw", withdraw, SIGNERS),
)
