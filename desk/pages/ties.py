"""The ties of a case: what it belongs with, what was merged into it, and splitting it into two matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casework import cases, merging, permits, sheets, splits
from casework.errors import CaseworkError
from casework.sheets import Row
from casework.tables import Case
from desk import handing, reading, sealing, working
from desk.errors import ConflictError, DeskError
from desk.handing import HandIn
from desk.pages.acts import TOPICS, case_named
from desk.pages.case import note_opening
from desk.reading import Dossier
from desk.routes import CASEWORKERS, TAKERS, Route
from desk.visit import Reply, Visit

RELATIONS = ("same_person", "same_event", "same_unit", "other")


@dataclass(frozen=True)
class Tied:
    """Another case as this person may see it: its short name always, what it is about if it opens."""

    row: Row | None
    ref: str
    relation: str
    case: Case | None
    cover: Mapping[str, Any] = field(default_factory=dict, repr=False)


def show(visit: Visit) -> Reply:
    """Show what a case belongs with."""
    dossier = working.look(visit)
    note_opening(visit, dossier.case.id)
    with visit.database.read() as session:
        merged = merging.merged_into(session, dossier.case.id)
    return visit.page(
        "ties.html",
        dossier=dossier,
        case=dossier.case,
        acts=frozenset(permits.acts_for(dossier.case, visit.staff, visit.staffing)),
        ties=[_tied(visit, row) for row in dossier.sheet(sheets.TIES).rows],
        merged=[_seen(visit, one.id, "merged") for one in merged],
        relations=RELATIONS,
        topics=TOPICS,
    )


def tie(visit: Visit) -> Reply:
    """Tie this case to another one this person has opened; the other is told too where it can be written."""
    dossier = working.look(visit)
    relation = visit.choose("relation", RELATIONS)
    other_id = case_named(visit, visit.need("other", 40))
    if other_id == dossier.case.id:
        raise ConflictError(("no_such_case",))
    other = reading.dossier(visit, other_id, reading.WORKING)
    sheet = dossier.sheet(sheets.TIES)
    if any(row.get("case") == other_id.hex() for row in sheet.rows):
        raise ConflictError(("tied_already",))
    working.keep(visit, dossier.case, sheet.with_row(case=other_id.hex(), relation=relation))
    if "note" in permits.acts_for(other.case, visit.staff, visit.staffing):
        back = other.sheet(sheets.TIES).with_row(case=dossier.case.id.hex(), relation=relation)
        rows = sealing.item(visit, other_id, sheets.KIND, back.payload())
        with visit.database.write() as session:
            cases.note(session, other_id, other.case.version, rows, visit.acting)
    return _back(visit, dossier, "notice.tied")


def untie(visit: Visit) -> Reply:
    """Take a tie off this case's list; the other case keeps its own."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.TIES)
    working.keep(visit, dossier.case, sheet.without(working.row_of(visit, sheet)["id"]))
    return _back(visit, dossier, "notice.saved")


def split(visit: Visit) -> Reply:
    """Open a second matter of the same client beside this one."""
    dossier = working.look(visit)
    cover = {
        name: dossier.cover[name] for name in ("region", "branch", "relation") if dossier.cover.get(name)
    }
    cover["topic"] = visit.choose("topic", TOPICS)
    made = splits.build(dossier.case, cover, visit.need("why", 4000), visit.acting)
    second = made.key.owner
    ties = dossier.sheet(sheets.TIES).with_row(case=second.hex(), relation=splits.SPLIT)
    rows = sealing.item(visit, dossier.case.id, sheets.KIND, ties.payload())
    with visit.database.write() as session:
        splits.write(session, dossier.case.id, visit.form_version(), made, rows, visit.acting)
    is_done = handing.hand_in(visit, HandIn(new_keys=[made.key], grants=made.grants))
    where = f"/case/{second.hex()}" if is_done else f"/case/{dossier.case.id.hex()}/ties"
    return visit.go(where, "notice.split" if is_done else "notice.keys_pending")


def _tied(visit: Visit, row: Row) -> Tied:
    try:
        other = bytes.fromhex(row.get("case", ""))
    except ValueError:
        other = b""
    relation = row.get("relation", "")
    seen = _seen(visit, other, relation if relation in (*RELATIONS, splits.SPLIT) else "other")
    return Tied(row, seen.ref, seen.relation, seen.case, seen.cover)


def _seen(visit: Visit, other: bytes, relation: str) -> Tied:
    """Return another case as far as this person may see it; what they may not is a short name alone."""
    try:
        case = reading.see(visit, other)
    except (CaseworkError, DeskError):
        return Tied(None, reading.ref(other), relation, None)
    return Tied(None, reading.ref(other), relation, case, reading.covers(visit, [case]).get(other, {}))


def _back(visit: Visit, dossier: Dossier, notice: str) -> Reply:
    return visit.go(f"/case/{dossier.case.id.hex()}/ties", notice)


ROUTES = (
    Route("GET", "/case/{case:str}/ties", show, CASEWORKERS),
    Route("POST", "/case/{case:str}/tie", tie, TAKERS),
    Route("POST", "/case/{case:str}/untie", untie, TAKERS),
    Route("POST", "/case/{case:str}/split", split, TAKERS),
)
