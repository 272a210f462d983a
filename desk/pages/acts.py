"""What is done with a case by a button: a form names the version its reader saw; every act is journalled."""

from __future__ import annotations

from casework import assigning, cases, codes, lives, merging, scraps
from casework.journal import Reason
from casework.routing import Asked
from casework.rows import Rows
from casework.tables import Case
from desk import accepting, handing, reading, sealing, slips, working
from desk.entryform import BRANCHES
from desk.errors import ConflictError, DeskError, IncompleteError
from desk.routes import CASEWORKERS, LAWYERS, TAKERS, Route
from desk.visit import Reply, Visit
from register.places import subjects

# What a case is about and who writes, as few as help to find it in a list.
TOPICS = (
    "refusal", "discharge", "alternative_service", "conscription", "mobilisation", "absence", "detention",
    "violence", "wounded", "contract", "missing", "other",
)  # fmt: skip
RELATIONS = ("serviceman", "mother", "wife", "relative", "friend", "other")


def accept(visit: Visit) -> Reply:
    """Answer for this case from now on, with a second beside."""
    case_id = visit.id("case")
    case = reading.see(visit, case_id)
    second = visit.form.get("second") or None
    with visit.database.write() as session:
        cases.accept(session, case_id, visit.form_version(), second, visit.acting)
    return _after_handover(visit, case, visit.staff, second, "notice.accepted")


def assign(visit: Visit) -> Reply:
    """Give the case to somebody else; an accepted one goes over with a handover note."""
    case_id = visit.id("case")
    case = reading.see(visit, case_id)
    to, second = visit.need("to", 32), visit.form.get("second") or None
    rows = None
    if case.status != "new":
        rows = sealing.item(visit, case_id, "handover", {"text": visit.need("handover"), "to": to})
    second = second or (visit.staff if case.status != "new" and to != visit.staff else None)
    with visit.database.write() as session:
        after = assigning.assign(
            session,
            case_id,
            visit.form_version(),
            to,
            second,
            visit.acting,
            rows=rows,
        )
    if after.status == "new":
        return visit.go(f"/case/{case_id.hex()}", "notice.assigned")
    return _after_handover(visit, after, to, second, "notice.assigned")


def _after_handover(visit: Visit, case: Case, first: str, second: str | None, notice: str) -> Reply:
    """Hand the keys over once the act stands; until the hub has them, the older grants keep the case open."""
    where = f"/case/{case.id.hex()}" if visit.staff in (first, second) else "/queue"
    try:
        is_done = handing.hand_in(visit, accepting.handover_with_merged(visit, case, first, second))
    except DeskError:
        return visit.go(where, "notice.keys_refused")
    return visit.go(where, notice if is_done else "notice.keys_pending")


def give_back(visit: Visit) -> Reply:
    """Hand a proposed case back; it is proposed to somebody else at once."""
    code = visit.choose("code", cases.GIVE_BACK_CODES)
    case_id, reason, rows = _with_reason(visit, "give-back", code)
    cover = working.look(visit).cover
    with visit.database.write() as session:
        cases.give_back(
            session,
            case_id,
            visit.form_version(),
            code,
            visit.acting,
            rows=rows,
            reason=reason,
            asked=Asked(cover.get("matter"), cover.get("region")),
        )
    return visit.go("/queue", "notice.given_back")


def decline(visit: Visit) -> Reply:
    """Decline for the whole house, with a code and words that only the team can read."""
    code = visit.choose("code", cases.DECLINE_CODES)
    case_id, reason, rows = _with_reason(visit, "decline", code)
    with visit.database.write() as session:
        cases.decline(
            session,
            case_id,
            visit.form_version(),
            code,
            visit.acting,
            rows=rows,
            reason=reason,
        )
    return visit.go("/queue", "notice.declined")


