"""
Two people, one text: who signed that exactly these bytes may be public, and whether that still holds.

The author signs first, the approver second: an editor or coordinator other than the author, or a lawyer who
is not on the case. Both sign the digest, so an edit leaves nothing of either. A block is overridden by the
approver alone, with a reason. :func:`check_releasable` names every reason against a release, not the first,
and is asked twice: when the text goes to the press, and again by the hub before anything is public.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clocks, journal, lives, merging
from casework.errors import NotAllowedError, NotFoundError, NotReleasableError
from casework.journal import Reason
from casework.permits import Acting, has_role
from casework.releases import drafts, embargoes, signing, verdicts, wordings
from casework.rosters import Staffing
from casework.tables import Approval, Case, Clock, Draft, Published, TakeDown, Verdict
from crypto.roster import Roster
from crypto.signature import SigningKey

AUTHOR = "author"
APPROVER = "approver"

SUMMARY = "summary"
QUOTE = "quote"
SHARE = "share"
PICTURE = "picture"
CONSENTS = {SUMMARY: "may_summarise", QUOTE: "may_quote", SHARE: "may_share", PICTURE: "may_picture"}
"""From a use of the tipster's words to the column that allows it."""

# After this an expired roster no longer releases anything.
GRACE = timedelta(days=30)

