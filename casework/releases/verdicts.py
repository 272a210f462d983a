"""
The two halves of the gate, as signed verdicts over one frozen digest: a level and sealed findings.

* The *editor's half* comes from the desk of somebody who may write or approve.
* The *holder's half* of a tip comes from who holds its card, that of a brief from the lawyer who wrote it.
  Others who hold cards add theirs: what they find counts, what they do not find opens nothing.
* An entry without a living case needs a *no case* verdict by its approver instead.

Among several verdicts the gravest counts, whoever gave it; a passing one, only while its signer is staff.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import journal, keys, lives, notices
from casework.errors import NotAllowedError, NotFoundError, StaleError
from casework.permits import Acting, is_member
from casework.releases import signing
from casework.rosters import LEGAL, Staffing
from casework.tables import Approval, Case, Draft, JournalRow, Press, Verdict
from crypto.roster import Roster

EDITOR = "editor"
HOLDER = "holder"
NO_CASE = "no_case"
HALVES = (EDITOR, HOLDER, NO_CASE)
LEVELS = ("pass", "warn", "block")


def record_verdict(
    session: Session, draft_id: bytes, digest: bytes, half: str, level: str, findings: bytes, acting: Acting
) -> Verdict:
    """
    Record one half of the gate over *digest*; *findings* (spans and kinds) are sealed to the draft's key.

    A block voids an approval given before it, its override included: the approver must look at this one too.

    Raises:
        StaleError: the text was edited since.
        NotAllowedError: this half is not this person's to give.
        NotFoundError, WrongStateError: as everywhere.
    """
    if half not in HALVES or level not in LEVELS:
        raise ValueError("casework: internal error: no such half or level")
    acting.check_living("verdict")
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFoundError
    after = lives.step(lives.ENTRY, draft.status, "block" if level == "block" else "verdict")
    if draft.digest is None or draft.digest != digest:
        raise StaleError
    _check_may_judge(session, draft, half, acting)
    verdict = Verdict(
        id=keys.new_id(),
        draft=draft_id,
        digest=digest,
        half=half,
        level=level,
        staff=acting.staff,
        number=acting.by.number,
        day=acting.day,
        sealed=findings,
    )
    signing.sign(verdict, acting.by.signing)
    session.add(verdict)
    if level == "block":
        _void_approval(session, draft, acting)
    draft.status = after
    journal.write(session, "verdict", by=acting.by, day=acting.day, subject=draft_id)
    return verdict


def card_holders(session: Session, case: Case, staffing: Staffing) -> frozenset[str]:
    """Return who gives the holder's half for *case* itself."""
    if case.kind != "brief":
        return frozenset(holder.staff for holder in staffing.custodians())
    origin = origin_of(session, case, staffing.roster)
    authors = {row.actor for row in _written(session, case, staffing.roster)}
    holders = authors | ({origin.assignee, origin.second} if origin else set())
    # A row cannot make somebody a lawyer: only the roster can.
    return frozenset(one for one in holders if one and is_member(one, LEGAL, staffing))


def origin_of(session: Session, brief: Case, roster: Roster) -> Case | None:
    """Return the lawyer's case a brief was written of; None once that was erased."""
    ids = [row.case for row in _written(session, brief, roster) if row.case is not None]
    return session.scalars(select(Case).where(Case.id.in_(ids))).first()


def _written(session: Session, brief: Case, roster: Roster) -> list[JournalRow]:
    """Return the journal rows in which a lawyer signed that they wrote *brief*; no other counts."""
    said = select(JournalRow).where(JournalRow.act == "brief", JournalRow.subject == brief.id)
    return [row for row in session.scalars(said) if journal.is_signed(row, roster)]


def levels(verdicts: Iterable[Verdict], half: str, counting: frozenset[bytes]) -> frozenset[str]:
    """Return the levels *half* was given by the ids in *counting*."""
    return frozenset(one.level for one in verdicts if one.half == half and one.id in counting)


def of_digest(session: Session, draft: Draft) -> list[Verdict]:
    """Return the verdicts over the digest the draft has now."""
    return list(
        session.scalars(select(Verdict).where(Verdict.draft == draft.id, Verdict.digest == draft.digest))
    )


def journalled(session: Session, draft: Draft) -> int:
    """Return how many verdicts the journal counts since the draft was frozen; none while it is not."""
    if draft.digest is None:
        return 0
    about = JournalRow.subject == draft.id
    frozen = select(func.max(JournalRow.n)).where(about, JournalRow.act == "freeze").scalar_subquery()
    given = select(func.count()).where(about, JournalRow.act == "verdict", JournalRow.n > frozen)
    return session.scalar(given) or 0


def living_case(session: Session, draft: Draft) -> Case | None:
    """Return the case a draft comes from, unless it was erased since."""
    return None if draft.case is None else session.get(Case, draft.case)


def _void_approval(session: Session, draft: Draft, acting: Acting) -> None:
    given = session.scalars(
        select(Approval).where(Approval.draft == draft.id, Approval.role == "approver")
    ).all()
    for approval in given:
        session.delete(approval)
    session.execute(delete(Press).where(Press.draft == draft.id))
    if given:
        told = {draft.author, *(approval.staff for approval in given)}
        notices.tell(session, notices.FAILED, told, None, acting.now)
        draft.version += 1


def _check_may_judge(session: Session, draft: Draft, half: str, acting: Acting) -> None:
    case = living_case(session, draft)
    if half == EDITOR:
        allowed = acting.has_role("editor", "coordinator")
    elif half == HOLDER:
        own = case is not None and acting.staff in card_holders(session, case, acting.staffing)
        allowed = own or acting.has_role("custodian", "lawyer")
    else:
        allowed = case is None and draft.author != acting.staff and acting.has_role("editor", "coordinator")
    if not allowed:
        raise NotAllowedError("verdict")
