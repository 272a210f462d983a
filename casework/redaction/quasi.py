"""
Facts that identify nobody alone and somebody together: rank, post, age, family, region with month, numbers.

Only facts the draft shares with the case count; a draft about somebody else gives nobody away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.redaction import places, traits
from casework.redaction.detectors import Detectors
from casework.redaction.fields import Sealed
from casework.redaction.findings import Finding, Level, mark
from casework.redaction.matching import Context
from casework.redaction.page import Page, inside
from casework.redaction.traits import Traits

FEW_FACTS = 3  # this many shared facts in one paragraph narrow it to a few people, whatever the count
_NO_YEAR = 1900  # a sealed day without its year is kept under an earlier one
CELLS_SPEAK_FROM = 500  # entries; below that the register says nothing about how many people fit


@dataclass
class Facts:
    """The facts of one case that a draft may share."""

    regions: set[str] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    ranks: set[int] = field(default_factory=set)
    posts: list[tuple[str, ...]] = field(default_factory=list)
    ages: set[int] = field(default_factory=set)
    children: set[int] = field(default_factory=set)
    companions: set[int] = field(default_factory=set)

    def __repr__(self) -> str:
        return "<Facts>"


def facts_of(sealed: Sealed, told: Traits, detectors: Detectors) -> Facts:
    """Gather the facts of a case from its fields and from the traits of its narrative, which may be empty."""
    source = told.page
    named = [
        places.subjects_named(detectors.read(v, source.lang), detectors.gazetteer) for v in sealed.regions
    ]
    return Facts(
        regions={subject.code for found in (told.regions, *named) for subject in found.values()},
        months={day.month for day in sealed.days} | {mention.month for mention in source.days},
        ranks={rank for value in sealed.ranks for rank, _, _ in traits.ranks_in(value)},
        # A rank of the Cossacks or the police is in no table of ours, and told in its own words like a post.
        posts=[
            phrase
            for value in (*sealed.posts, *(r for r in sealed.ranks if not traits.ranks_in(r)))
            for phrase in traits.post_phrases(value, source)
        ],
        ages={
            *sealed.ages,
            *_ages_then(sealed),
            *(age for age, _, _ in told.ages),
            *(n for t in sealed.texts for n, _, _ in traits.ages_in(detectors.read(t, source.lang))),
        },
        children={
            *sealed.children,
            *(count for count, _, _ in told.children),
            *(n for t in sealed.texts for n, _, _ in traits.children_in(detectors.read(t, source.lang))),
        },
        companions={count for count, _, _ in told.companions},
    )


def _ages_then(sealed: Sealed) -> set[int]:
    """Return how old a person born on the sealed day was on the other sealed days."""
    return {
        day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        for birth in sealed.births
        for day in sealed.days
        if birth.year > _NO_YEAR < day.year
    }


def find(shown: Traits, facts: Facts, context: Context) -> list[Finding]:
    """Return what a draft shares with *facts*: single facts, and paragraphs where several meet."""
    page = shown.page
    shared: list[tuple[str, tuple[int, int]]] = []
    findings: list[Finding] = []
    for kind, hint, spans in (
        (
            "rank",
            "rank",
            [(a, b) for rank, a, b in shown.ranks if rank in facts.ranks and rank != traits.PRIVATE],
        ),
        ("rank_position", "post", traits.posts_in(page, facts.posts)),
        ("age_exact", "age", [(a, b) for age, a, b in shown.ages if age in facts.ages]),
        ("family", "family", [(a, b) for count, a, b in shown.children if count in facts.children]),
    ):
        for span in (page.span(*s) for s in spans):
            if not inside(span, context.sourced):
                shared.append((kind, span))
                findings.append(mark(page.given, span, kind, Level.WARN, hint))
    shared += [("rank", page.span(a, b)) for rank, a, b in shown.ranks if rank in facts.ranks]
    small = {s.code for s in shown.regions.values() if s.thousands < places.SMALL_REGION}
    shared += [("region", page.over(i, i)) for i, s in shown.regions.items() if s.code in facts.regions]
    shared += [("month", page.span(a, b)) for month, a, b in shown.months if month in facts.months]
    shared += [
        ("companions", page.span(a, b)) for n, a, b in shown.companions if {n, n + 1} & facts.companions
    ]
    shared = [s for s in shared if not inside(s[1], context.sourced) and not inside(s[1], context.citations)]
    return findings + list(_together(page, shared, bool(small & facts.regions)))


def touches(shown: Traits, facts: Facts) -> bool:
    """Say whether the draft shares any fact with the case besides a day."""
    return bool(
        {s.code for s in shown.regions.values()} & facts.regions
        or {rank for rank, _, _ in shown.ranks} & facts.ranks
        or {age for age, _, _ in shown.ages} & facts.ages
        or {count for count, _, _ in shown.children} & facts.children
        or any({count, count + 1} & facts.companions for count, _, _ in shown.companions)
        or traits.posts_in(shown.page, facts.posts)
    )


def _together(page: Page, shared: list[tuple[str, tuple[int, int]]], is_small: bool) -> Iterator[Finding]:
    """Yield one warning for each paragraph in which several shared facts meet."""
    start = 0
    for line in page.given.split("\n"):
        end = start + len(line)
        here = [(kind, span) for kind, span in shared if start <= span[0] < end]
        kinds = {kind for kind, _ in here}
        if here and (len(kinds) >= FEW_FACTS or (is_small and "region" in kinds and len(kinds) >= 2)):
            span = (min(s[0] for _, s in here), max(s[1] for _, s in here))
            yield mark(
                page.given,
                span,
                "k_anonymity" if len(kinds) >= FEW_FACTS else "small_region",
                Level.WARN,
                "coarsen",
            )
        start = end + 1


def cell_check(page: Page, register: Mapping[str, Any], context: Context) -> list[Finding]:
    """
    Return a warning when the caller counted too few register entries like this one.

    Silent below :data:`CELLS_SPEAK_FROM` entries: a small register says nothing about a population.
    """
    cells = register.get("register_cells")
    if not isinstance(cells, Mapping) or sum(int(v) for v in cells.values()) < CELLS_SPEAK_FROM:
        return []
    least = int(register.get("k", 5))
    if min((int(v) for v in cells.values()), default=least) >= least or not page.tokens or context.sourced:
        return []
    return [mark(page.given, page.over(0, len(page.tokens) - 1), "k_anonymity", Level.WARN, "coarsen")]
