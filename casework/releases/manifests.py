"""
Imported lists: they land in review and are released by two people who signed the same digest.

An imported list comes from what was public before, so no case and no card stands behind it; what it needs is
two pairs of eyes on exactly these bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import journal, lives, notices
from casework.actors import Actor
from casework.errors import NotAllowedError, NotFoundError, WrongStateError
from casework.permits import Acting, has_role
from casework.releases import drafts, signing
from casework.rosters import Staffing
from casework.tables import Draft, Manifest, ManifestSignature, Published

SIGNATURES = 2


def land_manifest(
    session: Session, body: bytes, by: Actor, day: date, instead_of: Collection[bytes] = ()
) -> bytes:
    """
    Put the bytes of an imported list in review and return their digest.

    Landing again what waits changes nothing. What was withdrawn, or public once, begins anew: no earlier
    signature counts. Lists in review whose digests are *instead_of* make way, with what was signed of them.
    """
    digest = hashlib.sha256(body).digest()
    for one in set(instead_of) - {digest}:
        earlier = session.get(Manifest, one, with_for_update=True, populate_existing=True)
        if earlier is not None and earlier.state == "review":
            session.execute(delete(ManifestSignature).where(ManifestSignature.digest == one))
            session.delete(earlier)
    session.flush()
    row = session.get(Manifest, digest)
    if row is not None and row.state in ("review", "released"):
        return digest
    session.execute(delete(ManifestSignature).where(ManifestSignature.digest == digest))
    row = row or Manifest(digest=digest)
    row.body, row.day, row.state = body, day, "review"
    session.add(row)
    journal.write(session, "import", by=by, day=day, subject=digest[:16])
    return digest


def replace_manifest(session: Session, digest: bytes, body: bytes, acting: Acting) -> bytes:
    """
    Put other bytes in the place of a list in review, and return their digest; what was signed of it is void.

    Raises:
        NotAllowedError, NotFoundError, WrongStateError: as :func:`sign_manifest`.
    """
    manifest = _in_review(session, digest, "import", acting)
    if hashlib.sha256(body).digest() == digest:
        return digest
    return land_manifest(session, body, acting.by, acting.day, instead_of=(manifest.digest,))


def sign_manifest(session: Session, digest: bytes, acting: Acting) -> Manifest:
    """
    Sign a list; with the second person's signature it is released.

    Raises:
        NotAllowedError: neither editor nor coordinator, suspended, or no longer staff.
        NotFoundError: no such list.
        WrongStateError: it was released or withdrawn before.
    """
    manifest = _in_review(session, digest, "sign-import", acting)
    row = session.get(ManifestSignature, (digest, acting.staff))
    if row is None:
        row = ManifestSignature(digest=digest, staff=acting.staff)
        session.add(row)
    row.number, row.day = acting.by.number, acting.day
    signing.sign(row, acting.by.signing)
    session.flush()
    journal.write(session, "sign-import", by=acting.by, day=acting.day, subject=digest[:16])
    if len(_signers(session, digest, acting.staffing)) >= SIGNATURES:
        manifest.state = "released"
    return manifest


def withdraw_manifest(session: Session, digest: bytes, acting: Acting) -> Manifest:
    """
    Take a list back that is still in review.

    Raises:
        NotAllowedError, NotFoundError, WrongStateError: as :func:`sign_manifest`.
    """
    manifest = _in_review(session, digest, "sign-import", acting)
    manifest.state, manifest.body = "withdrawn", b""
    journal.write(session, "sign-import", by=acting.by, day=acting.day, subject=digest[:16])
    return manifest


def manifests_in_review(session: Session) -> list[bytes]:
    """Return the bytes of the lists that wait for signatures, oldest first."""
    waiting = select(Manifest.body).where(Manifest.state == "review")
    return list(session.scalars(waiting.order_by(Manifest.day)))


def released_manifests(session: Session, staffing: Staffing) -> list[bytes]:
    """
    Return the bytes of the released lists, oldest first, checked again: two signatures over these very bytes.

    A list whose signers have left since stays released; a row changed in the database does not count.
    """
    rows = session.scalars(select(Manifest).where(Manifest.state == "released").order_by(Manifest.day))
    return [
        row.body
        for row in rows
        if hashlib.sha256(row.body).digest() == row.digest
        and len(_ever_signed(session, row.digest, staffing)) >= SIGNATURES
    ]


def note_entries(session: Session, body: bytes, entries: Mapping[str, bytes], now: datetime) -> None:
    """
    Note what the register is about to show of a released list: *entries* are public ids and digests.

    From then on each can be taken down like any other entry. A correction frozen over what was public before
    goes back to its author: nobody signed that it may undo the list. Doing it twice changes nothing.
    """
    day = now.date()
    row = session.get(Manifest, hashlib.sha256(body).digest())
    if row is None or row.state != "released":
        return
    for public_id, digest in entries.items():
        public = session.get(Published, public_id)
        if public is None:
            session.add(Published(public_id=public_id, digest=digest, day=day, state="published"))
        elif public.state in ("published", "corrected") and public.digest != digest:
            public.digest, public.day, public.state = digest, day, "corrected"
            _return_corrections(session, public_id, now)


def _return_corrections(session: Session, public_id: str, now: datetime) -> None:
    """Give frozen corrections of an entry back to their authors with every word; what was signed is void."""
    frozen = select(Draft).where(
        Draft.public_id == public_id, Draft.status.in_(("review", "approved", "scheduled"))
    )
    for draft in session.scalars(frozen.with_for_update().execution_options(populate_existing=True)).all():
        drafts.void(session, draft)
        draft.status = lives.step(lives.ENTRY, draft.status, "save")
        draft.version += 1
        notices.tell(session, notices.FAILED, [draft.author], None, now)


def mark_public(session: Session, body: bytes) -> None:
    """Note that the register shows a list, which keeps no word of it any more. Twice changes nothing."""
    row = session.get(Manifest, hashlib.sha256(body).digest())
    if row is not None and row.state == "released":
        row.state, row.body = "public", b""


def return_manifest(session: Session, body: bytes, instead: bytes, by: Actor, now: datetime) -> None:
    """Put a released list into review once more, as *instead*, and tell who signed what it was."""
    digest = hashlib.sha256(body).digest()
    row = session.get(Manifest, digest)
    if row is None or row.state != "released":
        return
    told = {one.staff for one in _signatures(session, digest)}
    session.execute(delete(ManifestSignature).where(ManifestSignature.digest == digest))
    session.delete(row)
    session.flush()
    land_manifest(session, instead, by, now.date())
    notices.tell(session, notices.FAILED, told, None, now)


def refuse_manifest(session: Session, body: bytes, now: datetime) -> None:
    """Withdraw a released list that the register would not take in, and tell who signed it."""
    digest = hashlib.sha256(body).digest()
    row = session.get(Manifest, digest)
    if row is None or row.state != "released":
        return
    row.state, row.body = "withdrawn", b""
    told = {one.staff for one in _signatures(session, digest)}
    notices.tell(session, notices.FAILED, told, None, now)


def _in_review(session: Session, digest: bytes, act: str, acting: Acting) -> Manifest:
    acting.check_living(act)
    if not acting.has_role("editor", "coordinator"):
        raise NotAllowedError(act)
    manifest = session.get(Manifest, digest, with_for_update=True, populate_existing=True)
    if manifest is None:
        raise NotFoundError
    if manifest.state != "review":
        raise WrongStateError(act)
    return manifest


def _signers(session: Session, digest: bytes, staffing: Staffing) -> set[str]:
    """Return who signed and may sign today."""
    return {
        row.staff
        for row in _signatures(session, digest)
        if signing.still_counts(row, staffing) and has_role(row.staff, staffing, "editor", "coordinator")
    }


def _ever_signed(session: Session, digest: bytes, staffing: Staffing) -> set[str]:
    rows = _signatures(session, digest)
    return {row.staff for row in rows if signing.was_signed(row, staffing.roster)}


def _signatures(session: Session, digest: bytes) -> list[ManifestSignature]:
    return list(session.scalars(select(ManifestSignature).where(ManifestSignature.digest == digest)))
