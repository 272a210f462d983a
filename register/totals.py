"""
What may be counted, and what may not.

* Stories can be counted: an entry with its parts is one, under every code that it or a part carries.
* Figures are never added. Each is listed in its own unit, as its source gives it, with the reasons why:
  appeals, percentages, reports and cases are not people; "about" and "several" are not numbers; a claim
  that may be untrue adds nothing; two entries may tell of the same people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from register.entry import Count
from register.facets import Facet
from register.row import Row
from register.shelf import Shelf
from register.vocabulary import UNCERTAIN_GRADES, Unit

# Below this a count of a region would point at people rather than at a region.
SMALL_CELL = 3
UNITS: tuple[Unit, ...] = get_args(Unit)
Reason = Literal[
    "percent",
    "other_unit",
    "not_refusers",
    "not_a_number",
    "inexact",
    "uncertain",
    "overlap",
    "part",
    "of_group",
    "zero",
    "same_people",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one entry, and why it is not added to any other."""

    row: Row
    count: Count
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Stories counted by code, and how many figures stand in every unit; those are never summed."""

    stories: int
    refusals: int
    parts: int
    by: dict[Facet, dict[str, int]]
    figures: dict[Unit, int]


def tally(shelf: Shelf) -> Totals:
    """Count the stories on *shelf*, a story with its parts once."""
    stories = shelf.stories()
    counted = {unit: shelf.figure_count(unit) for unit in UNITS}
    return Totals(
        stories=stories,
        refusals=shelf.refusals(),
        parts=shelf.living() - stories,
        by=shelf.stories_by(),
        figures={unit: number for unit, number in counted.items() if number},
    )


def is_small(facet: Facet, number: int) -> bool:
    """Tell whether a count under *facet* is not spelled out anywhere, on pages and in files alike."""
    return facet == "subject" and 0 < number < SMALL_CELL


def figures(shelf: Shelf, unit: Unit, number: int = -1) -> Iterator[Figure]:
    """List the figures in *unit*, those of the newest entries first; *number* ends the list."""
    for row, n, overlaps in shelf.figures(unit, number):
        count = row.counts[n]
        yield Figure(row, count, reasons(row, count, overlaps=overlaps))


def reasons(row: Row, count: Count, *, overlaps: bool = False) -> tuple[Reason, ...]:
    """Return why this figure is not added; there is always a reason."""
    has_bounds = count.value is not None or (count.min is not None and count.max is not None)
    found: dict[Reason, bool] = {
        "percent": count.unit == "percent",
        "other_unit": count.unit not in ("persons", "percent"),
        "not_refusers": count.unit == "persons" and not count.countable,
        "zero": count.value == 0,
        "not_a_number": not has_bounds and count.min is None,
        "inexact": count.qualifier != "exact" and not (not has_bounds and count.min is None),
        "uncertain": row.grade in UNCERTAIN_GRADES,
        "part": row.parent is not None,
        "of_group": count.of_group is not None,
        "overlap": overlaps,
    }
    return tuple(reason for reason, holds in found.items() if holds) or ("same_people",)
