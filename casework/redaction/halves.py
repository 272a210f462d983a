"""
The two halves of the gate over one draft: what each compares, and what it makes of a match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.redaction import comparing, fields, houses, matching, quasi, storied, traits, unknowns, verbatim
from casework.redaction.detectors import Detectors
from casework.redaction.fields import Sealed, SealedFields
from casework.redaction.findings import Finding, Level, mark, soften
from casework.redaction.matching import Context
from casework.redaction.names import Part
from casework.redaction.page import Page, inside
from casework.redaction.quasi import Facts
from casework.redaction.traits import Traits

# Of somebody else's case a match of these kinds is still a leak; anything vaguer is a warning.
_CERTAIN = frozenset(
    {"name_inflected", "name_translit", "name_part", "name_spaced", "name_split", "homoglyph"}
)


@dataclass(frozen=True)
class Held:
    """A draft held against something: its page, its traits and what is public in it."""

    detectors: Detectors
    page: Page
    shown: Traits
    context: Context

    def __repr__(self) -> str:
        return "<Held>"


def editors(
    held: Held, source: Page, register_texts: Sequence[str], given: Mapping[str, Any]
) -> list[Finding]:
    """Return what the draft shows of its narrative, and what nothing says it may show."""
    page, detectors = held.page, held.detectors
    known = [detectors.read(text, page.lang) for text in _repeating(page.given, register_texts)]
    told = storied.identifiers(source, detectors)
    facts = quasi.facts_of(told.sealed, traits.read(source, detectors.gazetteer), detectors)
    return [
        *unknowns.hidden(page),
        *_sealed(held, told.sealed, facts),
        *_others(held, told),
        *_copied(held, source, known),
        *_defaults(held, register_texts),
        *declared(page, given, told.sealed),
        *quasi.find(held.shown, facts, held.context),
        *quasi.cell_check(page, given, held.context),
    ]


def holders(
    held: Held, cases: Iterable[SealedFields], own: SealedFields | None, source: Page
) -> list[Finding]:
    """Return what the draft shows of its own case's card, and of other cases."""
    detectors = held.detectors
    findings: list[Finding] = []
    if own is not None:
        sealed = fields.seal(own, detectors.sealer, detectors.gazetteer)
        facts = quasi.facts_of(sealed, traits.read(source, detectors.gazetteer), detectors)
        findings += _sealed(held, sealed, facts)
        for text in sealed.texts:
            told = storied.identifiers(detectors.read(text, held.page.lang), detectors, is_field=True)
            findings += _sealed(held, told.sealed, facts)
        findings += quasi.find(held.shown, facts, held.context)
    for case in cases:
        findings += _elsewhere(held, fields.seal(case, detectors.sealer.only(_TELLING), detectors.gazetteer))
    return findings


def _sealed(held: Held, sealed: Sealed, facts: Facts) -> list[Finding]:
    """Return everything of *sealed* that the draft shows."""
    page, context = held.page, held.context
    found = [*matching.find(page, sealed.names, context, held.detectors.gazetteer), *_numbered(page, sealed)]
    # A day or a city alone in a cited paragraph is chance, unless something else of the case is there too.
    is_touched = bool(found) or quasi.touches(held.shown, facts)
    excused = context.cited if is_touched else context.sourced
    return [
        *found,
        *comparing.sealed_units(page, sealed, context),
        *houses.find(page, sealed.houses, context.listed),
        *comparing.sealed_days(page, sealed, context, excused, held.detectors.public),
        *comparing.sealed_places(page, sealed, context, excused, held.detectors.gazetteer),
    ]


def _numbered(page: Page, sealed: Sealed) -> list[Finding]:
    return [
        *comparing.sealed_numbers(page, sealed),
        *comparing.sealed_literals(page, sealed),
        *comparing.sealed_plates(page, sealed),
        *comparing.sealed_coordinates(page, sealed),
    ]


# A given name alone belongs to too many to point at one of them.
_TELLING = frozenset({Part.SURNAME})


