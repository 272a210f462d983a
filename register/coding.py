"""
Codes proposed from the words of a list: branch, service, pressure, outcome, grade …

These are proposals that land in review. Each table is read from above; the first pattern that fits wins
where one code is asked for. English, because hand-made lists of this form are; of other languages only the
refusal itself is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from register import places
from register.entry import Force, Mark, Place
from register.vocabulary import Branch, Grade, Language, Service

_Table = tuple[tuple[str, str], ...]

_BRANCHES: _Table = (
    ("marines", r"\bmarines?\b|naval infantry"),
    ("airborne", r"\bairborne|paratroop|\bVDV\b"),
    ("rosgvardiya", r"rosgvardiya|\bOMON\b|\bSOBR\b|national guard"),
    ("fsb", r"\bFSB\b"),
    ("border_guard", r"border guard"),
    ("private_company", r"private military compan|\bWagner\b"),
    ("navy", r"\bnavy\b|\bcruiser\b|\bsailors?\b|\bfleet\b"),
    ("air_force", r"air force|\bpilots?\b|aerospace forces"),
    ("ground_forces", r"ground forces|motori[sz]ed rifle|\btank (?:brigade|regiment)|guards base|\binfantry"),
)
_SERVICES: _Table = (
    ("contract", r"\bcontract\b"),
    ("conscript", r"\bconscripts?\b(?!’s)|active duty"),
    ("mobilised", r"\bmobili[sz]ed\b"),
    ("volunteer", r"\bvolunteers?\b"),
    ("reservist", r"\breservists?\b"),
    ("officer", r"\b(?:warrant )?officers? (?:who|that) refus"),
)
_GROUNDS: _Table = (
    ("deceived", r"deceiv|told it was|exercise|drill"),
    ("illegal_order", r"illegal|cross .*border|authority limited"),
    ("comrades_body", r"body of"),
    ("comrades_deaths", r"comrades? beg[au]n to die|destruction of|losses"),
    ("conscience", r"conscience|religious|belief"),
    ("against_the_war", r"not support the war|against the war|shock at the invasion"),
    ("danger", r"imminent death|just returned|danger"),
    ("promised_leave", r"vacation|leave"),
    ("beaten", r"beaten"),
    ("decree_on_conscripts", r"decree"),
    ("health", r"health|illness|wound"),
    ("family", r"family|child"),
)
_PRESSURE: _Table = (
    ("withdraw_report", r"withdraw (?:the )?reports?"),
    ("extremism_centre", r"counteraction to extremism|centre .?e\b"),
    ("tribunal_threat", r"tribunal"),
    ("repeated_explanations", r"repeatedly forced to write|reports on the reasons"),
    ("mark_in_papers", r"stamp|entry in (?:the )?military|record"),
    ("shaming_letters", r"letters to relatives|disgrac"),
    ("resignation_refused", r"resignation .*not accept|not accept.* resignation"),
    ("forced_transfer", r"forcibly|forced to take part|tie up|sent back"),
    ("denunciation", r"denunciation|denounc"),
    ("violence", r"beaten|violence|beat\b"),
    ("silence_demanded", r"forbade|forbidden to tell"),
    ("censorship", r"censor|fakes|blocked"),
    ("propaganda", r"propaganda"),
    ("criminal_threat", r"criminal"),
    ("detention", r"detain|locked up|held in"),
    ("dismissal", r"dismiss|fired"),
    ("insults_and_threats", r"insult|shout|intimidat|psychological|threat"),
)
_OUTCOMES: _Table = (
    ("lawsuit_withdrawn", r"withdrew the (?:law)?suit"),
    ("lawsuit_filed", r"went to court|lawsuit"),
    ("contract_terminated", r"contracts? (?:had been )?terminated|terminated their contracts?"),
    ("leave_before_dismissal", r"leave before dismissal"),
    ("no_consequence", r"not fired|no consequence|nothing happened"),
    ("no_violation_found", r"no violation|not find any violation"),
    ("dismissed", r"dismiss|fired"),
    ("sent_anyway", r"sent to (?:the )?war|sent back"),
    ("not_sent", r"not to send|remained at|not sent|refused to go any further"),
    ("left_unit", r"desert|left the unit"),
    ("returned_home", r"returned|went home|sent home"),
    ("report_filed", r"reports? of refusal|filed a report"),
    ("detained", r"detain"),
    ("pressure_ceased", r"pressure .*ceased"),
    ("outlet_blocked", r"blocked"),
    ("convicted", r"sentenced|convicted"),
    ("criminal_case", r"criminal case (?:was )?opened"),
)
# What a text says of its own certainty, strongest doubt first.
_HEDGES: _Table = (
    ("possibly_false", r"may be (?:a )?fake|may be false"),
    ("uncorroborated", r"not corroborated|not (?:been )?confirmed|unconfirmed|could not (?:verify|confirm)"),
    ("single_source", r"no other sources? confirm"),
    ("withheld", r"not (?:report|disclose|publish)[^.]*\b(?:sources?|identity)\b[^.]*\b(?:security|safety)"),
    ("estimate", r"\bestimated?\b"),
)
_STATED: dict[str, Grade] = {
    "multiple_sources_cited": "several_sources",
    "single_source_explicit": "single_source",
    "alleged": "alleged",
    "uncorroborated_explicit": "uncorroborated",
    "unconfirmed_possible_fake_explicit": "possibly_false",
    "estimate": "estimate",
    "opinion": "opinion",
    "photo_evidence": "document",
    "sources_withheld": "withheld",
    "scope_disclaimer": "editors",
}


_REFUSED = re.compile(
    r"\brefus(?:e|ed|ing|al)|\bdesert|\bдезерт"
    # Not where something was refused to somebody.
    r"|\bотказ(?!ал[аио]?\b|ан[аоы]?\b)|\bвідмов(?!и[лв][аио]?\b|лен)",
    re.IGNORECASE,
)
# "in Ivanovo, Sverdlovsk, and Moscow regions" names three regions.
_PLURAL = re.compile(r"((?:[A-Z][\w-]+(?:, and |, | and ))+[A-Z][\w-]+) regions\b")


def stated_statuses() -> frozenset[str]:
    """Return the statuses the JSON form knows."""
    return frozenset({*_STATED, "none_stated"})


def grade_stated(status: str | None, *, has_source: bool, is_general: bool) -> Grade:
    """Return the public grade of an explicit status; what states none is "reported", or shows no source."""
    if status in _STATED:
        return _STATED[status]
    return grade_without_status(has_source=has_source, is_general=is_general)


def grade_hedged(text: str, *, has_source: bool, is_general: bool) -> tuple[Grade, str | None]:
    """Return the grade that the text's own words give it, and those words."""
    for code, pattern in _HEDGES:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            start, end = text.rfind(".", 0, found.start()) + 1, text.find(".", found.end()) + 1
            return cast("Grade", code), text[start : end or None].strip()
    return grade_without_status(has_source=has_source, is_general=is_general), None


