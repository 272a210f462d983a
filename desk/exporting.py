"""
A case to take out of the house: written down, masked if wanted, sealed to one named key.

Nothing leaves in clear. Who asks names the key, the level, the form and a reason, all sealed in the case; a
second person who answers for it agrees; then the file can be taken by another than who agreed, each time with
a row in the journal. An agreement is to these words and ends with them, after a week, and when who gave it is
on the case no longer. The card is never in it. Masking suggests, and is never complete: whoever agrees has to
read. It masks words and no pictures, so a masked export names no file and holds none.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from casework import journal, keys, permits
from casework.documents import Paragraph
from casework.journal import Reason
from casework.redaction import suggest
from casework.redaction.errors import GateError
from crypto import context
from crypto.errors import CryptoError
from crypto.sealed import seal
from desk import agekeys, docx, opening
from desk.errors import ConflictError, ForbiddenError, MissingError
from desk.reading import Dossier, Said
from desk.visit import Visit

WHOLE, MASKED = "whole", "masked"
LEVELS = (MASKED, WHOLE)
# As words alone, or as an archive of them, of the same for printing, and of the files.
TEXT, ARCHIVE = "text", "archive"
FORMS = (TEXT, ARCHIVE)
# More than an archive holds: it is put together in memory.
FILES_LIMIT = 100 * 1024 * 1024
MARGIN = 16 * 1024 * 1024  # what the words may take beside them
ASKED, AGREED = "export", "export-agreed"
# How long an agreement holds.
HOLDS = timedelta(days=7)
# What is sealed in a case and leaves it with nobody.
_INNER = ("routing", "reason", "consent", "released")


@dataclass(frozen=True)
class Wish:
    """One export that was asked for, and who agreed to it."""

    item: bytes
    by: str
    at: str
    level: str
    key: str = field(repr=False)
    reason: str = field(repr=False)
    form: str = TEXT
    agreed: str | None = None
    is_over: bool = False  # somebody agreed, and has to again

    @property
    def short_key(self) -> str:
        """Enough of the key to compare it by eye."""
        return f"{self.key[:14]}…{self.key[-10:]}"


def wishes(visit: Visit, dossier: Dossier) -> list[Wish]:
    """Return what was asked for, the newest first; only what its author signed counts."""
    agreed = [(item.author, payload) for item, payload in dossier.items if item.kind == AGREED]
    found = []
    for item, payload in dossier.items:
        if item.kind != ASKED:
            continue
        key, level = str(payload.get("key")), str(payload.get("level"))
        form = _form(payload)
        # Agreed to exactly this key, level and form, by somebody else.
        exact = {"of": item.id.hex(), "key": key, "level": level}
        given = [
            (who, said)
            for who, said in agreed
            if who != item.author and exact.items() <= said.items() and _form(said) == form
        ]
        holding = sorted(who for who, said in given if _holds(visit, dossier, who, said))
        found.append(
            Wish(
                item.id, item.author, str(payload.get("at", "")), level, key, str(payload.get("text", "")),
                form=form, agreed=holding[0] if holding else None, is_over=bool(given) and not holding,
            )
        )  # fmt: skip
    return sorted(found, key=lambda wish: wish.at, reverse=True)


def _form(payload: Mapping[str, Any]) -> str:
    """Return the form somebody named; what was asked for before there were two is text."""
    return str(payload.get("form", TEXT))


def _holds(visit: Visit, dossier: Dossier, who: str, said: Mapping[str, Any]) -> bool:
    """Tell whether an agreement is still one: of somebody on the case, of late, to what stands there now."""
    try:
        age = visit.now - datetime.fromisoformat(str(said.get("at")))
    except (ValueError, TypeError):
        return False
    case = dossier.case
    return (
        permits.is_holder(case, who)
        and permits.is_member(who, case.team, visit.staffing)
        and age <= HOLDS
        and said.get("seen") == seen(dossier)
    )


def seen(dossier: Dossier) -> str:
    """Return what names exactly the words that would leave: one more of them is another export."""
    return hashlib.sha256(b"".join(sorted(said.item for said in _leaving(dossier)))).hexdigest()


def _leaving(dossier: Dossier) -> list[Said]:
    # What nobody of the house stands by was slipped in, and does not leave under its name.
    return [said for said in dossier.said if not said.is_unproven and said.kind not in _INNER]


def find(visit: Visit, dossier: Dossier, item: bytes) -> Wish:
    """
    Return one wish.

    Raises:
        MissingError: there is none.
    """
    for wish in wishes(visit, dossier):
        if wish.item == item:
            return wish
    raise MissingError


def take(visit: Visit, dossier: Dossier, wish: Wish) -> bytes:
    """
    Return the sealed file, once the journal says that it was taken.

    Raises:
        ForbiddenError: who agreed does not take it.
        ConflictError: nobody else agreed, or it cannot be masked.
    """
    if wish.agreed == visit.staff:
        raise ForbiddenError
    if wish.agreed is None or wish.level not in LEVELS or wish.form not in FORMS:
        raise ConflictError(("not_agreed",))
    try:
        recipient = agekeys.parse(wish.key)
    except CryptoError:
        raise ConflictError(("not_agreed",)) from None
    files = _named(dossier) if wish.form == ARCHIVE and wish.level == WHOLE else {}
    text = written(visit, dossier, files, is_masked=wish.level == MASKED)
    if wish.level == MASKED:
        text = masked(visit, text, dossier.case.language)
    body = text.encode() if wish.form == TEXT else _archive(visit, dossier, text, files)
    sealed = seal(body, [recipient], context.named("export", dossier.case.id, wish.item))
    with visit.database.write() as session:
        journal.write(
            session, "export", by=visit.actor, day=visit.today, case=dossier.case.id, subject=wish.item,
            reason=Reason.make(wish.reason),
        )  # fmt: skip
    return sealed


def _named(dossier: Dossier) -> dict[bytes, str]:
    """
    Return what each file that leaves is called in an archive: counted, and without what a disk may not like.

    Raises:
        ConflictError: they are too many bytes for one archive.
    """
    papers = [said.paper for said in _leaving(dossier) if said.paper is not None]
    if sum(paper.size for paper in papers) > FILES_LIMIT:
        raise ConflictError(("too_much",))
    return {paper.item: f"files/{n:03d}-{_plain(paper.name)}" for n, paper in enumerate(papers, start=1)}


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    return kept[-80:] or "file"


def _archive(visit: Visit, dossier: Dossier, text: str, files: Mapping[bytes, str]) -> bytes:
    """
    Put the words, the same as a document to print, and the files into one zip file that names no hour.

    Raises:
        ConflictError: a file is not what its author signed, or cannot be opened.
    """
    items = {item.id: item for item, _payload in dossier.items}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(docx.entry("case.txt"), text.encode())
        paragraphs = [Paragraph(line) for line in text.splitlines()]
        archive.writestr(docx.entry("case.docx"), docx.write(paragraphs))
        for said in _leaving(dossier):
            paper = said.paper
            if paper is None or paper.item not in files:
                continue
            item = items[paper.item]
            identity = opening.identity(visit, item.case, item.compartment, item.generation)
            if identity is None:
                raise ConflictError(("file_shut",))
            try:
                with visit.database.read() as session:
                    content = keys.open_content(session, item, identity, paper.digest)
            except CryptoError:
                raise ConflictError(("file_shut",)) from None
            archive.writestr(docx.entry(files[paper.item]), content)
            if out.tell() > FILES_LIMIT + MARGIN:
                raise ConflictError(("too_much",))
    return out.getvalue()


def written(visit: Visit, dossier: Dossier, files: Mapping[bytes, str], *, is_masked: bool) -> str:
    """
    Write what was said in a case as text anybody can read. Routing, reasons and the card are not in it.

    A file is named as it is in the archive, or as its sender named it; masked, only that there was one.
    """
    lines = [f"Subrosa {dossier.ref}", ""]
    for said in _leaving(dossier):
        who = (
            visit.words.say("author.tipster") if said.author == "tipster" else visit.words.say("export.house")
        )
        lines.append(f"{said.day.isoformat()} · {who} · {visit.words.say(f'export.kind.{said.kind}')}")
        if said.paper is not None:
            name = files.get(said.paper.item, said.paper.name)
            lines.append("  […]" if is_masked else f"  [{name}]")
        lines += [f"  {line}" for line in said.text.splitlines()]
        lines.append("")
    return "\n".join(lines)


def masked(visit: Visit, text: str, language: str) -> str:
    """
    Return *text* with what identifies people replaced, each of them by one name throughout.

    Raises:
        ConflictError: nothing can be suggested for it.
    """
    detectors = visit.desk.detectors()
    try:
        return suggest.mask(text, suggest.suggest(detectors, text, language))
    except GateError:
        raise ConflictError(("not_masked",)) from None
