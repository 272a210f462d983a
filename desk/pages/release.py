"""From a frozen draft to the press: halves of the gate, two signatures, one button that may answer 409."""

from __future__ import annotations

from datetime import date

from casework import canonical, hubkeys, releases
from casework.journal import Reason
from casework.releases import Haste, Override
from crypto import context
from crypto.sealed import seal
from desk import checking, drafting, gating, picturing
from desk.errors import ConflictError, ForbiddenError, IncompleteError
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit

APPROVERS = frozenset({"editor", "coordinator", "lawyer"})


def sign(visit: Visit) -> Reply:
    """Sign as the author."""
    draft_id = visit.id("draft")
    with visit.database.write() as session:
        releases.sign_as_author(session, draft_id, visit.form_version(), digest_of(visit), visit.acting)
    return visit.go(f"/draft/{draft_id.hex()}", "notice.signed")


def check(visit: Visit) -> Reply:
    """Run the holder's half over the cards this person holds."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    level = checking.check(visit, sheet)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", f"notice.checked_{level}")


def say_no_case(visit: Visit) -> Reply:
    """Sign, as its approver, that no living case stands behind an entry."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    digest = digest_of(visit)
    key = drafting.draft_key(visit, sheet.draft)
    sealed = gating.sealed_findings(key, digest, gating.Judged("pass", ()))
    with visit.database.write() as session:
        releases.record_verdict(session, sheet.draft.id, digest, "no_case", "pass", sealed, visit.acting)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.no_case")


def approve(visit: Visit) -> Reply:
    """
    Sign as the second person; a block is overridden with a reason, and only here.

    Each picture must be ticked as looked at: no program sees what it gives away.
    """
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    if {one.picture.sha256 for one in picturing.whole(visit, sheet)} - set(visit.form.all("looked")):
        raise ConflictError(("picture_not_looked_at",))
    override = None
    if visit.form.get("override"):
        reason = Reason.make(visit.need("reason", 4000))
        key = drafting.draft_key(visit, sheet.draft)
        where = context.named("override", sheet.draft.id, digest_of(visit))
        override = Override(reason, seal(canonical.dumps(reason.payload()), [key.recipient], where))
    with visit.database.write() as session:
        releases.approve(
            session, sheet.draft.id, visit.form_version(), digest_of(visit), visit.acting, override
        )
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.approved")


def publish(visit: Visit) -> Reply:
    """Hand exactly the approved bytes to the press; blocked, unapproved or since edited text stays here."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    if digest_of(visit) != sheet.digest:
        raise ConflictError(("edited",))
    uses = picturing.uses(sheet)
    if visit.form.get("quotes") and uses:
        uses.append(releases.QUOTE)
    shown = picturing.whole(visit, sheet)
    is_batch = visit.form.get("when") != "now"
    haste = None if is_batch else _haste(visit, sheet)
    with visit.database.read() as session:
        _number, press = hubkeys.find(session, hubkeys.PRESS, visit.staffing.roster)
    with visit.database.write() as session:
        releases.send_to_press(
            session,
            sheet.draft.id,
            visit.form_version(),
            sheet.bytes,
            uses,
            press,
            visit.acting,
            due=visit.today if is_batch else None,
            haste=haste,
            shown=picturing.packet(shown),
        )
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.to_press")


def _haste(visit: Visit, sheet: drafting.Sheet) -> Haste:
    """Seal why a text goes out at once; nobody decides that for a text of their own."""
    if sheet.draft.author == visit.staff:
        raise ForbiddenError
    reason = Reason.make(visit.need("why", 4000))
    key = drafting.draft_key(visit, sheet.draft)
    return Haste(
        reason,
        seal(canonical.dumps(reason.payload()), [key.recipient], context.named("haste", sheet.draft.id)),
    )


def hold(visit: Visit) -> Reply:
    """Hold a text back until a day, or lift that; what was signed stays signed."""
    draft_id = drafting.open_sheet(visit, visit.id("draft")).draft.id
    text = visit.form.get("until")
    try:
        until = date.fromisoformat(text) if text else None
    except ValueError:
        raise IncompleteError("until") from None
    with visit.database.write() as session:
        releases.embargo(session, draft_id, visit.form_version(), until, visit.acting)
    return visit.go(f"/draft/{draft_id.hex()}", "notice.text_held" if until else "notice.not_held")


def hold_until(visit: Visit) -> Reply:
    """Hold a text back until somebody says that what it waits for has come."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    condition = releases.seal_condition(drafting.draft_key(visit, sheet.draft), visit.need("condition", 500))
    with visit.database.write() as session:
        releases.hold(
            session, sheet.draft.id, visit.form_version(), condition, visit.need("asked", 100), visit.acting
        )
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.text_held")


def answer(visit: Visit) -> Reply:
    """Say, as the one who is asked, whether what a text waits for has come."""
    draft_id = drafting.open_sheet(visit, visit.id("draft")).draft.id
    has_come = visit.choose("answer", ("yes", "not_yet")) == "yes"
    with visit.database.write() as session:
        act = releases.lift_hold if has_come else releases.not_yet
        act(session, draft_id, visit.form_version(), visit.acting)
    return visit.go(f"/draft/{draft_id.hex()}", "notice.not_held" if has_come else "notice.asked_again")


def digest_of(visit: Visit) -> bytes:
    """Return the digest the form was made for."""
    text = visit.form.get("digest")
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        raise IncompleteError("digest") from None
    if len(digest) != 32:
        raise IncompleteError("digest")
    return digest


ROUTES = (
    Route("POST", "/draft/{draft:str}/sign", sign, EDITORS),
    Route("POST", "/draft/{draft:str}/check", check, checking.JUDGES),
    Route("POST", "/draft/{draft:str}/no-case", say_no_case, frozenset({"editor", "coordinator"})),
    Route("POST", "/draft/{draft:str}/approve", approve, APPROVERS),
    Route("POST", "/draft/{draft:str}/hold", hold, APPROVERS),
    Route("POST", "/draft/{draft:str}/hold-until", hold_until, APPROVERS),
    Route("POST", "/draft/{draft:str}/answer", answer, APPROVERS),
    Route("POST", "/draft/{draft:str}/publish", publish, APPROVERS),
)