def grade_without_status(*, has_source: bool, is_general: bool) -> Grade:
    """Return the grade of a text that says nothing of its certainty."""
    if has_source:
        return "reported"
    return "editors" if is_general else "withheld"


def branch_of(text: str) -> Branch:
    """Return the first branch the words name."""
    return cast("Branch", _first(text, _BRANCHES) or "unspecified")


def forces_in(text: str) -> tuple[Force, ...]:
    """Return every branch the words name, with the word that named it."""
    found = ((code, re.search(pattern, text, re.IGNORECASE)) for code, pattern in _BRANCHES)
    return tuple(
        Force(branch=cast("Branch", code), as_written=match[0]) for code, match in found if match is not None
    )


def service_in(text: str) -> tuple[Service, ...]:
    """Return every form of service the words name."""
    return tuple(
        cast("Service", code) for code, pattern in _SERVICES if re.search(pattern, text, re.IGNORECASE)
    )


def grounds(phrases: Iterable[str]) -> tuple[Mark, ...]:
    """Code phrases that give a ground."""
    return _marks(phrases, _GROUNDS)


def pressure(phrases: Iterable[str]) -> tuple[Mark, ...]:
    """Code phrases that describe pressure."""
    return _marks(phrases, _PRESSURE)


def outcomes(phrases: Iterable[str]) -> tuple[Mark, ...]:
    """Code phrases that describe an outcome."""
    return _marks(phrases, _OUTCOMES)


def subjects_in(text: str) -> tuple[Place, ...]:
    """Return every federal subject the words name, in the order of the text."""
    found: dict[str, tuple[int, str]] = {}
    taken = _PLURAL.sub(lambda match: re.sub(r"[A-Z][\w-]+", r"\g<0> region", match[1]), text)
    for name, code in places.names():
        match = re.search(rf"\b{re.escape(name)}\b", taken)
        if match and code not in found:
            found[code] = (match.start(), name)
        if match:
            # A region's name is blanked, so that the town inside it is not found again.
            taken = re.sub(rf"\b{re.escape(name)}\b", lambda found: " " * len(found[0]), taken)
    ordered = sorted(found.items(), key=lambda pair: pair[1][0])
    return tuple(
        Place(name=places.subject_named(code).en, as_written=name, country="RU", subject=code)
        for code, (_, name) in ordered
    )


def tells_of_refusal(text: str) -> bool:
    """Say whether the words, in any of our languages, tell of people who refused or left."""
    return _REFUSED.search(text) is not None


def language_of(text: str) -> Language:
    """Return the language *text* is written in, as far as its letters tell."""
    words = [word for word in text.casefold().split() if "@" not in word and "/" not in word]
    letters = [letter for word in words for letter in word if letter.isalpha()]
    cyrillic = sum("\u0400" <= letter <= "\u04ff" for letter in letters)
    if cyrillic * 2 <= len(letters):
        return "en"
    return "uk" if sum(map(letters.count, "іїєґ")) > sum(map(letters.count, "ыэъё")) else "ru"


def _marks(phrases: Iterable[str], table: _Table) -> tuple[Mark, ...]:
    return tuple(Mark(code=_first(phrase, table) or "other", words={"en": phrase}) for phrase in phrases)


def _first(text: str, table: _Table) -> str | None:
    return next((code for code, pattern in table if re.search(pattern, text, re.IGNORECASE)), None)
