"""
The press: approved bytes on their way out.

A desk seals the public bytes, the case id and the uses of the tipster's words to the hub's press key. The
hub opens them, checks everything again, hands out on its day only what still holds, and forgets which case
it came from once it is public. A consent taken back, a case declined or an id retracted meanwhile sends a
text back at once, whatever its day.

What was handed out is noted before the register takes it in. So a text whose consent was taken back in the
moment between, crash or not, is found again (:func:`stranded`) and taken down. From that note on nobody can
hold it back any more, crash or not: readers may have it already, and what remains is to take it down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import canonical, journal, keys, lives, notices
from casework.actors import Actor
from casework.errors import NotAllowedError, NotFoundError, NotReleasableError
from casework.journal import Reason
from casework.permits import Acting
from casework.releases import approvals, drafts, pictures, verdicts, wordings
from casework.releases.drafts import PRINTING, REPRINTING
from casework.rosters import Staffing
from casework.tables import Approval, Draft, Press, Published
from crypto import context, sealed
from crypto.errors import CryptoError
from crypto.roster import Roster
from crypto.xwing import Identity, Recipient

# Reasons that pass by themselves: the text waits instead of going back.
_PASSING = frozenset({"embargoed", "held"})
# Reasons that will not pass: such a text goes back though its day has not come.
_FINAL = frozenset({"edited", "no_consent", "no_word", "case_ended", "retracted"})
UNREADABLE = "unreadable"
# How long a batch waits for an hour in which nobody is at work.
WAITS = timedelta(days=1)
_NONE: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Haste:
    """The approver's word why a text does not wait for the next batch: the reason, and the same sealed."""

    reason: Reason
    sealed: bytes


def send_to_press(
    session: Session,
    draft_id: bytes,
    version: int,
    public: bytes,
    uses: Collection[str],
    press: Recipient,
    acting: Acting,
    due: date | None = None,
    haste: Haste | None = None,
    shown: Mapping[str, bytes] = _NONE,
) -> bytes:
    """
    Release a text: hand *public*, exactly what was approved, to the hub, for a batch of the day *due*.

    Without *due* it goes out at once, which only its approver decides, with a reason: a text that appears an
    hour after somebody was at work says who works here.

    *uses* are what it does with what the tipster gave (summary, quote, share, picture); *shown* are the
    pictures named in *public* that the register does not have yet, by their SHA-256. Only its author or an
    approver releases it. Returns the id of the press row.

    Raises:
        NotReleasableError: with every reason; nothing has changed then.
        NotAllowedError, NotFoundError, StaleError, WrongStateError: as everywhere.
    """
    digest = hashlib.sha256(public).digest()
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFoundError
    if draft.status not in ("approved", "scheduled") or draft.digest != digest:
        # Said before anything else, so that a form of an edited text hears why it is too late.
        approvals.check_releasable(session, draft_id, digest, uses, acting.staffing, acting.now)
    draft = drafts.take(session, draft_id, version, "release", acting)
    _check_signed_by(session, draft, acting)
    if due is None and (haste is None or draft.author == acting.staff):
        raise NotAllowedError("release")
    why = haste if due is None else None
    draft.haste = None if why is None else why.sealed
    approvals.check_releasable(session, draft_id, digest, uses, acting.staffing, acting.now)
    row = _put(session, draft, public, uses, shown, press, due or acting.day, is_now=due is None)
    reason = None if why is None else why.reason
    journal.write(session, "release", by=acting.by, day=acting.day, subject=draft_id, reason=reason)
    return row


def _put(
    session: Session,
    draft: Draft,
    public: bytes,
    uses: Collection[str],
    shown: Mapping[str, bytes],
    press: Recipient,
    due: date,
    *,
    is_now: bool,
) -> bytes:
    """Seal *public* to the press in place of whatever waits of this draft; return the row's id."""
    row, digest = keys.new_id(), hashlib.sha256(public).digest()
    body: dict[str, Any] = {
        "case": None if draft.case is None else draft.case.hex(),
        "digest": digest.hex(),
        "draft": draft.id.hex(),
        "due": None if is_now else due.isoformat(),
        "public": public.hex(),
        "uses": sorted(uses),
    }
    if shown:
        body["pictures"] = pictures.packed(shown)
    session.execute(delete(Press).where(Press.draft == draft.id))
    letter = sealed.seal(canonical.dumps(body), [press], _where(row))
    session.add(Press(id=row, draft=draft.id, digest=digest, due=due, now=is_now, sealed=letter))
    return row


@dataclass(frozen=True, slots=True)
class Ready:
    """A text the register may take in now: every signature, verdict and consent held a moment ago."""

    press: bytes
    draft: bytes
    public_id: str
    digest: bytes
    public: bytes = field(repr=False)
    uses: tuple[str, ...]
    roster: Roster = field(repr=False)  # under which it was checked
    pictures: Mapping[str, bytes] = field(repr=False, default_factory=dict)


def due_press(
    session: Session,
    press: Identity,
    staffing: Staffing,
    now: datetime,
    hours: Collection[int] = (),
    *,
    is_quiet: bool = True,
) -> list[Ready]:
    """
    Check what waits and return what may go out now: batches only in these *hours* of the day, if any.

    Batches with hours also wait until nobody is at work (*is_quiet*), so that no appearance says who is; but
    at most :data:`WAITS`, for in a busy house somebody always is.

    What no longer may goes back to its author with the reasons, and its bytes are gone from the queue. What
    may is noted as being printed, so commit this before the register takes anything in.
    """
    ready = []
    waiting = select(Press).where(Press.why.is_(None)).order_by(Press.due, Press.id)
    for row in session.scalars(waiting).all():
        is_hour = not hours or (now.hour in hours and (is_quiet or row.due + WAITS < now.date()))
        is_due = row.now or (row.due <= now.date() and is_hour)
        try:
            checked = _check(session, row, press, staffing, now)
            if is_due:
                _note_printing(session, checked, now)
                ready.append(checked)
        except NotReleasableError as error:
            against = set(error.reasons) - _PASSING if is_due else set(error.reasons) & _FINAL
            if against:
                _send_back(session, row, error.reasons, now)
        except (CryptoError, NotFoundError, KeyError, TypeError, ValueError):
            _send_back(session, row, (UNREADABLE,), now)
    return ready


