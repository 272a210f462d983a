"""Editing: the narrative with its identifying spans masked beside the entry being written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from casework import journal, permits, releases
from casework.errors import CaseworkError
from casework.tables import Case, Draft
from desk import checking, correcting, drafting, entryform, gating, reading, standing
from desk.drafting import Sheet
from desk.errors import ConflictError, IncompleteError, MissingError, TooManyError
from desk.pages.case import note_opening
from desk.reading import Dossier
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit
from register.places import subjects

WORKERS = frozenset({"editor", "lawyer", "custodian", "coordinator"})
APPROVERS = frozenset({"editor", "coordinator", "lawyer"})
LIVING = ("draft", "review", "approved", "scheduled")
TOLD = ("message", "brief")
# Which item of the case, and from where to where.
_PLACE = re.compile(r"[0-9a-f]{32}:[0-9]{1,6}:[0-9]{1,6}\Z")


@dataclass(frozen=True)
class Piece:
    """A stretch of the narrative: text as it is, or a place masked until somebody chooses to read it."""

    text: str = field(repr=False)
    kind: str = ""
    place: str = ""
    is_masked: bool = False


@dataclass(frozen=True)
class Told:
    """One message of the narrative, in pieces."""

    said: reading.Said
    pieces: Sequence[Piece]


def index(visit: Visit) -> Reply:
    """Show the drafts this person holds a key to."""
    with visit.database.read() as session:
        drafts = list(
            session.scalars(
                select(Draft).where(or_(Draft.status.in_(LIVING))).order_by(Draft.day.desc(), Draft.id)
            )
        )
    sheets = drafting.open_sheets(visit, drafts)
    return visit.page(
        "drafts.html",
        sheets=[sheets[draft.id] for draft in drafts if draft.id in sheets],
        waiting={draft.id for draft in checking.waiting(visit)},
    )


def begin_from_case(visit: Visit) -> Reply:
    """Begin an entry from a tip or brief."""
    case = reading.see(visit, visit.id("case"))
    draft = drafting.begin(visit, case.id, drafting.blank())
    return visit.go(f"/draft/{draft.hex()}")


def begin_without_case(visit: Visit) -> Reply:
    """Begin an entry that no case stands behind: from the press, or general."""
    draft = drafting.begin(visit, None, drafting.blank())
    return visit.go(f"/draft/{draft.hex()}")


def show(visit: Visit) -> Reply:
    """Show one draft: to its author while it is written, to everybody else as a reader would see it."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    draft = sheet.draft
    is_author = draft.author == visit.staff and "editor" in visit.roles
    case = _own_case(visit, draft)
    before = correcting.public_entry(visit, draft.public_id)
    told = _narrative(visit, case) if is_author and case is not None else []
    return visit.page(
        "draft.html",
        sheet=sheet,
        draft=draft,
        entry=sheet.entry,
        is_author=is_author,
        has_case=case is not None,
        told=told,
        standing=standing.of(visit, sheet),
        entryform=entryform,
        subjects=sorted(subjects().values(), key=lambda one: one.name(visit.language)),
        texts=gating.entry_texts(sheet.entry),
        may_undo=bool(visit.session.earlier.get(draft.id)),
        is_correction=before is not None,
        said=correcting.said(before, sheet.entry) if before else {},
        changes=correcting.changes(before, sheet.entry) if before else (),
    )


def unmask(visit: Visit) -> Reply:
    """Show one masked place of the narrative from now on; the journal says who chose to."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    case = _own_case(visit, sheet.draft)
    if case is None:
        raise MissingError
    place = visit.need("place", 100)
    if not _PLACE.match(place):
        raise IncompleteError("place")
    item = place.partition(":")[0]
    with visit.database.write() as session:
        journal.write(
            session,
            "unmask",
            by=visit.actor,
            day=visit.today,
            case=case.id,
            subject=bytes.fromhex(item),
        )
    visit.session.unmasked.add((case.id, place))
    return visit.go(f"/draft/{sheet.draft.id.hex()}#told-{item}")


def save(visit: Visit) -> Reply:
    """Keep what was written; whatever was frozen, judged or approved is void by this."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    _save(visit, sheet)
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.saved")