def lend(visit: Visit) -> Reply:
    """Let a consultant read a case and answer in it from templates."""
    case = reading.see(visit, visit.id("case"))
    to = visit.need("to", 32)
    with visit.database.write() as session:
        after = assigning.lend(session, case.id, visit.form_version(), to, visit.acting)
    try:
        is_done = handing.hand_in(visit, accepting.lend(visit, after, to))
    except DeskError:
        return visit.go(f"/case/{case.id.hex()}", "notice.keys_refused")
    return visit.go(f"/case/{case.id.hex()}", "notice.lent" if is_done else "notice.keys_pending")


def pass_up(visit: Visit) -> Reply:
    """Give a lent case back to its lawyers with a note; or take it back from the consultant."""
    case_id = reading.see(visit, visit.id("case")).id
    rows = None
    if visit.form.get("note"):
        rows = sealing.item(visit, case_id, "note", {"text": visit.need("note")})
    with visit.database.write() as session:
        after = assigning.pass_up(session, case_id, visit.form_version(), visit.acting, rows)
    if visit.staff not in (after.assignee, after.second):
        return visit.go("/queue", "notice.passed_up")
    return visit.go(f"/case/{case_id.hex()}", "notice.passed_up")


def mute(visit: Visit) -> Reply:
    """Have nothing more taken in from the chat of this case, or listen to it again; each with a reason."""
    what = visit.choose("what", ("mute", "unmute"))
    case_id, reason, rows = _with_reason(visit, what, visit.choose("code", cases.MUTE_CODES))
    act = cases.mute if what == "mute" else cases.unmute
    with visit.database.write() as session:
        act(session, case_id, visit.form_version(), rows, reason, visit.acting)
    return visit.go(f"/case/{case_id.hex()}", f"notice.{what}d")


def spam(visit: Visit) -> Reply:
    """Put aside what was never meant as a tip."""
    case_id = reading.see(visit, visit.id("case")).id
    with visit.database.write() as session:
        cases.mark_spam(session, case_id, visit.form_version(), visit.acting)
    return visit.go("/queue", "notice.spam")


def note(visit: Visit) -> Reply:
    """Add a note only colleagues on the case read."""
    case_id = reading.see(visit, visit.id("case")).id
    rows = sealing.item(visit, case_id, "note", {"text": visit.need("note")})
    with visit.database.write() as session:
        cases.note(session, case_id, visit.form_version(), rows, visit.acting)
        scraps.drop(session, case_id, scraps.NOTE, visit.staff)
    return visit.go(f"/case/{case_id.hex()}", "notice.noted")


def calm(visit: Visit) -> Reply:
    """Say that it is the client again who writes: the alarm is over."""
    case_id = reading.see(visit, visit.id("case")).id
    rows = sealing.item(visit, case_id, "calm", {})
    with visit.database.write() as session:
        cases.note(session, case_id, visit.form_version(), rows, visit.acting)
    return visit.go(f"/case/{case_id.hex()}", "notice.saved")


def cover(visit: Visit) -> Reply:
    """Fill in the cover sheet, so that lists say what a case is about."""
    dossier = working.look(visit)
    sheet = {
        "topic": visit.choose("topic", ("", *TOPICS)),
        "region": visit.choose("region", ("", *subjects())),
        "branch": visit.choose("branch", ("", *BRANCHES)),
        "relation": visit.choose("relation", ("", *RELATIONS)),
    }
    working.keep_cover(visit, dossier, sheet)
    return visit.go(f"/case/{dossier.case.id.hex()}", "notice.saved")


def wait(visit: Visit) -> Reply:
    """Say whom the case waits for."""
    case_id = reading.see(visit, visit.id("case")).id
    whom = visit.choose("whom", ("authority", "us"))
    with visit.database.write() as session:
        cases.wait(session, case_id, visit.form_version(), whom, visit.acting)
    return visit.go(f"/case/{case_id.hex()}", "notice.waiting")