def send_back(session: Session, ready: Ready, now: datetime) -> None:
    """Give a text that the register refused back to its author; it keeps no other from going out."""
    row = session.get(Press, ready.press)
    if row is not None:
        _send_back(session, row, (UNREADABLE,), now)


def stranded(session: Session) -> list[str]:
    """Return the ids of what was handed to the register and may no longer be there: to be taken down."""
    live = select(Draft.public_id).join(Press, Press.draft == Draft.id).where(Press.why.is_(None))
    wanted = select(Published.public_id).where(
        Published.state.in_((PRINTING, REPRINTING)), Published.public_id.not_in(live)
    )
    return list(session.scalars(wanted.order_by(Published.public_id)))


def mark_published(session: Session, ready: Ready, hub: Actor, now: datetime) -> bool:
    """
    Note that the register has taken a text in, and forget its case; tell whether it may stay.

    Doing it twice changes nothing, so it may be done again after a crash. A text whose consent was taken
    back, or that was edited or stopped, while it was being printed is not noted: it comes back as
    :func:`stranded`.
    """
    draft = session.get(Draft, ready.draft, with_for_update=True, populate_existing=True)
    if draft is None or draft.status != "scheduled" or draft.digest != ready.digest:
        return False
    case = verdicts.living_case(session, draft)
    if approvals.against_case(session, case, ready.uses, ready.roster):
        return False
    if wordings.against(session, draft, case, ready.roster):
        return False
    wordings.forget(session, draft)
    earlier = select(Draft).where(Draft.public_id == ready.public_id, Draft.status == "published")
    for one in session.scalars(earlier).all():
        one.status = lives.step(lives.ENTRY, one.status, "supersede")
    draft.status = lives.step(lives.ENTRY, draft.status, "publish")
    draft.version += 1
    draft.case = None
    state = "published" if _note_printing(session, ready, now).state == PRINTING else "corrected"
    public = session.get_one(Published, ready.public_id)
    public.digest, public.day, public.state = ready.digest, now.date(), state
    session.execute(delete(Press).where(Press.draft == ready.draft))
    pictures.drop(session, [ready.draft])
    journal.write(session, "publish", by=hub, day=now.date(), subject=ready.draft)
    return True


def _note_printing(session: Session, ready: Ready, now: datetime) -> Published:
    """Note that the register may hold this text from now on."""
    public = session.get(Published, ready.public_id)
    if public is None:
        public = Published(public_id=ready.public_id, digest=ready.digest, day=now.date(), state=PRINTING)
        session.add(public)
        session.flush()
    elif public.state != PRINTING:
        public.state = REPRINTING
    return public


def _check(session: Session, row: Press, press: Identity, staffing: Staffing, now: datetime) -> Ready:
    body = _open(row, press)
    public = bytes.fromhex(body["public"])
    digest = hashlib.sha256(public).digest()
    # Whoever would hold it back at this moment waits, and is then told that it is too late.
    draft = session.get(Draft, row.draft, with_for_update=True, populate_existing=True)
    if draft is None or body["draft"] != row.draft.hex():
        raise NotFoundError
    claimed = None if draft.case is None else draft.case.hex()
    if digest != row.digest or body["digest"] != digest.hex() or body["case"] != claimed:
        raise NotReleasableError(["edited"])
    # The day is as it was released: a row changed since goes out no sooner.
    if body["due"] != (None if row.now else row.due.isoformat()):
        raise NotReleasableError(["edited"])
    if draft.status != "scheduled":
        raise NotReleasableError(["unapproved"])
    approvals.check_releasable(session, draft.id, digest, body["uses"], staffing, now)
    shown = pictures.unpacked(body.get("pictures", {}))
    # A picture from a case goes out by its own consent, whatever the desk that sent it says.
    if shown and claimed is not None and approvals.PICTURE not in body["uses"]:
        raise NotReleasableError(["no_consent"])
    uses = tuple(body["uses"])
    return Ready(row.id, draft.id, draft.public_id, digest, public, uses, staffing.roster, shown)


def _send_back(session: Session, row: Press, reasons: Collection[str], now: datetime) -> None:
    row.why = " ".join(reasons)
    row.sealed = b""
    draft = session.get(Draft, row.draft)
    if draft is None:
        session.delete(row)
        return
    if draft.status == "scheduled":
        draft.status = lives.step(lives.ENTRY, draft.status, "refuse")
        draft.version += 1
    notices.tell(session, notices.FAILED, [draft.author], None, now)


def _open(row: Press, press: Identity) -> dict[str, Any]:
    body: dict[str, Any] = canonical.loads(sealed.open_sealed(row.sealed, press, _where(row.id)))
    return body


def _check_signed_by(session: Session, draft: Draft, acting: Acting) -> None:
    signed = select(Approval.staff).where(Approval.draft == draft.id, Approval.digest == draft.digest)
    if acting.staff not in set(session.scalars(signed)):
        raise NotAllowedError("release")


def _where(row: bytes) -> bytes:
    return context.named("press", row)
