"""By what entries can be found: the codes an entry carries under each heading, and when it happened."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from register.entry import Entry

Facet = Literal["branch", "service", "outcome", "pressure", "grade", "subject", "month"]
FACETS: tuple[Facet, ...] = get_args(Facet)

# Of a range or an "as of" only the report's own day says when.
_DATED = frozenset({"day", "night", "month", "month_part"})


def codes(entry: Entry, facet: Facet) -> tuple[str, ...]:
    """Return what *entry* carries under *facet*, each once, unknown left out."""
    found: tuple[str | None, ...]
    match facet:
        case "branch":
            found = tuple(
                force.branch for force in entry.forces if force.branch not in ("unspecified", "other")
            )
        case "service":
            found = tuple(code for code in entry.service if code != "unspecified")
        case "outcome":
            found = tuple(mark.code for mark in entry.outcome if mark.code != "other")
        case "pressure":
            found = tuple(mark.code for mark in entry.pressure if mark.code != "other")
        case "grade":
            found = (entry.corroboration.grade,)
        case "subject":
            found = tuple(place.subject for place in entry.places)
        case "month":
            found = (month(entry),)
    return tuple(dict.fromkeys(code for code in found if code))


def when(entry: Entry) -> date | None:
    """Return the earliest day that is known of what an entry tells, or of its first report."""
    if entry.month:
        return date(int(entry.month[:4]), int(entry.month[5:]), 1)
    dated = [span for span in entry.dates if span.start and span.precision in _DATED]
    told = [span.start for span in dated if span.start and span.role != "as_of"]
    reported = [source.day for source in entry.sources if source.day]
    # Up to which day something had not happened says least of when the rest did.
    return min(told or reported or [span.start for span in dated if span.start], default=None)


def month(entry: Entry) -> str | None:
    """Return the month of :func:`when` as ``YYYY-MM``."""
    day = when(entry)
    return f"{day:%Y-%m}" if day else None