def close(visit: Visit) -> Reply:
    """Close with an outcome: the plain one it stands for is kept in clear, the exact one sealed."""
    dossier = working.look(visit)
    case_id = dossier.case.id
    outcome = codes.find(codes.outcomes(dossier.case.team), visit.need("outcome", 40))
    if outcome is None:
        raise IncompleteError("outcome")
    rows = sealing.item(visit, case_id, "cover", {"n": dossier.cover_number + 1, "outcome": outcome.code})
    if visit.form.get("note"):
        rows.extend(sealing.item(visit, case_id, "note", {"text": visit.need("note")}))
    slips.add(visit, rows, dossier.case, outcome.stands_for)
    with visit.database.write() as session:
        cases.close(
            session,
            case_id,
            visit.form_version(),
            outcome.stands_for,
            visit.acting,
            rows=rows,
        )
    return visit.go(f"/case/{case_id.hex()}", "notice.closed")


def reopen(visit: Visit) -> Reply:
    """Take an ended case up again."""
    case_id = reading.see(visit, visit.id("case")).id
    with visit.database.write() as session:
        cases.reopen(session, case_id, visit.form_version(), visit.acting)
    return visit.go(f"/case/{case_id.hex()}", "notice.reopened")


def merge(visit: Visit) -> Reply:
    """Merge into another case this person can open."""
    case_id = reading.see(visit, visit.id("case")).id
    into = case_named(visit, visit.need("into", 40))
    with visit.database.write() as session:
        case = merging.merge(session, case_id, visit.form_version(), into, visit.acting)
        other = session.get_one(Case, into)
    # Both holders of the one case read the history of the other.
    if other.status not in lives.ACTIVE or other.assignee is None:
        return visit.go(f"/case/{into.hex()}", "notice.merged")
    try:
        what = accepting.handover_with_merged(visit, case, other.assignee, other.second)
        is_done = handing.hand_in(visit, what)
    except DeskError:
        return visit.go(f"/case/{into.hex()}", "notice.keys_refused")
    return visit.go(f"/case/{into.hex()}", "notice.merged" if is_done else "notice.keys_pending")


def _with_reason(visit: Visit, act: str, code: str) -> tuple[bytes, Reason, Rows]:
    """Return the case, and the reason, code and words, sealed beside it for whoever takes it up next."""
    case_id = reading.see(visit, visit.id("case")).id
    words = visit.form.get("reason")
    if len(words) > 4000:
        raise IncompleteError("reason")
    reason = Reason.make(f"{code}: {words}" if words else code)
    payload = {**reason.payload(), "act": act, "code": code, "words": words}
    return case_id, reason, sealing.item(visit, case_id, "reason", payload)


def case_named(visit: Visit, name: str) -> bytes:
    """Find the case a person means by its short name among those this session has opened."""
    wanted = name.upper().replace("-", "").strip()
    opened = {owner for owner, compartment, _generation in visit.session.opened if compartment == "content"}
    found = [case for case in opened if case.hex().upper().startswith(wanted)]
    if len(wanted) < 6 or len(found) != 1:
        raise ConflictError(("no_such_case",))
    return found[0]


ROUTES = (
    Route("POST", "/case/{case:str}/accept", accept, TAKERS),
    Route("POST", "/case/{case:str}/assign", assign, TAKERS),
    Route("POST", "/case/{case:str}/give-back", give_back, TAKERS),
    Route("POST", "/case/{case:str}/decline", decline, TAKERS),
    Route("POST", "/case/{case:str}/mute", mute, TAKERS),
    Route("POST", "/case/{case:str}/spam", spam, TAKERS),
    Route("POST", "/case/{case:str}/lend", lend, LAWYERS),
    Route("POST", "/case/{case:str}/pass-up", pass_up, CASEWORKERS),
    Route("POST", "/case/{case:str}/note", note, CASEWORKERS),
    Route("POST", "/case/{case:str}/calm", calm, CASEWORKERS),
    Route("POST", "/case/{case:str}/cover", cover, CASEWORKERS),
    Route("POST", "/case/{case:str}/wait", wait, TAKERS),
    Route("POST", "/case/{case:str}/close", close, TAKERS),
    Route("POST", "/case/{case:str}/reopen", reopen, TAKERS),
    Route("POST", "/case/{case:str}/merge", merge, TAKERS),
)
