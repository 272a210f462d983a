"""The figures of the house: each month counted once, small cells hidden; charts, and a table to save."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from casework import releases, statistics, tallies
from casework.tallies import Cells, Month
from desk.errors import MissingError
from desk.pages.house import COORDINATORS
from desk.routes import Route
from desk.visit import Reply, Visit
from desk.words import Words

# What stands in the table for a cell that is hidden.
HIDDEN = f"<{statistics.FLOOR}"
# A value that begins so would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Bar:
    """One value of one chart; no number when there were too few to say."""

    label: str
    number: int | None
    width: int  # in hundredths of the longest


@dataclass(frozen=True)
class Chart:
    """One field, its values the most frequent first."""

    field: str
    bars: list[Bar]


def show(visit: Visit) -> Reply:
    """Show every month that was counted, and those that wait to be."""
    months, waiting = _read(visit)
    with visit.database.read() as session:
        told = releases.told_figures(session, visit.staffing)
        unanswered = tallies.unanswered(session)
    now = visit.today.strftime("%Y-%m")
    counted = {one.month for one in months}
    drawn = [
        (one, charts(visit.words, one.filed_fields), charts(visit.words, one.closed_fields)) for one in months
    ]
    return visit.page(
        "figures.html",
        months=drawn,
        due=[(month, n) for month, n in waiting.items() if month < now and month not in counted],
        running=waiting.get(now, 0),
        floor=statistics.FLOOR,
        told=told,
        newest=next((one for one in months if one.hours is not None), None),
        people=releases.rounded_people(unanswered),
    )


def tell(visit: Visit) -> Reply:
    """Tell the public of a counted month: how long a first answer took, and how many wait as this is said."""
    month = visit.need("month", 7)
    with visit.database.write() as session:
        months = tallies.read(session, visit.session.staff.identity, visit.staffing.roster)
        hours = next((one.hours for one in months if one.month == month), None)
        if hours is None:
            raise MissingError
        releases.tell_figures(session, month, hours, tallies.unanswered(session), visit.acting)
    return visit.go("/figures", "notice.figures_told")


def close(visit: Visit) -> Reply:
    """Count a month that is over; its slips are deleted."""
    month = visit.need("month", 7)
    with visit.database.write() as session:
        tallies.close(session, month, visit.session.staff.identity, visit.acting)
    return visit.go("/figures", "notice.tallied")


def table(visit: Visit) -> Reply:
    """Give every counted cell as CSV, hidden ones as hidden."""
    months, _waiting = _read(visit)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("month", "what", "field", "value", "count"))
    for one in sorted(months, key=lambda one: one.month):
        for what, total, fields in (
            (tallies.IN, one.filed, one.filed_fields),
            (tallies.OUT, one.closed, one.closed_fields),
        ):
            writer.writerow((one.month, what, "total", "", total))
            for name, value, number in _cells(fields):
                writer.writerow((one.month, what, name, _plain(value), HIDDEN if number is None else number))
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Reply(status=200, body=out.getvalue().encode(), mime="text/csv", headers=headers)


def charts(words: Words, fields: Cells) -> list[Chart]:
    """Return the charts of one month: each field with its values, the most frequent first."""
    found = []
    for name in statistics.FIELDS:
        cells = fields.get(name) or {}
        highest = max((number for number in cells.values() if number is not None), default=1)
        bars = [
            Bar(_label(words, name, value), number, 0 if number is None else round(100 * number / highest))
            for value, number in sorted(cells.items(), key=lambda pair: (-(pair[1] or 0), pair[0]))
        ]
        if bars:
            found.append(Chart(name, bars))
    return found


def _read(visit: Visit) -> tuple[list[Month], dict[str, int]]:
    with visit.database.read() as session:
        months = tallies.read(session, visit.session.staff.identity, visit.staffing.roster)
        return months, tallies.waiting(session)


def _cells(fields: Cells) -> Iterator[tuple[str, str, int | None]]:
    for name in statistics.FIELDS:
        for value, number in sorted((fields.get(name) or {}).items()):
            yield name, value, number


def _plain(value: str) -> str:
    return "'" + value if value.startswith(_FORMULA) else value


def _label(words: Words, name: str, value: str) -> str:
    if name == "region":
        return words.region(value)
    if name == "branch":
        return words.label(f"branch.{value}")
    key = f"{name}.{value}"
    return words.say(key) if words.knows(key) else value


ROUTES = (
    Route("GET", "/figures", show, COORDINATORS),
    Route("POST", "/figures/close", close, COORDINATORS),
    Route("POST", "/figures/tell", tell, COORDINATORS),
    Route("GET", "/figures/table", table, COORDINATORS),
)
