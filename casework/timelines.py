"""
Timelines: what usually follows on what, as dated data, ``casework/timelines/<code>.toml``.

Rules:

* A file says as of when the law is told and who checked it; until somebody did, every page says so.
* A step after another has a span in days or months *by law or custom*. The day that comes of it is a
  suggestion. It becomes a deadline when a lawyer confirms it, perhaps with another day.
"""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from casework.sheets import Row, new_row_id

FOLDER = Path(__file__).with_name("timelines")


@dataclass(frozen=True)
class Step:
    """One step: its name by language, what it follows, and after how long."""

    code: str
    names: Mapping[str, str]
    after: str = ""
    days: int = 0
    months: int = 0
    basis: str = ""
    deadline: str = ""  # the kind of deadline it becomes, none for what merely happens

    def name(self, language: str) -> str:
        """Return its name, in Russian where there is none in *language*."""
        return self.names.get(language) or self.names["ru"]

    def suggest(self, reference: date) -> date:
        """Return the day this step would fall on, counted from *reference*. Says nothing about holidays."""
        return _months_later(reference, self.months) + timedelta(days=self.days)


@dataclass(frozen=True)
class Timeline:
    """A template: steps in their order."""

    code: str
    names: Mapping[str, str]
    steps: tuple[Step, ...]
    law_as_of: date
    reviewed_by: str | None

    def name(self, language: str) -> str:
        """Return its name, in Russian where there is none in *language*."""
        return self.names.get(language) or self.names["ru"]

    def step(self, code: str) -> Step | None:
        """Return the step of that code, none when this version has none."""
        return next((step for step in self.steps if step.code == code), None)


@dataclass(frozen=True)
class Planned:
    """One step of a timeline in a case: done on a day, or suggested for one, or not yet to be dated."""

    row: Row = field(repr=False)
    timeline: Timeline
    step: Step
    done: date | None
    suggested: date | None


@cache
def load() -> Mapping[str, Timeline]:
    """
    Return every timeline by its code.

    Raises:
        ValueError: a file is not what this module describes.
    """
    found = [_read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {one.code: one for one in found}


def unreviewed() -> tuple[str, ...]:
    """Return the timelines no lawyer has checked."""
    return tuple(code for code, one in load().items() if one.reviewed_by is None)


def begin(timeline: Timeline, day: date) -> list[dict[str, str]]:
    """Return the rows of *timeline* whose first step was on *day*."""
    rows = [{"done": "", "step": step.code, "timeline": timeline.code} for step in timeline.steps]
    rows[0]["done"] = day.isoformat()
    run = new_row_id()  # the same template may be begun twice, even on one day
    return [{**row, "run": run} for row in rows]


def plan(rows: Iterable[Row]) -> list[Planned]:
    """
    Return the steps of a case with what is known and what may be suggested.

    A suggestion is counted only from a step that really happened, never from another suggestion. A step whose
    template is gone is left out; its row stays in the sheet.
    """
    held = list(rows)
    done = {(row.get("timeline"), row.get("run"), row.get("step")): _day(row.get("done")) for row in held}
    found = []
    for row in held:
        timeline = load().get(row.get("timeline", ""))
        step = timeline.step(row.get("step", "")) if timeline is not None else None
        if timeline is None or step is None:
            continue
        reference = done.get((timeline.code, row.get("run"), step.after)) if step.after else None
        own = _day(row.get("done"))
        suggested = step.suggest(reference) if reference is not None and own is None else None
        found.append(Planned(row, timeline, step, own, suggested))
    return found


def _read(path: Path) -> Timeline:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    steps = tuple(_step(one) for one in told["steps"])
    known = [step.code for step in steps]
    if len(set(known)) != len(known) or any(step.after and step.after not in known for step in steps):
        raise ValueError("casework: a timeline names a step that is not there, or one twice")
    return Timeline(path.stem, _names(told), steps, told["law_as_of"], told["reviewed_by"] or None)


def _step(told: Mapping[str, Any]) -> Step:
    return Step(
        code=told["code"],
        names=_names(told),
        after=told.get("after", ""),
        days=told.get("days", 0),
        months=told.get("months", 0),
        basis=told.get("basis", ""),
        deadline=told.get("deadline", ""),
    )


def _names(told: Mapping[str, Any]) -> dict[str, str]:
    return {"en": told["en"], "ru": told["ru"]}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months later; where that month is shorter, its last day."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
