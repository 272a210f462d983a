"""
Legal deadlines of a client: kind, day and where the day comes from, sealed in the cover sheet.

Rules:

* A day is a deadline once a lawyer wrote or confirmed it. Nothing here computes one; a timeline only
  suggests (:mod:`casework.timelines`).
* A deadline that was met or fell away stays on the sheet with who said so and when.
* The hub learns one day per case, drawn a few days early by lot and without its kind, so that somebody is
  reminded even if nobody signs in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from casework import sheets
from casework.errors import LimitReachedError, NotFoundError

# Where they stand in a cover sheet.
FIELD = "deadlines"

KINDS = (
    "departure", "medical_board", "draft_board", "civil_service", "report_answer", "prosecutor_answer",
    "appeal", "court", "investigator", "contract_end", "other",
)  # fmt: skip
OPEN, MET, DROPPED = "open", "met", "dropped"
STATES = (OPEN, MET, DROPPED)

# More than any case had; a list longer than a screen hides the one that matters.
LIMIT = 60
# Somebody still can write a complaint.
LEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline as somebody confirmed it."""

    id: str
    kind: str
    day: date
    source: str = field(default="", repr=False)
    state: str = OPEN
    by: str = ""
    on: str = ""  # the day it was confirmed, met or dropped

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be met."""
        return self.state == OPEN

    def left(self, today: date) -> int:
        """Return the days until it, negative when it passed."""
        return (self.day - today).days

    def write(self) -> dict[str, str]:
        """Return what stands in the cover sheet."""
        return {
            "by": self.by,
            "day": self.day.isoformat(),
            "id": self.id,
            "kind": self.kind,
            "on": self.on,
            "source": self.source,
            "state": self.state,
        }


def read(cover: Mapping[str, Any]) -> list[Deadline]:
    """Return the deadlines of a cover sheet, the soonest first; what is none is left out."""
    found = []
    for row in sheets.read_rows(cover.get(FIELD)):
        try:
            day = date.fromisoformat(row["day"])
        except (KeyError, ValueError):
            continue
        kind = row.get("kind", "")
        state = row.get("state", OPEN)
        found.append(
            Deadline(
                row["id"],
                kind if kind in KINDS else "other",
                day,
                row.get("source", ""),
                # Whatever it says that is no state of ours, somebody should look at it.
                state if state in STATES else OPEN,
                row.get("by", ""),
                row.get("on", ""),
            )
        )
    return sorted(found, key=lambda one: (one.day, one.id))


def first_open(deadlines: Iterable[Deadline]) -> Deadline | None:
    """Return the deadline to be met next, the one most overdue included."""
    return min((one for one in deadlines if one.is_open), key=lambda one: one.day, default=None)


def add(
    deadlines: Iterable[Deadline], kind: str, day: date, source: str, *, by: str, today: date
) -> list[Deadline]:
    """
    Return the list with one more deadline, confirmed by *by*.

    Raises:
        LimitReachedError: there are :data:`LIMIT`.
    """
    held = list(deadlines)
    if len(held) >= LIMIT:
        raise LimitReachedError
    return [*held, Deadline(sheets.new_row_id(), kind, day, source, OPEN, by, today.isoformat())]


def settle(deadlines: Iterable[Deadline], row: str, state: str, *, by: str, today: date) -> list[Deadline]:
    """
    Return the list with one deadline met, dropped or open again.

    Raises:
        NotFoundError: there is none with this id.
    """
    held = list(deadlines)
    if row not in {one.id for one in held}:
        raise NotFoundError
    return [replace(one, state=state, by=by, on=today.isoformat()) if one.id == row else one for one in held]


def remind_on(deadlines: Iterable[Deadline], today: date) -> date | None:
    """Return when the hub should first say that something waits; none when nothing is open."""
    first = first_open(deadlines)
    return None if first is None else max(today, first.day - LEAD)
