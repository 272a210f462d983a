"""The source's word on a frozen text: shown to whoever told it, or answered by the lawyer of the client."""

from __future__ import annotations

from casework import cases, releases
from casework.post import Attachment
from casework.releases import wordings
from desk import copying, drafting, gating, picturing, reading, replying
from desk.drafting import Sheet
from desk.errors import ConflictError, MissingError
from desk.pages import replies
from desk.pages.release import digest_of
from desk.routes import EDITORS, LAWYERS, Route
from desk.visit import Reply, Visit


def show(visit: Visit) -> Reply:
    """Send exactly what would be public to whoever told it, with the question what they say."""
    sheet = _frozen(visit)
    case = copying.own_case(visit, sheet.draft)
    if case is None:
        raise MissingError
    dossier = reading.dossier(visit, case.id)
    shown = [
        Attachment(f"{n}.jpg", "image/jpeg", one.jpeg)
        for n, one in enumerate(picturing.whole(visit, sheet), start=1)
    ]
    text = _as_public(sheet, case.language)
    written = replying.compose(visit, dossier, text, shown, word=wordings.tag(sheet.digest))
    with visit.database.write() as session:
        asked = releases.ask_source(session, sheet.draft.id, sheet.digest, visit.acting)
        cases.ask_back(session, asked.id, asked.version, written.rows, visit.acting)
    replies.after(visit, dossier, written)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.word_asked")


def answer(visit: Visit) -> Reply:
    """Say, as their lawyer, what a client answered to exactly this text."""
    sheet = _frozen(visit)
    said = visit.choose("answer", wordings.ANSWERS)
    with visit.database.write() as session:
        releases.answer_for_client(session, sheet.draft.id, sheet.digest, said, visit.acting)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.word_given")


def _frozen(visit: Visit) -> Sheet:
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    if digest_of(visit) != sheet.digest:
        raise ConflictError(("edited",))
    return sheet


def _as_public(sheet: Sheet, language: str) -> str:
    """Return every word that would be public, the tipster's own language first, and the digest of it all."""
    texts = gating.entry_texts(sheet.entry)
    ordered = sorted(texts, key=lambda one: (one != language, one))
    return "\n\n".join([*(texts[one] for one in ordered), f"SHA-256 {sheet.digest.hex()}"])


ROUTES = (
    Route("POST", "/draft/{draft:str}/show-source", show, EDITORS),
    Route("POST", "/draft/{draft:str}/source-said", answer, LAWYERS),
)
