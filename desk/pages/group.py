"""The people page of a case: its parties, and of a group every person with what became of them."""

from __future__ import annotations

from collections import Counter

from casework import codes, permits, sheets
from casework.sheets import Sheet
from desk import working
from desk.errors import IncompleteError
from desk.pages.case import note_opening
from desk.reading import Dossier
from desk.routes import TAKERS, Route
from desk.visit import Reply, Visit

ROLES = (
    "client", "relative", "commander", "unit", "official", "witness", "lawyer", "comrade", "other",
)  # fmt: skip
NAME_LIMIT = 200
ABOUT_LIMIT = 1000
STRIKE = "strike"


def show(visit: Visit) -> Reply:
    """Show who belongs to a case."""
    dossier = working.look(visit)
    note_opening(visit, dossier.case.id)
    people = dossier.sheet(sheets.PEOPLE)
    counted = Counter(row.get("state", "") for row in people.rows)
    states = codes.people_states()
    return visit.page(
        "people.html",
        dossier=dossier,
        case=dossier.case,
        acts=frozenset(permits.acts_for(dossier.case, visit.staff, visit.staffing)),
        parties=dossier.sheet(sheets.PARTIES).rows,
        roles=ROLES,
        people=people.rows,
        states=states,
        names={one.code: one.name(visit.language) for one in states},
        counts=[(codes.name(states, code, visit.language), n) for code, n in counted.most_common()],
    )


def add_party(visit: Visit) -> Reply:
    """Write down a party: who it is in this case, the name, what is known."""
    dossier = working.look(visit)
    about = visit.form.get("about")
    if len(about) > ABOUT_LIMIT:
        raise IncompleteError("about")
    sheet = dossier.sheet(sheets.PARTIES).with_row(
        role=visit.choose("role", ROLES), name=visit.need("name", NAME_LIMIT), about=about
    )
    return _keep(visit, dossier, sheet)


def strike_party(visit: Visit) -> Reply:
    """Take a party off the list."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.PARTIES)
    return _keep(visit, dossier, sheet.without(working.row_of(visit, sheet)["id"]))


def add_people(visit: Visit) -> Reply:
    """Write down people of a group, one a line."""
    dossier = working.look(visit)
    names = [line.strip() for line in visit.need("names", 20_000).splitlines() if line.strip()]
    if not names or any(len(name) > NAME_LIMIT for name in names):
        raise IncompleteError("names")
    state = visit.choose("state", tuple(one.code for one in codes.people_states()))
    day = visit.today.isoformat()
    rows = [{"name": name, "state": state, "note": "", "day": day} for name in names]
    return _keep(visit, dossier, dossier.sheet(sheets.PEOPLE).with_rows(rows))


def change_people(visit: Visit) -> Reply:
    """Say what became of the people who are ticked, with a note if there is one; or strike them."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.PEOPLE)
    ticked = set(visit.form.all("row"))
    chosen = [row["id"] for row in sheet.rows if row["id"] in ticked]
    if not chosen:
        raise IncompleteError("row")
    known = tuple(one.code for one in codes.people_states())
    state = visit.choose("state", (STRIKE, *known))
    note = visit.form.get("note")
    if len(note) > ABOUT_LIMIT:
        raise IncompleteError("note")
    day = working.optional_day(visit, "day") or visit.words.local_day(visit.now)
    for row in chosen:
        if state == STRIKE:
            sheet = sheet.without(row)
        else:
            note_of_row = note or sheet.find(row).get("note", "")
            sheet = sheet.with_change(row, state=state, day=day.isoformat(), note=note_of_row)
    return _keep(visit, dossier, sheet)


def _keep(visit: Visit, dossier: Dossier, sheet: Sheet) -> Reply:
    working.keep(visit, dossier.case, sheet)
    return visit.go(f"/case/{dossier.case.id.hex()}/people", "notice.saved")


ROUTES = (
    Route("GET", "/case/{case:str}/people", show, TAKERS),
    Route("POST", "/case/{case:str}/party", add_party, TAKERS),
    Route("POST", "/case/{case:str}/party/strike", strike_party, TAKERS),
    Route("POST", "/case/{case:str}/people", add_people, TAKERS),
    Route("POST", "/case/{case:str}/people/change", change_people, TAKERS),
)
