"""
Imported lists in review: two people sign the same bytes.

What was corrected here is put beside what the list says of it, and stays unless they choose the list's words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import select

from casework import releases
from casework.tables import Manifest, ManifestSignature
from desk import correcting, gating
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.routes import Route
from desk.visit import Reply, Visit
from register import basis as basing
from register import lists
from register.basis import Basis
from register.checks import problems
from register.entry import Entry
from register.errors import RegisterError
from register.lists import HandMade
from register.proposals import ACCEPTABLE, Proposal, accept, open_ones
from register.recognising import moved, recognise

TAKES = ("ours", "list")
SIGNERS = frozenset({"editor", "coordinator"})
ON_A_PAGE = 50
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Contest:
    """An entry of a list that was corrected here: whose words stand, and what the list would change."""

    basis: Basis
    ours: Entry | None = field(repr=False)  # None where this desk cannot read what is public
    changes: Sequence[correcting.Change] = field(repr=False)
    is_overtaken: bool


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
    contests = _contests(visit, listed)
    waiting = {one.entry for one in listed.body.proposals} | contests.keys()
    ours = {
        one.public: correcting.public_entry(visit, one.public) for _, one in listed.proposals if one.public
    }
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
        contests=contests,
        ours={public_id: one for public_id, one in ours.items() if one is not None},
        changed=correcting.changes,
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
    body = replace(listed.body, proposals=tuple(left))
    return _replaced(visit, listed, _accepted(visit, body, chosen) if does == "accept" else body)


def choose(visit: Visit) -> Reply:
    """Choose whose words stand where an entry was corrected here; the list has to be signed anew."""
    listed = _readable(visit)
    takes = visit.choose("takes", TAKES)
    contests = _contests(visit, listed)
    chosen = {one: contests[one] for one in visit.form.all("contest") if one in contests}
    if not chosen:
        raise IncompleteError("contest")
    if takes == "list" and any(one.ours is None for one in chosen.values()):
        raise ConflictError(("list_unseen",))
    bases = {one.entry: one for one in listed.body.bases}
    entries = {one.id: one for one in listed.body.entries}
    for public_id, one in chosen.items():
        bases[public_id] = msgspec.structs.replace(one.basis, keeps_ours=takes == "ours")
        if one.ours is not None and takes == "list":
            # What readers were told of earlier changes stays told.
            told = one.ours.corrections
            entries[public_id] = msgspec.structs.replace(entries[public_id], corrections=told)
    after = HandMade(
        tuple(entries.values()), listed.body.outline, listed.body.proposals, tuple(bases.values())
    )
    return _replaced(visit, listed, after)


def sign(visit: Visit) -> Reply:
    """Sign a list; the second signature releases it."""
    listed = _readable(visit)
    against = {reason for one in listed.body.publishable for reason in problems(one)}
    if any(one.is_overtaken for one in _contests(visit, listed).values()):
        against.add("list_overtaken")
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


def _contests(visit: Visit, listed: Listed) -> dict[str, Contest]:
    """Return, by id, what of a list was corrected here, before it was read or since."""
    found = {}
    for entry, basis in listed.body.standing:
        record = correcting.public_record(visit, entry.id)
        is_overtaken = record is not None and basing.is_overtaken(entry, basis, record)
        if not (basis.is_corrected or is_overtaken):
            continue
        ours = None if record is None else record.entry
        changes = () if ours is None else correcting.changes(ours, entry)
        now = basis if record is None else basing.kept(basis, record)
        shown = now if is_overtaken else msgspec.structs.replace(now, keeps_ours=basis.keeps_ours)
        found[entry.id] = Contest(shown, ours, changes, is_overtaken)
    return found


def _accepted(visit: Visit, body: HandMade, chosen: Sequence[Proposal]) -> HandMade:
    """Return a list with the *chosen* proposals carried out; first which entries of ours its stories are."""
    names = {}
    for one in chosen:
        if one.kind == "same":
            record = correcting.public_record(visit, one.public)
            if record is None or record.entry is None:
                raise ConflictError(("list_unseen",))
            body, names[one.entry] = recognise(body, one, record), one.public
    others = [moved(one, names) for one in chosen if one.kind in ACCEPTABLE and one.kind != "same"]
    entries = accept(body.entries, others)
    return replace(body, entries=entries, proposals=tuple(open_ones(body.proposals, entries)))


def _replaced(visit: Visit, listed: Listed, after: HandMade) -> Reply:
    body = lists.pack(after.entries, after.outline, after.proposals, after.bases)
    with visit.database.write() as session:
        digest = releases.replace_manifest(session, listed.manifest.digest, body, visit.acting)
    return visit.go(f"/imports/{digest.hex()}", "notice.list_decided")


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
    Route("POST", "/imports/{digest:str}/choose", choose, SIGNERS),
    Route("POST", "/imports/{digest:str}/sign", sign, SIGNERS),
    Route("POST", "/imports/{digest:str}/withdraw", withdraw, SIGNERS),
)
