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
from dataclasses import replace
from typing import Any

from casework.redaction import fields, halves, probing, public, traits
from casework.redaction.detectors import Detectors, load
from casework.redaction.errors import GateError
from casework.redaction.fields import SealedFields
from casework.redaction.findings import Finding, Level, Verdict, gate_failed, mark, settle
from casework.redaction.halves import Held
from casework.redaction.matching import Context
from casework.redaction.page import Page

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
    given = context or {}
    held = _hold(detectors, draft, lang, given)
    return settle(halves.editors(held, _read(detectors, narrative, lang), register_texts, given))


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
    held = _hold(detectors, draft, lang, {})
    if probing.is_list(held.page, held.context):
        return _refused(draft)
    return settle(halves.holders(held, cases, own, detectors.read("", lang)))


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
    draft, lang, case = question["draft"], question["lang"], question["case_fields"]
    narrative, given = question.get("narrative", ""), question.get("context") or {}
    if not isinstance(draft, str) or not isinstance(narrative, str) or not isinstance(case, Mapping):
        raise GateError("malformed question")
    held, source = _hold(detectors, draft, lang, given), _read(detectors, narrative, lang)
    if probing.is_list(held.page, held.context):
        return _refused(draft)
    sealed = fields.seal(case, held.detectors.sealer, detectors.gazetteer)
    return settle(
        [
            *halves.editors(held, source, given.get("register_texts", ()), given),
            *halves.holders(held, given.get("other_cases", ()), case, source),
            *halves.declared(held.page, given, sealed),
        ]
    )


def _refused(draft: str) -> Verdict:
    return settle([mark(draft, (0, len(draft)), "list", Level.BLOCK, "list")])


def _read(detectors: Detectors, text: str, lang: str) -> Page:
    detectors.lexicon.require(lang)
    if len(text) > MAX_CHARACTERS:
        raise GateError("text is too long to check")
    return detectors.read(text, lang)


def _hold(detectors: Detectors, draft: str, lang: str, given: Mapping[str, Any]) -> Held:
    page = _read(detectors, draft, lang)
    shown = traits.read(page, detectors.gazetteer)
    sourced, citations = public.sourced_spans(page, detectors.public)
    context = Context(
        public=public.public_tokens(page, detectors.public),
        listed=public.listed_tokens(page, detectors.public),
        regions=set(shown.regions),
        sourced=sourced,
        cited=public.cited_sentences(page, sourced, citations),
        citations=citations,
        allowed=public.allowed_tokens(page, [str(a) for a in given.get("allow", ())]),
    )
    return Held(replace(detectors, sealer=detectors.sealer.for_one_check()), page, shown, context)
