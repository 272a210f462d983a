"""
Drafts: a summary being written, and the moment its text stands still.

The words lie sealed to a key of the draft's own, which its author grants to approvers and, once it is
frozen, to those who hold cards. Freezing names the SHA-256 of exactly what would be public; any edit after
that voids the digest and every verdict and approval that was bound to it.
"""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import journal, lives, permits
from casework.errors import NotAllowedError, NotFoundError, NotReleasableError, StaleError
from casework.keys import PublicKey
from casework.permits import Acting
from casework.releases import pictures
from casework.rosters import EDITORS
from casework.tables import Approval, Draft, Grant, Press, Published, SealingKey, Verdict, Wording
from crypto import context, sealed
from crypto.xwing import Identity

_PUBLIC_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}\Z")
_DIGEST_SIZE = 32
# What the register may hold already, though nobody noted yet that it does: a new text, and a correction.
PRINTING = "printing"
REPRINTING = "reprinting"


def seal_draft(key: PublicKey, body: bytes) -> bytes:
    """Seal the words of a draft to the draft's own key."""
    return sealed.seal(body, [key.recipient], _where(key.owner, key.generation))


def open_draft(draft: Draft, identity: Identity) -> bytes:
    """
    Open the words of a draft.

    Raises:
        CryptoError: not for this key, or not the text of this draft.
    """
    return sealed.open_sealed(draft.sealed, identity, _where(draft.id, draft.generation))


def new_draft(
    session: Session, draft_id: bytes, case_id: bytes | None, public_id: str, body: bytes, acting: Acting
) -> Draft:
    """
    Begin a draft of which the actor is the author; *body* comes from :func:`seal_draft`.

    *public_id* says nothing about the case; that of something already public begins a correction of it.

    Raises:
        NotAllowedError: not an editor, or an id that has no right form or was retracted.
        NotFoundError: the case is not this person's, or not one of the editors'.
    """
    acting.check_living("draft")
    if not acting.has_role("editor") or not _PUBLIC_ID.match(public_id):
        raise NotAllowedError("draft")
    _check_not_retracted(session, public_id)
    if case_id is not None:
        case = permits.see(session, case_id, acting)
        if case.team != EDITORS or not permits.is_holder(case, acting.staff):
            raise NotFoundError
        if case.status not in (*lives.ACTIVE, "closed"):
            raise NotAllowedError("draft")
    draft = Draft(
        id=draft_id,
        case=case_id,
        public_id=public_id,
        status="draft",
        author=acting.staff,
        day=acting.day,
        version=1,
        generation=0,
        sealed=body,
    )
    session.add(draft)
    journal.write(session, "draft", by=acting.by, day=acting.day, subject=draft_id)
    return draft


def save_draft(
    session: Session, draft_id: bytes, version: int, body: bytes, generation: int, acting: Acting
) -> Draft:
    """
    Keep a new text, sealed to this *generation* of the draft's key.

    What was frozen, judged, approved or on its way to the press is void.

    Raises:
        NotFoundError, NotAllowedError, StaleError, WrongStateError: as everywhere.
    """
    draft = take(session, draft_id, version, "save", acting)
    _check_author(draft, acting, "save")
    void(session, draft)
    draft.sealed = body
    draft.generation = generation
    return draft


def freeze(session: Session, draft_id: bytes, version: int, digest: bytes, acting: Acting) -> Draft:
    """
    Let the text stand still: *digest* is the SHA-256 of the public bytes, and what follows is bound to it.

    Raises:
        NotFoundError, NotAllowedError, StaleError, WrongStateError: as everywhere.
    """
    if len(digest) != _DIGEST_SIZE:
        raise ValueError("casework: internal error: not a digest")
    draft = take(session, draft_id, version, "freeze", acting)
    _check_author(draft, acting, "freeze")
    draft.digest = digest
    draft.frozen = acting.day
    journal.write(session, "freeze", by=acting.by, day=acting.day, subject=draft_id)
    return draft


