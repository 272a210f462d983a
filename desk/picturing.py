"""
Redacted pictures of a draft: drawn from a file of its case, boxes burned in, signed with the text.

* What is kept with the draft is the picture as it would be public and the plan it was drawn by. The file
  itself stays in its case and is opened anew for every change.
* The entry names each picture by its SHA-256. So a box, a page or a word more makes another text, and
  what was frozen, judged or signed is void.
* A correction shows pictures that are public already; they can be taken out or described anew, not redrawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from casework import keys, releases
from casework.releases import pictures as sealed_pictures
from casework.releases.pictures import Pixels
from casework.tables import Draft, DraftPicture
from crypto.errors import CryptoError
from desk import copying, drafting, originals, preview
from desk.drafting import Sheet
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.preview import Box, PreviewError
from desk.visit import Visit
from register import pictures
from register.entry import Entry, Picture
from register.errors import RegisterError
from register.vocabulary import LANGUAGES as VOICES
from register.vocabulary import Language

ALT_LIMIT = 500
BOXES = 60
# Pixels: a smaller box is a slip of the finger.
LEAST = 4
Act = Callable[[Session, Draft], None]


@dataclass(frozen=True)
class Plan:
    """How a picture is drawn: from which file of the case, which page of it, under which boxes."""

    item: bytes
    page: int = 0
    boxes: tuple[Box, ...] = ()
    pages: int = 1

    def write(self) -> dict[str, Any]:
        """Return the plan as it is sealed."""
        boxes = [list(box) for box in self.boxes]
        return {"boxes": boxes, "item": self.item.hex(), "page": self.page, "pages": self.pages}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Plan:
        """Read what :meth:`write` wrote."""
        boxes = tuple((left, top, right, bottom) for left, top, right, bottom in body["boxes"])
        return cls(bytes.fromhex(body["item"]), body["page"], boxes, body["pages"])


@dataclass(frozen=True)
class Shown:
    """One picture of a draft. Without a plan it is public already and stays as it is."""

    picture: Picture
    jpeg: bytes = field(repr=False)
    id: bytes = b""
    plan: Plan | None = None

    @property
    def is_bare(self) -> bool:
        """Tell whether nothing on it is covered."""
        return self.plan is not None and not self.plan.boxes


def of(visit: Visit, sheet: Sheet) -> list[Shown]:
    """
    Return the pictures of a draft in the order in which readers see them; one that is lost has no bytes.
    """
    drawn = {hashlib.sha256(pixels.jpeg).hexdigest(): (row, pixels) for row, pixels in _open(visit, sheet)}
    found = []
    for picture in sheet.entry.pictures:
        if picture.sha256 in drawn:
            row, pixels = drawn[picture.sha256]
            found.append(Shown(picture, pixels.jpeg, row.id, Plan.read(pixels.plan)))
        else:
            found.append(Shown(picture, _public(visit, sheet, picture.sha256)))
    return found


def whole(visit: Visit, sheet: Sheet) -> list[Shown]:
    """
    Return the pictures of a draft, all of them.

    Raises:
        ConflictError: one is lost, so nobody can see what they would sign.
    """
    found = of(visit, sheet)
    if not all(one.jpeg for one in found):
        raise ConflictError(("picture_lost",))
    return found


def find(visit: Visit, sheet: Sheet, name: str) -> Shown:
    """
    Return the picture of a draft whose SHA-256 is *name*.

    Raises:
        MissingError: it shows none of that name.
    """
    for one in of(visit, sheet):
        if one.picture.sha256 == name:
            return one
    raise MissingError


def redrawable(visit: Visit, sheet: Sheet, picture: bytes) -> tuple[Shown, Plan]:
    """
    Return a picture that its author may still draw boxes on, by its id.

    Raises:
        MissingError: there is none for this person.
    """
    if sheet.draft.author != visit.staff or "editor" not in visit.roles:
        raise MissingError
    for one in of(visit, sheet):
        if one.id == picture and one.plan is not None:
            return one, one.plan
    raise MissingError


def begin(visit: Visit, sheet: Sheet, item: bytes) -> bytes:
    """
    Begin a picture from a file of the case behind a draft; return its id.

    Raises:
        ConflictError: there are enough, or the file is none that can be shown.
        MissingError: the file is not in a case this person may read.
        CaseworkError: this person may not, or somebody was faster.
    """
    if len(sheet.entry.pictures) >= pictures.MOST:
        raise ConflictError(("too_many_pictures",))
    fresh = keys.new_id()
    _draw(visit, sheet, fresh, Plan(item), None)
    return fresh


def redraw(visit: Visit, sheet: Sheet, before: Shown, plan: Plan) -> None:
    """Draw a picture anew by another plan. Raises as :func:`begin`."""
    if len(plan.boxes) > BOXES:
        raise ConflictError(("too_many_boxes",))
    _draw(visit, sheet, before.id, plan, before.picture)


def describe(visit: Visit, sheet: Sheet, before: Shown) -> None:
    """Keep what the form says a picture shows, language by language."""
    alt: dict[Language, str] = {}
    for language in VOICES:
        text = " ".join(visit.form.get(f"alt_{language}").split())
        if len(text) > ALT_LIMIT:
            raise IncompleteError(f"alt_{language}")
        if text:
            alt[language] = text
    after = msgspec.structs.replace(before.picture, alt=alt)
    _keep(visit, sheet, _put(sheet.entry, before.picture, after))


def take_out(visit: Visit, sheet: Sheet, before: Shown) -> None:
    """Take a picture out of a draft; what was drawn is gone."""

    def act(session: Session, draft: Draft) -> None:
        if before.id:
            sealed_pictures.take_out(session, draft, before.id)

    _keep(visit, sheet, _put(sheet.entry, before.picture, None), act)


def doubts(shown: Sequence[Shown]) -> list[str]:
    """Return what whoever approves must look at: no program sees what a picture gives away."""
    return [hint for one in shown for hint in (("picture_bare",) if one.is_bare else ("picture",))]


def uses(sheet: Sheet) -> list[str]:
    """Return what a text does with what its tipster gave, beside quoting, which its releaser says."""
    if sheet.draft.case is None:
        return []
    return [releases.SUMMARY, *([releases.PICTURE] if sheet.entry.pictures else [])]


def packet(shown: Sequence[Shown]) -> dict[str, bytes]:
    """Return the pictures that the register does not have yet, by name."""
    return {one.picture.sha256: one.jpeg for one in shown if one.id}


def _draw(visit: Visit, sheet: Sheet, row: bytes, plan: Plan, before: Picture | None) -> None:
    case = copying.own_case(visit, sheet.draft)
    if case is None:
        raise MissingError
    _case, item, paper, _caption = originals.find(visit, case.id, plan.item)
    if not paper.can_show:
        raise ConflictError(("voice_never" if paper.mime.startswith("audio/") else "not_a_picture",))
    try:
        drawn = preview.redact(originals.content(visit, item, paper), paper.mime, plan.page, plan.boxes)
    except PreviewError:
        raise ConflictError(("not_a_picture",)) from None
    plan = replace(plan, pages=drawn.pages)
    name = hashlib.sha256(drawn.jpeg).hexdigest()
    if any(one.sha256 == name and one != before for one in sheet.entry.pictures):
        raise ConflictError(("same_picture",))
    alt = before.alt if before is not None else {}
    picture = Picture(sha256=name, width=drawn.width, height=drawn.height, alt=alt)
    key = drafting.draft_key(visit, sheet.draft)
    body = sealed_pictures.seal_picture(key, row, Pixels(drawn.jpeg, plan.write()))

    def act(session: Session, draft: Draft) -> None:
        sealed_pictures.keep(session, draft, row, key.generation, body)

    _keep(visit, sheet, _put(sheet.entry, before, picture), act)


def _put(entry: Entry, before: Picture | None, after: Picture | None) -> Entry:
    """Return *entry* with one picture in the place of another, behind all, or gone."""
    kept = [after if one == before else one for one in entry.pictures]
    if before is None:
        kept.append(after)
    return msgspec.structs.replace(entry, pictures=tuple(one for one in kept if one is not None))


def _keep(visit: Visit, sheet: Sheet, entry: Entry, act: Act = lambda _session, _draft: None) -> None:
    """Save the draft and what it shows in one transaction; what was said of it is void."""
    with visit.database.write() as session:
        draft = drafting.save(visit, session, sheet, entry)
        act(session, draft)


def _open(visit: Visit, sheet: Sheet) -> list[tuple[DraftPicture, Pixels]]:
    draft = sheet.draft
    with visit.database.read() as session:
        rows = sealed_pictures.of_draft(session, draft.id)
    held = dict(drafting.opened(visit, draft.id))
    found = []
    for row in rows:
        # What does not open is lost, and said to be where it is shown.
        with suppress(CryptoError, KeyError):
            found.append((row, sealed_pictures.open_picture(row, held[row.generation])))
    return found


def _public(visit: Visit, sheet: Sheet, name: str) -> bytes:
    folder = visit.desk.settings.records_dir
    with suppress(RegisterError, OSError):
        if folder is not None:
            return pictures.read(folder, sheet.entry.id, name)
    return b""
