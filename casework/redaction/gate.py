"""
The gate: does this draft still identify somebody whose case is sealed?

    editors_half   the draft against the narrative and the register, where the editor's keys are
    holders_half   the draft against the sealed fields of cases, where the cards are
    check          both at once on clear input

Rules:
- Deny by default and fail closed: a check that cannot be made is an error (`GateError`), and through
  `check` a blocking verdict.
- A finding shows the draft's own words, never a sealed value.
- No index of names outlives a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from casework.redaction import comparing, matching, places, public, quasi, storied, unknowns, verbatim
from casework.redaction import fields as sealed_fields
from casework.redaction.detectors import Detectors, load
from casework.redaction.errors import GateError
from casework.redaction.fields import Sealed, SealedFields
from casework.redaction.findings import Finding, Level, Verdict, gate_failed, mark, settle, soften
from casework.redaction.matching import Context
from casework.redaction.names import Part
from casework.redaction.page import Page, inside
from casework.redaction.quasi import Facts

__all__ = [
    "Detectors",
    "Finding",
    "GateError",
    "Level",
    "Verdict",
    "check",
    "editors_half",
    "holders_half",
    "load",
]

# Longer texts than any entry or narrative; a check of one would hold a desk for seconds.
MAX_CHARACTERS = 60_000


def editors_half(
    detectors: Detectors,
    draft: str,
    narrative: str,
    register_texts: Sequence[str],
    lang: str,
    context: Mapping[str, Any] | None = None,
) -> Verdict:
    """
    Compare *draft* with the *narrative* it retells and with what the register already shows.

    Knows nothing of sealed cards: a pass here is half an answer. *context* may hold ``allow`` (phrases the
    editor declared public), ``pseudonyms``, ``internal_ids``, ``register_cells`` and ``k``.

    Raises:
        UnsupportedLanguageError, MissingDictionaryError, GateError: nothing may be released.
    """
    page, source = _read(detectors, draft, lang), _read(detectors, narrative, lang)
    around = _context(detectors, page, context or {})
    return settle(_editors(detectors, page, source, register_texts, around, context or {}))


def holders_half(
    detectors: Detectors,
    draft: str,
    cases: Iterable[SealedFields],
    *,
    lang: str = "ru",
    own: SealedFields | None = None,
) -> Verdict:
    """
    Compare *draft* with the sealed fields of *cases*, other people's among them, and of its *own* case.

    Of other cases only what points at one person counts: surnames, full names, numbers, addresses of the
    net, small settlements. Of its own case everything does, facts that identify together included.

    Raises:
        UnsupportedLanguageError, MissingDictionaryError, GateError: nothing may be released.
    """
    page = _read(detectors, draft, lang)
    return settle(_holders(detectors, page, cases, own, None, _context(detectors, page, {})))


def check(detectors: Detectors, question: Mapping[str, Any]) -> dict[str, object]:
    """
    Run both halves on clear input ``{case_fields, narrative, draft, lang, context?}``.

    Returns ``{verdict, findings}``. Never raises: whatever goes wrong is a block of kind ``gate_failed``.
    """
    try:
        return _both(detectors, question).as_dict()
    except Exception:  # noqa: BLE001 -- fail closed; the cause may carry plaintext and is dropped
        return gate_failed().as_dict()


def _both(detectors: Detectors, question: Mapping[str, Any]) -> Verdict:
    draft, lang = question["draft"], question["lang"]
    case, narrative, context = (
        question["case_fields"],
        question.get("narrative", ""),
        question.get("context") or {},
    )
    if not isinstance(draft, str) or not isinstance(narrative, str) or not isinstance(case, Mapping):
        raise GateError("malformed question")
    page, source = _read(detectors, draft, lang), _read(detectors, narrative, lang)
    around = _context(detectors, page, context)
    return settle(
        [
            *_editors(detectors, page, source, context.get("register_texts", ()), around, context),
            *_holders(detectors, page, context.get("other_cases", ()), case, source, around),
            *_declared(page, context, sealed_fields.seal(case, detectors.sealer, detectors.gazetteer)),
        ]
    )


def _editors(
    detectors: Detectors,
    page: Page,
    source: Page,
    register_texts: Sequence[str],
    around: Context,
    context: Mapping[str, Any],
) -> list[Finding]:
    known = [detectors.read(text, page.lang) for text in _repeating(page.given, register_texts)]
    told = storied.identifiers(source, detectors)
    facts = quasi.facts_of(told.sealed, source, detectors)
    return [
        *unknowns.hidden(page),
        *_sealed(detectors, page, told.sealed, around, facts),
        *_others(page, told, around, detectors),
        *_copied(page, source, known, around),
        *_defaults(detectors, page, around, register_texts),
        *_declared(page, context, told.sealed),
        *quasi.find(page, facts, around, detectors.gazetteer),
        *quasi.cell_check(page, context, around),
    ]


def _holders(
    detectors: Detectors,
    page: Page,
    cases: Iterable[SealedFields],
    own: SealedFields | None,
    source: Page | None,
    around: Context,
) -> list[Finding]:
    findings: list[Finding] = []
    if own is not None:
        sealed = sealed_fields.seal(own, detectors.sealer, detectors.gazetteer)
        facts = quasi.facts_of(sealed, source or detectors.read("", page.lang), detectors)
        findings += _sealed(detectors, page, sealed, around, facts)
        findings += _texts(detectors, page, sealed, around, facts)
        findings += quasi.find(page, facts, around, detectors.gazetteer)
    for case in cases:
        findings += _elsewhere(
            detectors, page, sealed_fields.seal(case, detectors.sealer, detectors.gazetteer), around
        )
    return findings


def _read(detectors: Detectors, text: str, lang: str) -> Page:
    detectors.lexicon.require(lang)
    if len(text) > MAX_CHARACTERS:
        raise GateError("text is too long to check")
    return detectors.read(text, lang)


def _context(detectors: Detectors, page: Page, context: Mapping[str, Any]) -> Context:
    sourced, citations = public.sourced_spans(page, detectors.public)
    return Context(
        public=public.public_tokens(page, detectors.public),
        listed=public.listed_tokens(page, detectors.public),
        regions=set(places.subjects_named(page, detectors.gazetteer)),
        sourced=sourced,
        cited=public.cited_sentences(page, sourced, citations),
        citations=citations,
        allowed=public.allowed_tokens(page, [str(a) for a in context.get("allow", ())]),
    )


def _sealed(detectors: Detectors, page: Page, sealed: Sealed, around: Context, facts: Facts) -> list[Finding]:
    """Return everything of *sealed* that the draft shows."""
    found = [
        *matching.find(page, sealed.names, around, detectors.gazetteer),
        *comparing.sealed_numbers(page, sealed),
        *comparing.sealed_literals(page, sealed),
        *comparing.sealed_plates(page, sealed),
        *comparing.sealed_coordinates(page, sealed),
        *comparing.sealed_units(page, sealed),
    ]
    # A day or a city alone in a cited paragraph is chance, unless something else of the case is there too.
    is_touched = bool(found) or quasi.touches(page, facts, detectors.gazetteer)
    excused = around.cited if is_touched else around.sourced
    return [
        *found,
        *comparing.sealed_days(page, sealed, around, excused, detectors.public),
        *comparing.sealed_places(page, sealed, around, excused),
    ]


def _elsewhere(detectors: Detectors, page: Page, sealed: Sealed, around: Context) -> list[Finding]:
    """Return what of somebody else's case the draft shows; a given name alone belongs to too many."""
    telling = [n for n in sealed.names if n.part is Part.SURNAME]
    found = [*matching.find(page, telling, around, detectors.gazetteer)]
    settled = [
        f
        if f.kind
        in {"name_inflected", "name_translit", "name_part", "name_spaced", "name_split", "homoglyph"}
        else soften(f)
        for f in found
        if f.kind != "name_initials"
    ]
    sealed.settlements = [s for s in sealed.settlements if not s.is_large]
    spotted = [
        *comparing.sealed_numbers(page, sealed),
        *comparing.sealed_literals(page, sealed),
        *comparing.sealed_plates(page, sealed),
        *comparing.sealed_coordinates(page, sealed),
    ]
    return [
        *settled,
        *(f for f in spotted if f.level is Level.BLOCK),
        *(
            soften(f)
            for f in comparing.sealed_places(page, sealed, around, around.cited)
            if f.level is Level.BLOCK
        ),
    ]


