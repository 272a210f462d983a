"""
What may be counted, and what may not.

* Stories can be counted: an entry with its parts is one, under every code that it or a part carries.
* Figures are never added. Each is listed in its own unit, as its source gives it, with the reasons why:
  appeals, percentages, reports and cases are not people; "about" and "several" are not numbers; a claim
  that may be untrue adds nothing; two entries may tell of the same people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from register.entry import Count, Entry
from register.facets import FACETS, Facet, codes
from register.vocabulary import OVERLAPPING, UNCERTAIN_GRADES, Unit

Reason = Literal[
    "percent",
    "other_unit",
    "not_refusers",
    "not_a_number",
    "inexact",
    "uncertain",
    "overlap",
    "part",
    "zero",
    "same_people",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one entry, and why it is not added to any other."""

    entry: Entry
    count: Count
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Stories counted by code; figures listed by unit and never summed."""

    stories: int
    refusals: int
    parts: int
    by: dict[Facet, dict[str, int]]
    figures: dict[Unit, tuple[Figure, ...]]


def tally(entries: Iterable[Entry]) -> Totals:
    """Count the stories among *entries*, and list their figures apart."""
    everything = tuple(entries)
    present = {entry.id for entry in everything}
    whole = {entry.id: _story_of(entry, present) for entry in everything}
    by: dict[Facet, Counter[str]] = {facet: Counter() for facet in FACETS}
    for facet in FACETS:
        carried = {(whole[entry.id], code) for entry in everything for code in codes(entry, facet)}
        by[facet].update(code for _, code in carried)
    return Totals(
        stories=len(set(whole.values())),
        refusals=len({whole[entry.id] for entry in everything if entry.is_refusal}),
        parts=len(everything) - len(set(whole.values())),
        by={facet: dict(sorted(counter.items(), key=_by_size)) for facet, counter in by.items()},
        figures=_figures(everything),
    )


def reasons(entry: Entry, count: Count, overlapping: frozenset[str] = frozenset()) -> tuple[Reason, ...]:
    """Return why this figure is not added; there is always a reason."""
    has_bounds = count.value is not None or (count.min is not None and count.max is not None)
    found: dict[Reason, bool] = {
        "percent": count.unit == "percent",
        "other_unit": count.unit not in ("persons", "percent"),
        "not_refusers": count.unit == "persons" and not count.countable,
        "zero": count.value == 0,
        "not_a_number": not has_bounds and count.min is None,
        "inexact": count.qualifier != "exact" and not (not has_bounds and count.min is None),
        "uncertain": entry.corroboration.grade in UNCERTAIN_GRADES,
        "part": entry.parent is not None,
        "overlap": entry.id in overlapping,
    }
    return tuple(reason for reason, holds in found.items() if holds) or ("same_people",)


def _figures(entries: tuple[Entry, ...]) -> dict[Unit, tuple[Figure, ...]]:
    overlapping = frozenset(
        either
        for entry in entries
        for relation in entry.relations
        if relation.type in OVERLAPPING - {"part_of"}
        for either in (entry.id, relation.target)
    )
    found: dict[Unit, list[Figure]] = defaultdict(list)
    for entry in entries:
        for count in entry.counts:
            found[count.unit].append(Figure(entry, count, reasons(entry, count, overlapping)))
    order: tuple[Unit, ...] = get_args(Unit)
    return {unit: tuple(found[unit]) for unit in order if unit in found}


def _story_of(entry: Entry, present: set[str]) -> str:
    """A part counts with its story, and as its own where that is not public."""
    return entry.parent if entry.parent in present and entry.parent is not None else entry.id


def _by_size(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