# Every reason there is, in the order a person reads them.
REASONS = (
    "edited", "unsigned", "unapproved", "same_person", "editor_missing", "holder_missing", "no_case_missing",
    "blocked", "verdict_lost", "case_ended", "no_consent", "no_word", "embargoed", "held", "retracted",
    "roster_expired",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Override:
    """The approver's word that a block is wrong: the reason, and the same sealed to the draft's key."""

    reason: Reason
    sealed: bytes


def sign_as_author(
    session: Session, draft_id: bytes, version: int, digest: bytes, acting: Acting
) -> Approval:
    """
    Sign, as its author, that exactly this text may be public.

    Raises:
        NotReleasableError: the text is another one by now.
        NotAllowedError, NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    draft = drafts.take(session, draft_id, version, "sign", acting)
    _check_digest(draft, digest)
    if draft.author != acting.staff:
        raise NotAllowedError("approve")
    return _approve(session, draft, AUTHOR, None, acting)


def approve(
    session: Session,
    draft_id: bytes,
    version: int,
    digest: bytes,
    acting: Acting,
    override: Override | None = None,
) -> Approval:
    """
    Sign, as somebody other than its author, that exactly this text may be public.

    The editor's half must be there to be looked at; the holder's half may still come before the release.

    Raises:
        NotReleasableError: edited since, not signed by its author, not judged, or blocked without *override*.
        NotAllowedError: not a person who may approve this.
        NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    draft = drafts.take(session, draft_id, version, "approve", acting)
    _check_digest(draft, digest)
    if not may_approve(session, draft, acting.staff, acting.staffing):
        raise NotAllowedError("approve")
    wanted = {"unsigned", "editor_missing"} | (set() if override else {"blocked"})
    against = [one for one in _reasons(session, draft, acting.staffing, acting.now, ()) if one in wanted]
    if against:
        raise NotReleasableError(against)
    if override is not None:
        journal.write(
            session, "override", by=acting.by, day=acting.day, subject=draft.id, reason=override.reason
        )
    return _approve(session, draft, APPROVER, override, acting)


def may_approve(session: Session, draft: Draft, staff: str, staffing: Staffing) -> bool:
    """Tell whether *staff* may be the second person under this draft."""
    if staff == draft.author:
        return False
    if has_role(staff, staffing, "editor", "coordinator"):
        return True
    if not has_role(staff, staffing, "lawyer"):
        return False
    case = verdicts.living_case(session, draft)
    return case is None or staff not in verdicts.card_holders(session, case, staffing)


def check_releasable(
    session: Session,
    draft_id: bytes,
    digest: bytes,
    uses: Collection[str],
    staffing: Staffing,
    now: datetime,
) -> None:
    """
    Check that the text of *digest* may be public now, for these *uses* of what the tipster said.

    Raises:
        NotReleasableError: with every reason, from :data:`REASONS`.
        NotFoundError: there is no such draft.
    """
    draft = session.get(Draft, draft_id, populate_existing=True)
    if draft is None:
        raise NotFoundError
    reasons = _reasons(session, draft, staffing, now, uses)
    if draft.digest != digest:
        reasons.insert(0, "edited")
    if reasons:
        raise NotReleasableError(sorted(set(reasons), key=REASONS.index))


def countersign(session: Session, hub: SigningKey, roster: Roster) -> int:
    """Take the verdicts and approvals whose signature holds under this roster; return how many were new."""
    waiting: list[Verdict | Approval] = [
        *session.scalars(select(Verdict).where(Verdict.roster.is_(None))),
        *session.scalars(select(Approval).where(Approval.roster.is_(None))),
    ]
    taken = [row for row in waiting if signing.was_signed(row, roster)]
    for row in taken:
        signing.countersign(row, hub, roster)
    return len(taken)


def _reasons(
    session: Session, draft: Draft, staffing: Staffing, now: datetime, uses: Collection[str]
) -> list[str]:
    case = verdicts.living_case(session, draft)
    return [
        *_against_people(session, draft, staffing),
        *_against_text(session, draft, case, staffing),
        *against_case(session, case, uses, staffing.roster),
        *wordings.against(session, draft, case, staffing.roster),
        *_against_time(session, draft, staffing, now),
    ]


def _against_people(session: Session, draft: Draft, staffing: Staffing) -> list[str]:
    signed = _counting(session, draft, staffing)
    authors = {one.staff for one in signed if one.role == AUTHOR and one.staff == draft.author}
    approvers = {one.staff for one in signed if one.role == APPROVER}
    able = {one for one in approvers if may_approve(session, draft, one, staffing)}
    reasons = [] if authors else ["unsigned"]
    if draft.status not in ("approved", "scheduled") or not approvers:
        return [*reasons, "unapproved"]
    return reasons if able else [*reasons, "same_person"]


def _against_text(session: Session, draft: Draft, case: Case | None, staffing: Staffing) -> list[str]:
    given = verdicts.of_digest(session, draft)
    # What was found counts even from somebody suspended since; that nothing was found does not.
    signed = frozenset(one.id for one in given if signing.was_signed(one, staffing.roster))
    living = frozenset(one.id for one in given if signing.still_counts(one, staffing))
    reasons = []
    if not verdicts.levels(given, verdicts.EDITOR, living):
        reasons.append("editor_missing")
    if case is None:
        approvers = {one.staff for one in _counting(session, draft, staffing) if one.role == APPROVER}
        by_approver = frozenset(one.id for one in given if one.id in living and one.staff in approvers)
        if not verdicts.levels(given, verdicts.NO_CASE, by_approver):
            reasons.append("no_case_missing")
    else:
        holders = verdicts.card_holders(session, case, staffing)
        by_holder = frozenset(one.id for one in given if one.id in living and one.staff in holders)
        if not verdicts.levels(given, verdicts.HOLDER, by_holder):
            reasons.append("holder_missing")
    blocked = any("block" in verdicts.levels(given, half, signed) for half in verdicts.HALVES)
    if blocked and not _is_overridden(session, draft, staffing):
        reasons.append("blocked")
    # A block that was taken out of the database is still counted in the journal.
    if len(signed) < verdicts.journalled(session, draft):
        reasons.append("verdict_lost")
    return reasons


def against_case(session: Session, case: Case | None, uses: Collection[str], roster: Roster) -> list[str]:
    """Return what stands against these *uses* of what the tipster of *case* said: its end, or no consent."""
    if case is None:
        return []
    reasons = [] if case.status in (*lives.ACTIVE, "closed") else ["case_ended"]
    asked = [case]
    if case.kind == "brief":
        # The client speaks to the lawyer's case: what is taken back or erased there holds here.
        origin = verdicts.origin_of(session, case, roster)
        asked = [case] if origin is None else [case, origin]
        reasons += ["case_ended"] if origin is None else []
    if not all(getattr(one, CONSENTS[use]) for one in asked for use in uses) or _is_taken_back(
        session, asked
    ):
        reasons.append("no_consent")
    return reasons


def _is_taken_back(session: Session, asked: Sequence[Case]) -> bool:
    """Tell whether a tipster took one of these back, though a court's hold keeps it three days more."""
    ids = [one.id for case in asked for one in (case, *merging.merged_into(session, case.id))]
    running = select(Clock.case).where(Clock.case.in_(ids), Clock.kind == clocks.WITHDRAWN)
    return session.scalar(running.limit(1)) is not None


def _against_time(session: Session, draft: Draft, staffing: Staffing, now: datetime) -> list[str]:
    reasons = []
    if draft.embargo_until is not None and now.date() < draft.embargo_until:
        reasons.append("embargoed")
    if embargoes.is_held(session, draft):
        reasons.append("held")
    state = session.scalar(select(Published.state).where(Published.public_id == draft.public_id))
    order = session.get(TakeDown, draft.public_id)
    is_ordered = order is not None and signing.was_signed(order, staffing.roster)
    if state == "retracted" or is_ordered:
        reasons.append("retracted")
    if now.date() > staffing.roster.expires + GRACE:
        reasons.append("roster_expired")
    return reasons


def _is_overridden(session: Session, draft: Draft, staffing: Staffing) -> bool:
    return any(
        one.role == APPROVER and one.override and one.reason is not None
        for one in _counting(session, draft, staffing)
    )


def _counting(session: Session, draft: Draft, staffing: Staffing) -> list[Approval]:
    """Return the approvals of the present digest whose signers are staff now."""
    rows = session.scalars(
        select(Approval).where(Approval.draft == draft.id, Approval.digest == draft.digest)
    )
    return [row for row in rows if signing.still_counts(row, staffing)]


def _check_digest(draft: Draft, digest: bytes) -> None:
    if draft.digest is None or draft.digest != digest:
        raise NotReleasableError(["edited"])


def _approve(
    session: Session, draft: Draft, role: str, override: Override | None, acting: Acting
) -> Approval:
    assert draft.digest is not None
    row = session.get(Approval, (draft.id, draft.digest, acting.staff))
    if row is None:
        row = Approval(draft=draft.id, digest=draft.digest, staff=acting.staff)
        session.add(row)
    row.number = acting.by.number
    row.role = role
    row.override = override is not None
    row.reason = None if override is None else override.sealed
    row.day = acting.day
    row.roster = row.countersignature = None
    signing.sign(row, acting.by.signing)
    journal.write(session, "approve", by=acting.by, day=acting.day, subject=draft.id)
    return row
