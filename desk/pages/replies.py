"""Answering the tipster: text and a file, sealed here, rung by the hub with one neutral line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from casework import answers, cases, permits, scraps, sheets
from casework.answers import Answer, UnfilledError
from casework.post import Attachment, Written, cut
from desk import door, handing, histories, reading, replying
from desk.errors import ConflictError, DeskError, IncompleteError, MissingError, TooLargeError
from desk.handing import HandIn
from desk.pages.case import note_opening
from desk.pages.scraps import with_script
from desk.reading import Dossier
from desk.routes import CASEWORKERS, TAKERS, Route
from desk.visit import Reply, Visit

# What one message of the platform holds; a longer answer would arrive in pieces.
TEXT_LIMIT = 4000


def look(visit: Visit) -> Reply:
    """Show the templates as this case would fill them, and what is unsent as the phone will show it."""
    dossier = reading.dossier(visit, visit.id("case"))
    note_opening(visit, dossier.case.id)
    found = answers.load(dossier.case.language)
    unsent = replying.unsent_of(dossier.sheet(sheets.UNSENT), visit.staff)
    chosen = found.get(visit.query.get("template", ""))
    draft = _typed(visit, dossier) or unsent
    if chosen is not None and replying.is_for(visit, dossier, chosen):
        draft = chosen.fill(replying.values(visit, dossier))
    page = visit.page(
        "answer.html",
        dossier=dossier,
        case=dossier.case,
        acts=frozenset(permits.acts_for(dossier.case, visit.staff, visit.staffing)),
        people=histories.people(dossier, histories.merged(visit, dossier)),
        templates=[(one, _filled(visit, dossier, one)) for one in found.values()],
        today=visit.today,
        draft=draft,
        parts=cut(unsent) if unsent else (),
        unsent=unsent,
        keeping=door.KEEPING,
    )
    return with_script(visit, page)


def _typed(visit: Visit, dossier: Dossier) -> str:
    """Return what this person typed last and neither sent nor previewed."""
    return scraps.read(dossier.items, scraps.ANSWER, visit.staff, visit.session.staff.identity)


def keep(visit: Visit) -> Reply:
    """Keep an answer unsent, sealed in the case, and show it as the phone will."""
    dossier = reading.dossier(visit, visit.id("case"), reading.WORKING)
    text = visit.need("text", TEXT_LIMIT)
    rows = replying.seal_unsent(visit, dossier, text)
    with visit.database.write() as session:
        cases.note(session, dossier.case.id, visit.form_version(), rows, visit.acting)
        scraps.drop(session, dossier.case.id, scraps.ANSWER, visit.staff)
    return visit.go(f"/case/{dossier.case.id.hex()}/answer", "notice.unsent")


def send(visit: Visit) -> Reply:
    """Seal an answer, or a question, and let the hub ring for it."""
    dossier = reading.dossier(visit, visit.id("case"))
    text, attachments = _written(visit)
    act = cases.ask_back if visit.form.get("mode") == "ask" else cases.reply
    return _send(visit, dossier, act, text, attachments)


def send_template(visit: Visit) -> Reply:
    """Answer with a template exactly as it stands: all that a consultant may say."""
    dossier = reading.dossier(visit, visit.id("case"))
    answer = answers.load(dossier.case.language).get(visit.need("template", 40))
    if answer is None:
        raise MissingError
    text = _filled(visit, dossier, answer)
    if text is None:
        raise ConflictError(("unfilled",))
    return _send(visit, dossier, cases.reply, text, template=answer.name)


def _send(
    visit: Visit,
    dossier: Dossier,
    act: Callable[..., object],
    text: str,
    attachments: Sequence[Attachment] = (),
    template: str = "",
) -> Reply:
    """Answer the person that was chosen: whoever began this case, or one that was merged into it."""
    whom = histories.addressed(visit, dossier)
    if whom.case.id == dossier.case.id:
        written = replying.compose(visit, dossier, text, attachments, template)
        rows, merged = written.rows, None
    else:
        written, rows = replying.compose_to(visit, dossier, whom, text, attachments, template)
        merged = {whom.case.id: written.rows}
    with visit.database.write() as session:
        act(session, dossier.case.id, visit.form_version(), rows, visit.acting, merged)
        # What was previewed is sent from a form of its own: words typed since then stay.
        if not template and not visit.form.get("previewed"):
            scraps.drop(session, dossier.case.id, scraps.ANSWER, visit.staff)
    return after(visit, dossier, written, whom.case.id)


def after(visit: Visit, dossier: Dossier, written: Written, whose: bytes | None = None) -> Reply:
    """Hand in where the answer waits, so that erasure finds it: with the case of *whose* person it is for."""
    mailboxes = {whose or dossier.case.id: written.mailboxes} if written.mailboxes else {}
    try:
        is_known = handing.hand_in(visit, HandIn(mailboxes=mailboxes))
    except DeskError:
        is_known = False
    return visit.go(
        f"/case/{dossier.case.id.hex()}", "notice.replied" if is_known else "notice.replied_pending"
    )


def _filled(visit: Visit, dossier: Dossier, answer: Answer) -> str | None:
    """Return a template as this case fills it, none when it cannot."""
    try:
        return answer.fill(replying.values(visit, dossier))
    except UnfilledError:
        return None


def _written(visit: Visit) -> tuple[str, list[Attachment]]:
    text = visit.form.get("text")
    upload = visit.form.upload("file")
    if len(text) > TEXT_LIMIT:
        raise IncompleteError("text")
    if upload is None or not upload.content:
        if not text:
            raise IncompleteError("text")
        return text, []
    if len(upload.content) > visit.desk.settings.file_limit:
        raise TooLargeError
    if not visit.form.get("file_is_safe"):
        raise ConflictError(("file_unchecked",))
    return text, [Attachment(_bare(upload.name), upload.mime[:100], upload.content)]


def _bare(name: str) -> str:
    """Return the last part of a file name, without path or control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "file"


ROUTES = (
    Route("GET", "/case/{case:str}/answer", look, CASEWORKERS),
    # A file that was chosen already comes with the form; it is not kept.
    Route("POST", "/case/{case:str}/answer", keep, TAKERS, takes_file=True),
    Route("POST", "/case/{case:str}/answer/template", send_template, CASEWORKERS),
    Route("POST", "/case/{case:str}/reply", send, TAKERS, takes_file=True),
)
