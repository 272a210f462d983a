"""One click instead of retyping: what a finding says to write instead, and taking the last change back."""

from __future__ import annotations

from typing import Any

import msgspec

from desk import drafting, standing
from desk.errors import ConflictError, IncompleteError
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit
from register import entry as entries
from register.entry import Entry


def mend(visit: Visit) -> Reply:
    """
    Write a rung of the ladder wherever the words of a finding stand in the draft.

    The text is another one then, so what was said of it is void and it is checked again.
    """
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    if visit.form.get("digest") != (sheet.draft.digest or b"").hex():
        raise ConflictError(("edited",))
    found = standing.findings(visit, sheet)
    one = _chosen(found, visit.form.get("finding"), "finding")
    rung = _chosen(one["rungs"], visit.form.get("rung"), "rung")
    entry = _replaced(sheet.entry, str(one["lang"]), str(one["words"]), str(rung))
    if entry == sheet.entry:
        raise ConflictError(("not_in_text",))
    drafting.keep(visit, sheet, entry)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.mended")


def undo(visit: Visit) -> Reply:
    """Take back the last change of this sitting."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    drafting.undo(visit, sheet)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.undone")


def _chosen(among: Any, text: str, name: str) -> Any:
    if not text.isdecimal() or int(text) >= len(among):
        raise IncompleteError(name)
    return among[int(text)]


def _replaced(entry: Entry, language: str, words: str, rung: str) -> Entry:
    from casework.redaction import mending  # noqa: PLC0415  # dictionaries are loaded when first needed

    title, body = dict(entry.title), dict(entry.body)
    if language in title:
        title[language] = mending.replace(title[language], words, rung)
    if language in body:
        text = entry.text(language)
        body[language] = entries.paragraphs(mending.replace(text, words, rung))
    return msgspec.structs.replace(entry, title=title, body=body)


ROUTES = (
    Route("POST", "/draft/{draft:str}/mend", mend, EDITORS),
    Route("POST", "/draft/{draft:str}/undo", undo, EDITORS),
)