def _elsewhere(held: Held, sealed: Sealed) -> list[Finding]:
    """Return what of somebody else's case the draft shows."""
    page, context = held.page, held.context
    names = matching.find(page, sealed.names, context, held.detectors.gazetteer)
    sealed.settlements = [place for place in sealed.settlements if not place.is_large]
    around = comparing.sealed_places(page, sealed, context, context.cited, held.detectors.gazetteer)
    return [
        *(f if f.kind in _CERTAIN else soften(f) for f in names if f.kind != "name_initials"),
        *(f for f in _numbered(page, sealed) if f.level is Level.BLOCK),
        *(soften(f) for f in around if f.level is Level.BLOCK),
    ]


def _others(held: Held, told: storied.Told) -> list[Finding]:
    """Warn of people the narrative names who are neither the source nor kin."""
    page = held.page
    kept = []
    for f in matching.find(page, told.others, held.context, held.detectors.gazetteer):
        is_vague = f.kind in {"name_initials", "namesake"} or (
            f.kind == "name_fuzzy" and f.level is Level.WARN
        )
        if f.level is Level.BLOCK and not is_vague and not inside((f.start, f.end), held.context.sourced):
            kept.append(mark(page.given, (f.start, f.end), "third_party", Level.WARN, "third_party"))
    return kept


def _copied(held: Held, source: Page, known: Sequence[Page]) -> list[Finding]:
    """Return the source's own words in the draft, and speech that may be them in another language."""
    page = held.page
    findings = []
    for run in verbatim.copied_runs(page, source, known):
        is_long = run.is_exact and run.length >= verbatim.BLOCK_RUN
        kind = "verbatim" if is_long else "verbatim_paraphrase"
        findings.append(
            mark(
                page.given,
                page.over(run.first, run.last),
                kind,
                Level.BLOCK if is_long else Level.WARN,
                "quote",
            )
        )
    if source.tokens:
        for span in verbatim.quotations(page):
            if not inside(span, held.context.sourced) and not any(
                f.start < span[1] and span[0] < f.end for f in findings
            ):
                findings.append(mark(page.given, span, "direct_speech", Level.WARN, "confirm_quote"))
    return findings


def _defaults(held: Held, register_texts: Sequence[str]) -> list[Finding]:
    page, context, detectors = held.page, held.context, held.detectors
    known = storied.capitalised_keys(register_texts)
    return [
        *unknowns.persons(page, context, known),
        *unknowns.days(page, context, detectors.public),
        *unknowns.identifiers(page, context),
        *unknowns.places(page, context, detectors.gazetteer, detectors.public, known),
    ]


def declared(page: Page, context: Mapping[str, Any], sealed: Sealed) -> list[Finding]:
    """Block internal ids; warn of a pseudonym that begins as the sealed name does."""
    findings = []
    low = page.text.lower()
    for item in context.get("internal_ids", ()):
        at = low.find(str(item).lower())
        if str(item) and at >= 0:
            findings.append(
                mark(page.given, page.span(at, at + len(str(item))), "internal_id", Level.BLOCK, "remove")
            )
    pseudonyms = context.get("pseudonyms", context.get("pseudonym", ()))
    initials = {n.initial for n in sealed.names if n.part is not Part.NICKNAME}
    for name in [pseudonyms] if isinstance(pseudonyms, str) else pseudonyms:
        at = low.find(str(name).lower())
        if at >= 0 and str(name)[:1].lower() in initials:
            findings.append(
                mark(
                    page.given,
                    page.span(at, at + len(str(name))),
                    "pseudonym_initial",
                    Level.WARN,
                    "initials",
                )
            )
    return findings


def _repeating(draft: str, texts: Sequence[str]) -> list[str]:
    """Return, cheaply, the register texts that share any five words in a row with the draft."""
    words = draft.lower().split()
    have = {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
    found = []
    for text in texts:
        theirs = text.lower().split()
        if any(tuple(theirs[i : i + 5]) in have for i in range(len(theirs) - 4)):
            found.append(text)
    return found