def _save(visit: Visit, sheet: Sheet) -> Sheet:
    entry = entryform.edited(sheet.entry, visit.form)
    before = correcting.public_entry(visit, sheet.draft.public_id)
    if before is not None:
        entry = correcting.explained(before, entry, visit.form, visit.today)
    return drafting.keep(visit, sheet, entry)


def freeze(visit: Visit) -> Reply:
    """
    Save, run the editor's half of the gate, and let the text stand still with its verdict beside it.

    Nothing is frozen when the check cannot be completed, nor when this person has asked too often today.
    """
    if gating.asked(visit, 1).get(visit.staff, 0) >= gating.FREEZES_A_DAY:
        raise TooManyError
    sheet = _save(visit, drafting.open_sheet(visit, visit.id("draft")))
    draft = sheet.draft
    before = correcting.public_entry(visit, draft.public_id)
    against = (*sheet.problems, *correcting.problems(before, sheet.entry))
    if against:
        raise ConflictError(against)
    judged = gating.editors_half(visit, gating.entry_texts(sheet.entry), _told_text(visit, draft))
    sealed = gating.sealed_findings(drafting.draft_key(visit, draft), sheet.digest, judged)
    with visit.database.write() as session:
        releases.freeze(session, draft.id, draft.version, sheet.digest, visit.acting)
        releases.record_verdict(session, draft.id, sheet.digest, "editor", judged.level, sealed, visit.acting)
    is_done = drafting.grant_to_holders(visit, draft)
    return visit.go(f"/draft/{draft.id.hex()}", "notice.frozen" if is_done else "notice.keys_pending")


def _own_case(visit: Visit, draft: Draft) -> Case | None:
    """Return the case behind a draft, if this person may read it."""
    if draft.case is None:
        return None
    try:
        with visit.database.read() as session:
            case = permits.see(session, draft.case, visit.acting)
    except CaseworkError:
        return None
    return case if permits.is_holder(case, visit.staff) else None


def _narrative(visit: Visit, case: Case) -> list[Told]:
    dossier = reading.dossier(visit, case.id)
    note_opening(visit, case.id)
    return [
        Told(said, _pieces(visit, case, said)) for said in dossier.said if said.kind in TOLD and said.text
    ]


def _pieces(visit: Visit, case: Case, said: reading.Said) -> list[Piece]:
    """Cut a message at the places that may identify somebody, and mask those nobody chose to read."""
    pieces, at = [], 0
    for start, end, kind in gating.spans(visit, said.text, case.language):
        place = f"{said.item.hex()}:{start}:{end}"
        is_masked = (case.id, place) not in visit.session.unmasked
        pieces.append(Piece(said.text[at:start]))
        # What is masked is not in the page at all.
        pieces.append(Piece("" if is_masked else said.text[start:end], kind, place, is_masked))
        at = end
    return [*pieces, Piece(said.text[at:])]


def _told_text(visit: Visit, draft: Draft) -> str:
    case = _own_case(visit, draft)
    if case is None:
        if draft.case is not None:
            raise ConflictError(("case_out_of_reach",))
        return ""
    dossier: Dossier = reading.dossier(visit, case.id)
    return "\n\n".join(said.text for said in dossier.said if said.kind in TOLD)


ROUTES = (
    Route("GET", "/drafts", index, WORKERS),
    Route("POST", "/drafts", begin_without_case, EDITORS),
    Route("POST", "/case/{case:str}/draft", begin_from_case, EDITORS),
    Route("GET", "/draft/{draft:str}", show, WORKERS),
    Route("POST", "/draft/{draft:str}/unmask", unmask, EDITORS),
    Route("POST", "/draft/{draft:str}/save", save, EDITORS),
    Route("POST", "/draft/{draft:str}/freeze", freeze, EDITORS),
)
