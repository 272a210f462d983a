"""Answering the tipster: text and a file, sealed here, rung by the hub with one neutral line."""

from __future__ import annotations

import os

from casework import cases, hubkeys
from casework.post import Attachment, Box, Courier, write_reply
from crypto.errors import CryptoError
from desk import handing, reading, sealing
from desk.errors import ConflictError, DeskError, IncompleteError, TooLargeError
from desk.handing import HandIn
from desk.reading import Dossier
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit

# What one message of the platform holds; a longer answer would arrive in pieces.
TEXT_LIMIT = 4000


def send(visit: Visit) -> Reply:
    """Seal an answer, or a question, and let the hub ring for it."""
    dossier = reading.dossier(visit, visit.id("case"))
    case_id = dossier.case.id
    text, attachments = _written(visit)
    with visit.database.read() as session:
        hub = hubkeys.find(session, hubkeys.COURIER, visit.staffing.roster)
    courier, boxes = courier_of(dossier), boxes_of(dossier)
    if courier is None and not boxes:
        raise ConflictError(("no_way",))
    written = write_reply(
        sealing.content_key(visit, case_id),
        text,
        attachments,
        by=visit.actor,
        now=visit.now,
        courier=courier,
        hub=hub,
        boxes=boxes,
        random=os.urandom,
        seq=dossier.next_seq,
    )
    act = cases.ask_back if visit.form.get("mode") == "ask" else cases.reply
    with visit.database.write() as session:
        act(session, case_id, visit.form_version(), written.rows, visit.acting)
    try:
        is_known = handing.hand_in(
            visit, HandIn(mailboxes={case_id: written.mailboxes} if written.mailboxes else {})
        )
    except DeskError:
        is_known = False
    return visit.go(f"/case/{case_id.hex()}", "notice.replied" if is_known else "notice.replied_pending")


def courier_of(dossier: Dossier) -> Courier | None:
    """Return the newest courier address of a case, none when its tipster wants no push."""
    sheets = sorted(
        ((item.day, item.generation, payload) for item, payload in dossier.items if item.kind == "courier"),
        key=lambda sheet: sheet[:2],
    )
    for _day, _generation, payload in reversed(sheets):
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


ROUTES = (Route("POST", "/case/{case:str}/reply", send, CASEWORKERS, takes_file=True),)
