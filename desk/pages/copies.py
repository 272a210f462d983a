"""The redacted copy of a narrative: one suggestion after the other, all of a kind, undo, into the draft."""

from __future__ import annotations

import msgspec

from desk import copying, drafting, entryform, grouping
from desk.copying import Copy
from desk.drafting import Sheet
from desk.errors import ConflictError, MissingError
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit
from register import entry as entries


def choose(visit: Visit) -> Reply:
    """Decide about one suggestion, about all that name the same or all of a kind, or who is who."""
    sheet, copy = _look(visit)
    choice = visit.need("choice", 100)
    act, _, place = choice.partition(" ")
    if act == "join":
        grouping.join(visit, copy, place, visit.need(f"into {place}", 100))
    elif act == "part":
        grouping.part(visit, copy, place)
    else:
        copying.choose(visit, copy, choice)
    return _back(visit, sheet, "")


def undo(visit: Visit) -> Reply:
    """Take back the last choice of this sitting."""
    sheet, copy = _look(visit)
    copying.undo(visit, copy)
    return _back(visit, sheet, "notice.undone")


def take_over(visit: Visit) -> Reply:
    """Put the redacted copy at the end of the draft, in the language it is told in."""
    sheet, copy = _look(visit)
    written = [text for text in copy.written if text.strip()]
    language = copy.case.language
    if not written or language not in entryform.LANGUAGES:
        raise ConflictError(("no_copy",))
    body = dict(sheet.entry.body)
    text = "\n\n".join(written)
    if len(text) + len(sheet.entry.text(language)) > entryform.BODY_LIMIT:  # type: ignore[arg-type]
        raise ConflictError(("copy_too_long",))
    body[language] = (*body.get(language, ()), *entries.paragraphs(text))  # type: ignore[index,call-overload]
    drafting.keep(visit, sheet, msgspec.structs.replace(sheet.entry, body=body))
    return visit.go(f"/draft/{sheet.draft.id.hex()}#entry", "notice.copy_taken")


def _look(visit: Visit) -> tuple[Sheet, Copy]:
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    case = copying.own_case(visit, sheet.draft)
    if case is None or sheet.draft.author != visit.staff:
        raise MissingError
    return sheet, copying.look(visit, case)


def _back(visit: Visit, sheet: Sheet, notice: str) -> Reply:
    return visit.go(f"/draft/{sheet.draft.id.hex()}#copy", notice)


ROUTES = (
    Route("POST", "/draft/{draft:str}/choose", choose, EDITORS),
    Route("POST", "/draft/{draft:str}/undo-copy", undo, EDITORS),
    Route("POST", "/draft/{draft:str}/take-copy", take_over, EDITORS),
)
