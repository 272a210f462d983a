"""
Answers on their way out: composed and sealed here, kept unsent beside the case, filled from templates.

What is not sent yet is a sheet of the case, one text for each person who writes. So a crash, a lost
connection or a handover loses no words, and nothing of them lies outside the seal.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from casework import deadlines, hubkeys, sheets
from casework.answers import Answer
from casework.post import Attachment, Box, Courier, Written, write_reply
from casework.rows import Rows
from casework.sheets import Sheet
from crypto.errors import CryptoError
from desk import sealing, slips
from desk.errors import ConflictError
from desk.reading import Dossier
from desk.visit import Visit


def compose(
    visit: Visit,
    dossier: Dossier,
    text: str,
    attachments: Sequence[Attachment] = (),
    template: str = "",
    word: str = "",
) -> Written:
    """
    Seal an answer to the tipster; what this person had kept unsent in the case is cleared with it.

    Raises:
        ConflictError: there is no way to reach them.
    """
    written = _seal_answer(visit, dossier, text, attachments, template, word, dossier.next_seq)
    written.rows.extend(_cleared(visit, dossier))
    return written


def compose_to(
    visit: Visit,
    dossier: Dossier,
    whom: Dossier,
    text: str,
    attachments: Sequence[Attachment] = (),
    template: str = "",
) -> tuple[Written, Rows]:
    """
    Seal an answer to the person of a merged case, *whom*; also return what clears the unsent in *dossier*.

    Raises:
        ConflictError: there is no way to reach them.
    """
    seq = max(dossier.next_seq, whom.next_seq)
    return _seal_answer(visit, whom, text, attachments, template, "", seq), _cleared(visit, dossier)


def _seal_answer(
    visit: Visit,
    dossier: Dossier,
    text: str,
    attachments: Sequence[Attachment],
    template: str,
    word: str,
    seq: int,
) -> Written:
    with visit.database.read() as session:
        hub = hubkeys.find(session, hubkeys.COURIER, visit.staffing.roster)
    courier, boxes = courier_of(dossier), boxes_of(dossier)
    if courier is None and not boxes:
        raise ConflictError(("no_way",))
    written = write_reply(
        sealing.content_key(visit, dossier.case.id),
        text,
        attachments,
        by=visit.actor,
        now=visit.now,
        courier=courier,
        hub=hub,
        boxes=boxes,
        random=os.urandom,
        seq=seq,
        template=template,
        word=word,
    )
    slips.answered(visit, written.rows, dossier)
    return written


def _cleared(visit: Visit, dossier: Dossier) -> Rows:
    """Return what takes away the words this person kept unsent in a case."""
    unsent = dossier.sheet(sheets.UNSENT)
    if not unsent_of(unsent, visit.staff):
        return Rows()
    return _seal(visit, dossier.case.id, without_unsent(unsent, visit.staff))


def courier_of(dossier: Dossier) -> Courier | None:
    """Return the newest courier address of a case, none when its tipster wants no push."""
    addresses = sorted(
        ((item.day, item.generation, payload) for item, payload in dossier.items if item.kind == "courier"),
        key=lambda address: address[:2],
    )
    for _day, _generation, payload in reversed(addresses):
        try:
            return Courier.read(dict(payload))
        except (KeyError, TypeError, ValueError):
            continue
    return None


def boxes_of(dossier: Dossier) -> list[Box]:
    """Return the mailboxes a tipster looks in, of phrase and of the chat's own buttons; each once."""
    boxes: dict[bytes, Box] = {}
    for payload in (*dossier.payloads("mailbox"), *dossier.payloads("chat")):
        try:
            box = Box.read(dict(payload))
        except (KeyError, TypeError, ValueError, CryptoError):
            continue
        boxes[box.id] = box
    return list(boxes.values())


def unsent_of(sheet: Sheet, staff: str) -> str:
    """Return what *staff* wrote in a case and did not send."""
    return next((row.get("text", "") for row in sheet.rows if row.get("by") == staff), "")


def with_unsent(sheet: Sheet, staff: str, text: str) -> Sheet:
    """Return the sheet with *text* as what *staff* has not sent yet."""
    return without_unsent(sheet, staff).with_row(by=staff, text=text)


def without_unsent(sheet: Sheet, staff: str) -> Sheet:
    """Return the sheet without anything of *staff*."""
    for row in sheet.rows:
        if row.get("by") == staff:
            sheet = sheet.without(row["id"])
    return sheet


def seal_unsent(visit: Visit, dossier: Dossier, text: str) -> Rows:
    """Return the rows that keep *text* unsent in a case; an empty one clears what was kept."""
    sheet = dossier.sheet(sheets.UNSENT)
    held = with_unsent(sheet, visit.staff, text) if text else without_unsent(sheet, visit.staff)
    return _seal(visit, dossier.case.id, held)


def values(visit: Visit, dossier: Dossier) -> Mapping[str, str]:
    """Return what a template may say of this case, in the language of whoever will read it."""
    words = visit.desk.words.get(dossier.case.language) or visit.desk.words["ru"]
    first = deadlines.first_open(deadlines.read(dossier.cover))
    found = {"today": words.day(words.local_day(visit.now))}
    if first is not None:
        found |= {"deadline": words.day(first.day), "deadline_kind": words.say(f"deadline.{first.kind}")}
    return found


def is_for(visit: Visit, dossier: Dossier, answer: Answer) -> bool:
    """Tell whether the case can fill every placeholder of a template."""
    return answer.asks <= values(visit, dossier).keys()


def _seal(visit: Visit, case: bytes, sheet: Sheet) -> Rows:
    return sealing.item(visit, case, sheets.KIND, sheet.payload())
