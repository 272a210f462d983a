"""Working sheets and cover sheets at the desk: read beside the case, changed as a whole, sealed anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casework import cases, deadlines, sheets
from casework.deadlines import Deadline
from casework.sheets import Row, Sheet
from casework.tables import Case
from desk import reading, sealing
from desk.errors import IncompleteError, MissingError
from desk.reading import Dossier
from desk.visit import Visit

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def look(visit: Visit) -> Dossier:
    """Return the case in the address with its sheets, without its conversation."""
    return reading.dossier(visit, visit.id("case"), reading.WORKING)


def keep(visit: Visit, case: Case, sheet: Sheet) -> None:
    """Seal the next version of *sheet* into its case; refused when the case changed since."""
    rows = sealing.item(visit, case.id, sheets.KIND, sheet.payload())
    with visit.database.write() as session:
        cases.note(session, case.id, visit.form_version(), rows, visit.acting)


def keep_cover(visit: Visit, dossier: Dossier, fields: Mapping[str, Any]) -> None:
    """Seal a cover sheet that says *fields* over what the one before it said."""
    rows = sealing.item(visit, dossier.case.id, "cover", {**fields, "n": dossier.cover_number + 1})
    with visit.database.write() as session:
        cases.note(session, dossier.case.id, visit.form_version(), rows, visit.acting)


def keep_deadlines(visit: Visit, dossier: Dossier, held: Sequence[Deadline]) -> None:
    """Seal a cover sheet with these deadlines; the hub learns one day of them, for a reminder."""
    payload = {deadlines.FIELD: [one.write() for one in held], "n": dossier.cover_number + 1}
    rows = sealing.item(visit, dossier.case.id, "cover", payload)
    remind_on = deadlines.remind_on(held, visit.words.local_day(visit.now))
    with visit.database.write() as session:
        cases.set_deadlines(session, dossier.case.id, visit.form_version(), rows, remind_on, visit.acting)


def row_of(visit: Visit, sheet: Sheet, field: str = "row") -> Row:
    """
    Return the row of *sheet* a form names.

    Raises:
        MissingError: it is not there, or no longer.
    """
    wanted = visit.form.get(field)
    for row in sheet.rows:
        if row["id"] == wanted:
            return row
    raise MissingError


def day_of(visit: Visit, field: str) -> date:
    """
    Return a day of the form.

    Raises:
        IncompleteError: it is none, or a year nobody can mean.
    """
    day = optional_day(visit, field)
    if day is None:
        raise IncompleteError(field)
    return day


def optional_day(visit: Visit, field: str) -> date | None:
    """Return a day of the form, none when it was left empty. Raises as :func:`day_of`."""
    text = visit.form.get(field)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        day = None
    if day is None or not 2014 <= day.year <= 2100:
        raise IncompleteError(field)
    return day