def embargo(session: Session, draft_id: bytes, version: int, until: date | None, acting: Acting) -> Draft:
    """
    Hold a text back until a day, or lift that; the text itself and what was said of it stay as they are.

    Raises:
        NotReleasableError: it is being printed, so readers may have it: too late to hold it back.
        NotFoundError, NotAllowedError, StaleError, WrongStateError: as everywhere.
    """
    draft = take(session, draft_id, version, "embargo", acting)
    if draft.author != acting.staff and not acting.has_role("editor", "coordinator"):
        raise NotAllowedError("embargo")
    if until is not None:
        check_not_printing(session, draft)
    lifted = draft.embargo_until is not None and (until is None or until < draft.embargo_until)
    draft.embargo_until = until
    if lifted:
        journal.write(session, "lift", by=acting.by, day=acting.day, subject=draft_id)
    return draft


def discard(session: Session, draft_id: bytes, version: int, acting: Acting) -> None:
    """
    Drop a draft that is not public, with its keys and everything that was said of it.

    Its author may; for an author who is gone another editor or a coordinator does, so that no entry waits
    for ever for a correction nobody can finish.

    Raises:
        NotReleasableError: the register may hold its text already.
        NotFoundError, NotAllowedError, StaleError, WrongStateError: as everywhere.
    """
    before = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if before is not None:
        check_not_printing(session, before)
    draft = take(session, draft_id, version, "discard", acting)
    if not may_discard(draft, acting):
        raise NotAllowedError("discard")
    void(session, draft)
    pictures.drop(session, [draft.id])
    for table in (Grant, SealingKey):
        session.execute(delete(table).where(table.owner == draft.id))
    session.delete(draft)
    journal.write(session, "discard", by=acting.by, day=acting.day, subject=draft_id)


def may_discard(draft: Draft, acting: Acting) -> bool:
    """Tell whether this person may drop *draft*; a suspension for a day makes no author gone."""
    if draft.author == acting.staff:
        return acting.has_role("editor")
    author = acting.staffing.roster.find(draft.author)
    is_there = author is not None and not author.revoked and "editor" in author.roles
    is_gone = not is_there or draft.author in acting.staffing.lasting
    return is_gone and acting.has_role("editor", "coordinator")


def take(session: Session, draft_id: bytes, version: int, act: str, acting: Acting) -> Draft:
    """
    Take hold of a draft for one act: lock its row, check version and state, step it.

    Raises:
        NotAllowedError: no longer staff, or in none of the roles that work on drafts.
        NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    acting.check_living(act)
    if not acting.has_role("editor", "coordinator", "lawyer", "custodian"):
        raise NotAllowedError(act)
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFoundError
    if draft.version != version:
        raise StaleError
    draft.status = lives.step(lives.ENTRY, draft.status, act)
    draft.version += 1
    return draft


def void(session: Session, draft: Draft) -> None:
    """Forget the digest and everything that was said of it."""
    draft.digest = None
    draft.frozen = None
    draft.haste = None
    for table in (Verdict, Approval, Press, Wording):
        session.execute(delete(table).where(table.draft == draft.id))


def check_not_printing(session: Session, draft: Draft) -> None:
    """
    Check that the register cannot hold the text of *draft* yet.

    Raises:
        NotReleasableError: it may.
    """
    state = session.scalar(select(Published.state).where(Published.public_id == draft.public_id))
    if draft.status == "scheduled" and state in (PRINTING, REPRINTING):
        raise NotReleasableError(["printing"])


def _check_author(draft: Draft, acting: Acting, act: str) -> None:
    if draft.author != acting.staff or not acting.has_role("editor"):
        raise NotAllowedError(act)


def _check_not_retracted(session: Session, public_id: str) -> None:
    state = session.scalar(select(Published.state).where(Published.public_id == public_id))
    if state == "retracted":
        raise NotAllowedError("draft")


def _where(draft: bytes, generation: int) -> bytes:
    return context.named("draft", draft, generation)