def _texts(detectors: Detectors, page: Page, sealed: Sealed, around: Context, facts: Facts) -> list[Finding]:
    """Return the people named in free-text fields: relatives, lawyers, friends."""
    findings: list[Finding] = []
    for text in sealed.texts:
        told = storied.identifiers(detectors.read(text, page.lang), detectors, is_field=True)
        findings += _sealed(detectors, page, told.sealed, around, facts)
    return findings


def _others(page: Page, told: storied.Told, around: Context, detectors: Detectors) -> list[Finding]:
    """Warn of people the narrative names who are neither the source nor kin."""
    found = matching.find(page, told.others, around, detectors.gazetteer)
    kept = []
    for f in found:
        if (
            f.kind in {"name_initials", "namesake"}
            or (f.kind == "name_fuzzy" and f.level is Level.WARN)
            or inside((f.start, f.end), around.sourced)
        ):
            continue
        kept.append(mark(page.given, (f.start, f.end), "third_party", Level.WARN, "third_party"))
    return kept


def _copied(page: Page, source: Page, known: Sequence[Page], around: Context) -> list[Finding]:
    """Return the source's own words in the draft, and speech that may be them in another language."""
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
            if not inside(span, around.sourced) and not any(
                f.start < span[1] and span[0] < f.end for f in findings
            ):
                findings.append(mark(page.given, span, "direct_speech", Level.WARN, "confirm_quote"))
    return findings


def _defaults(
    detectors: Detectors, page: Page, around: Context, register_texts: Sequence[str]
) -> list[Finding]:
    known = storied.capitalised_keys(register_texts)
    return [
        *unknowns.persons(page, around, known),
        *unknowns.days(page, around, detectors.public),
        *unknowns.identifiers(page, around),
        *unknowns.places(page, around, detectors.gazetteer, detectors.public, known),
    ]


def _declared(page: Page, context: Mapping[str, Any], sealed: Sealed) -> list[Finding]:
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
