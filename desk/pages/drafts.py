"""Editing: the narrative with what identifies masked, its redacted copy, and the entry being written."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace

from sqlalchemy import or_, select

from casework import journal, releases
from casework.tables import Draft
from desk import (
    additions,
    checking,
    copying,
    correcting,
    deadlinks,
    door,
    drafting,
    entryform,
    followups,
    gating,
    originals,
    otherwords,
    particulars,
    picturing,
    reading,
    sourcelines,
    standing,
    turning,
)
from desk.drafting import Sheet
from desk.errors import ConflictError, IncompleteError, MissingError, TooManyError
from desk.pages.case import note_opening
from desk.routes import EDITORS, Route
from desk.visit import Reply, Visit
from register.entry import Entry
from register.places import subjects

WORKERS = frozenset({"editor", "lawyer", "custodian", "coordinator"})
APPROVERS = frozenset({"editor", "coordinator", "lawyer"})
DISCARDERS = frozenset({"editor", "coordinator"})
LIVING = ("draft", "review", "approved", "scheduled")
# Lines on one page.
DRAFTS = 80
# Which item of the case, and from where to where.
_PLACE = re.compile(r"[0-9a-f]{32}:[0-9]{1,6}:[0-9]{1,6}\Z")


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
        sheets=turning.part(
            visit, "/drafts", "drafts", [sheets[draft.id] for draft in drafts if draft.id in sheets], DRAFTS
        ),
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
    case = copying.own_case(visit, draft)
    before = correcting.public_entry(visit, draft.public_id)
    copy = copying.look(visit, case) if is_author and case is not None else None
    if case is not None and copy is not None:
        note_opening(visit, case.id)
    page = visit.page(
        "draft.html",
        sheet=sheet,
        draft=draft,
        entry=sheet.entry,
        is_author=is_author,
        has_case=case is not None,
        copy=copy,
        standing=standing.of(visit, sheet),
        entryform=entryform,
        links=deadlinks.known(visit.desk.settings.records_dir),
        additions=additions,
        followups=followups,
        particulars=particulars,
        sourcelines=sourcelines,
        subjects=sorted(subjects().values(), key=lambda one: one.name(visit.language)),
        texts=gating.entry_texts(sheet.entry),
        may_discard=draft.status in LIVING and releases.may_discard(draft, visit.acting),
        may_undo=bool(visit.session.earlier.get(draft.id)),
        may_undo_copy=case is not None and bool(visit.session.earlier.get(case.id)),
        is_correction=before is not None,
        other_words=otherwords.words(sheet.entry) if is_author else (),
        has_translations=len({*sheet.entry.title, *sheet.entry.body}) > 1,
        is_said_to_hold=before is not None and correcting.is_said_to_hold(before, sheet.entry),
        said=correcting.said(before, sheet.entry) if before else {},
        changes=correcting.changes(before, sheet.entry) if before else (),
        pictures=picturing.of(visit, sheet),
        papers=originals.papers(reading.dossier(visit, case.id)) if is_author and case is not None else (),
        keeping=door.KEEPING if is_author and draft.status == "draft" else "",
    )
    if not is_author:
        return page
    return replace(page, headers={"Content-Security-Policy": door.keeping_policy(visit.desk.settings)})


def unmask(visit: Visit) -> Reply:
    """Show one masked place of the narrative from now on; the journal says who chose to."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    case = copying.own_case(visit, sheet.draft)
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
    drafting.keep(visit, sheet, _completed(visit, sheet))
    return visit.go(f"/draft/{sheet.draft.id.hex()}", "notice.saved")


def keep(visit: Visit) -> Reply:
    """
    Keep what is being written without leaving the page, and say when it was kept.

    Only while nothing is frozen: what somebody has judged or signed is voided by a person, not by a clock.
    """
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    if sheet.draft.status != "draft":
        raise ConflictError(("edited",))
    after = drafting.keep(visit, sheet, _typed(visit, sheet))
    said = visit.words.say("draft.kept", at=visit.words.moment(visit.now.isoformat()))
    told = {"once": secrets.token_urlsafe(12), "said": said, "version": after.draft.version}
    return Reply(status=200, body=json.dumps(told).encode(), mime="application/json")


def _completed(visit: Visit, sheet: Sheet) -> Entry:
    """Return the entry as a person saves it: with the rows they filled, without what they ticked."""
    entry = particulars.without(sheet.entry, _typed(visit, sheet), visit.form)
    return additions.added(entry, visit.form)


def _typed(visit: Visit, sheet: Sheet) -> Entry:
    """Return the entry as the form now says it, with what readers are told of the change."""
    entry = entryform.edited(sheet.entry, visit.form)
    before = correcting.public_entry(visit, sheet.draft.public_id)
    if before is not None:
        entry = correcting.explained(before, entry, visit.form, visit.today)
    return entry


def freeze(visit: Visit) -> Reply:
    """
    Save, run the editor's half of the gate, and let the text stand still with its verdict beside it.

    Nothing is frozen when the check cannot be completed, nor when this person has asked too often today.
    """
    if gating.asked(visit, 1).get(visit.staff, 0) >= gating.FREEZES_A_DAY:
        raise TooManyError
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    sheet = drafting.keep(visit, sheet, particulars.marked(otherwords.pruned(_completed(visit, sheet))))
    draft = sheet.draft
    before = correcting.public_entry(visit, draft.public_id)
    against = (*sheet.problems, *correcting.problems(before, sheet.entry))
    if against:
        raise ConflictError(against)
    judged = gating.editors_half(visit, gating.entry_texts(sheet.entry), _told_text(visit, draft))
    judged = gating.doubted(judged, picturing.doubts(picturing.whole(visit, sheet)))
    sealed = gating.sealed_findings(drafting.draft_key(visit, draft), sheet.digest, judged)
    with visit.database.write() as session:
        releases.freeze(session, draft.id, draft.version, sheet.digest, visit.acting)
        releases.record_verdict(session, draft.id, sheet.digest, "editor", judged.level, sealed, visit.acting)
    is_done = drafting.grant_to_holders(visit, draft)
    return visit.go(f"/draft/{draft.id.hex()}", "notice.frozen" if is_done else "notice.keys_pending")


def discard(visit: Visit) -> Reply:
    """Drop a draft for good: one's own, or of an author who is gone."""
    draft_id = visit.id("draft")
    with visit.database.write() as session:
        releases.discard(session, draft_id, visit.form_version(), visit.acting)
    visit.session.earlier.pop(draft_id, None)
    return visit.go("/drafts", "notice.discarded")


def _told_text(visit: Visit, draft: Draft) -> str:
    case = copying.own_case(visit, draft)
    if case is None:
        if draft.case is not None:
            raise ConflictError(("case_out_of_reach",))
        return ""
    return "\n\n".join(copying.told(reading.dossier(visit, case.id)).values())


ROUTES = (
    Route("GET", "/drafts", index, WORKERS),
    Route("POST", "/drafts", begin_without_case, EDITORS),
    Route("POST", "/case/{case:str}/draft", begin_from_case, EDITORS),
    Route("GET", "/draft/{draft:str}", show, WORKERS),
    Route("POST", "/draft/{draft:str}/unmask", unmask, EDITORS),
    Route("POST", "/draft/{draft:str}/save", save, EDITORS),
    Route("POST", "/draft/{draft:str}/keep", keep, EDITORS),
    Route("POST", "/draft/{draft:str}/freeze", freeze, EDITORS),
    Route("POST", "/draft/{draft:str}/discard", discard, DISCARDERS),
)
