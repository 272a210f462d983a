"""
The controlled lists of the register: codes only.

Every code is public, so every code has a sentence or label in the catalogues (``branch.marines``,
``grade.withheld`` …); a test holds that. A new code needs a line here and one in each catalogue.
"""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["ru", "uk", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

ItemType = Literal[
    "refusal_individual",
    "refusal_group",
    "refusal_mass_claim",
    "refusal_estimate",
    "desertion",
    "prevention",
    "retaliation",
    "persecution",
    "censorship",
    "protest_action",
    "legal_aid_aggregate",
    "legal_analysis",
    "outcome_aggregate",
    "interview_excerpt",
    "feature_article",
    "report",
    "context",
    "methodology_note",
    "notice",
    "boilerplate",
]
# Contact lines and a hosting site's footers are kept so that a list can be written out again.
NEVER_PUBLISHED: frozenset[str] = frozenset({"notice", "boilerplate"})
# General statements that rest on other entries, so they need no source of their own.
WITHOUT_SOURCE_BY_NATURE: frozenset[str] = frozenset({"context", "methodology_note", "censorship"})

Grade = Literal[
    "several_sources",
    "document",
    "reported",
    "single_source",
    "withheld",
    "estimate",
    "opinion",
    "alleged",
    "uncorroborated",
    "possibly_false",
    "contradicted",
    "editors",
]
# Grades whose own words say that the claim may be untrue or overstated.
UNCERTAIN_GRADES: frozenset[str] = frozenset(
    {"single_source", "alleged", "uncorroborated", "possibly_false", "contradicted", "estimate", "opinion"}
)

Branch = Literal[
    "ground_forces",
    "marines",
    "airborne",
    "navy",
    "air_force",
    "rosgvardiya",
    "fsb",
    "border_guard",
    "reserve",
    "private_company",
    "other",
    "unspecified",
]
Service = Literal["contract", "conscript", "mobilised", "volunteer", "officer", "reservist", "unspecified"]

Ground = Literal[
    "illegal_order",
    "deceived",
    "conscience",
    "against_the_war",
    "danger",
    "comrades_deaths",
    "comrades_body",
    "promised_leave",
    "health",
    "family",
    "beaten",
    "decree_on_conscripts",
    "other",
]
Pressure = Literal[
    "dismissal",
    "criminal_threat",
    "tribunal_threat",
    "withdraw_report",
    "extremism_centre",
    "insults_and_threats",
    "violence",
    "detention",
    "forced_transfer",
    "mark_in_papers",
    "shaming_letters",
    "resignation_refused",
    "repeated_explanations",
    "denunciation",
    "silence_demanded",
    "censorship",
    "propaganda",
    "other",
]
Outcome = Literal[
    "not_sent",
    "returned_home",
    "dismissed",
    "contract_terminated",
    "leave_before_dismissal",
    "report_filed",
    "sent_anyway",
    "left_unit",
    "lawsuit_filed",
    "lawsuit_withdrawn",
    "criminal_case",
    "convicted",
    "no_consequence",
    "no_violation_found",
    "detained",
    "pressure_ceased",
    "outlet_blocked",
    "pending",
    "other",
]

Qualifier = Literal[
    "exact",
    "at_least",
    "more_than",
    "about",
    "range",
    "range_percent",
    "several",
    "some",
    "many",
    "most",
    "vast_majority",
    "a_lot",
    "hundreds",
    "thousands",
    "may_run_into_thousands",
    "en_masse",
    "unknown",
]
Unit = Literal["persons", "appeals", "percent", "reports", "cases", "vacancies", "other"]

SourceRole = Literal["primary", "update", "context", "contradicts"]
QuoteKind = Literal["quote", "question", "answer", "fragment", "document_text"]
RelationType = Literal[
    "part_of",
    "same_event",
    "same_source",
    "possible_overlap",
    "follow_up",
    "retaliation_for",
    "retaliation_for_reporting",
    "retaliation_on_reporter",
    "contradicts",
    "reaffirms",
    "reaffirmed_by",
    "supersedes",
    "see_also",
]
# Two entries so related may count the same people.
OVERLAPPING: frozenset[str] = frozenset(
    {"possible_overlap", "same_event", "part_of", "see_also", "supersedes"}
)

RetractionReason = Literal["safety", "consent_withdrawn", "erroneous", "duplicate", "legal", "unstated"]
