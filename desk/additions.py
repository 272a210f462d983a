"""
What an editor adds to an entry beyond title and text: a quotation, a figure, whose claim it is, a relation,
a follow-up (:mod:`desk.followups`), a further branch or place (:mod:`desk.particulars`).

* Each has one empty row in the form. What is typed there joins the entry when a person saves, never by the
  clock that keeps a draft: a row kept twice would say its words twice.
* Once in the entry, its words stand among the others (:mod:`desk.otherwords`) to be changed or emptied.
"""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import msgspec

from desk import followups, particulars
from desk.errors import IncompleteError
from desk.forms import Form
from register.entry import Count, DateSpan, Entry, Quote, Relation, is_id
from register.vocabulary import Language, Qualifier, QuoteKind, RelationType, Unit

QUOTE_KINDS: tuple[str, ...] = get_args(QuoteKind)
LANGUAGES: tuple[str, ...] = get_args(Language)
QUALIFIERS: tuple[str, ...] = get_args(Qualifier)
UNITS: tuple[str, ...] = get_args(Unit)
RELATIONS: tuple[str, ...] = get_args(RelationType)
LIMIT = 5_000
AS_OF = "as_of"
_MOST = 10_000_000
_RANGES = frozenset({"range", "range_percent"})


def added(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with what the empty rows of *form* hold.

    Raises:
        IncompleteError: a row holds something that is no value of it, or lacks what it cannot do without.
    """
    entry = followups.added(particulars.added(entry, form), form)
    changes: dict[str, Any] = {
        "quotes": _quotes(form),
        "counts": _counts(form),
        "relations": _relations(entry, form),
        "attribution": _lines(form, "new_attribution"),
    }
    found: dict[str, Any] = {name: (*getattr(entry, name), *new) for name, new in changes.items() if new}
    hedges = _lines(form, "new_wording")
    if hedges:
        found["corroboration"] = msgspec.structs.replace(
            entry.corroboration, wording=(*entry.corroboration.wording, *hedges)
        )
    return msgspec.structs.replace(entry, **found) if found else entry


def as_of(entry: Entry) -> date | None:
    """Return the newest day on which *entry* says that something was not so."""
    return max((span.start for span in entry.dates if span.role == AS_OF and span.start), default=None)


def confirmed(entry: Entry, form: Form) -> Entry:
    """
    Return *entry* with the day that *form* gives a negative claim; a day nobody touched stays as it was.

    Raises:
        IncompleteError: what was typed is no day.
    """
    text = form.get("as_of")
    before = as_of(entry)
    if not form.all("as_of") or text == (before.isoformat() if before else ""):
        return entry
    others = tuple(span for span in entry.dates if span.role != AS_OF)
    if not text:
        return msgspec.structs.replace(entry, dates=others)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise IncompleteError("as_of") from None
    return msgspec.structs.replace(entry, dates=(*others, DateSpan(role=AS_OF, precision="day", start=day)))


def _quotes(form: Form) -> tuple[Quote, ...]:
    text, speaker, called = (_said(form, f"new_quote_{part}") for part in ("text", "speaker", "called"))
    if not text:
        _refuse("new_quote_text", bool(speaker or called))
        return ()
    return (
        Quote(
            text=text,
            kind=_choice(form, "new_quote_kind", QUOTE_KINDS),  # type: ignore[arg-type]
            language=_choice(form, "new_quote_language", LANGUAGES),  # type: ignore[arg-type]
            speaker=speaker or None,
            attributed_as=called or None,
        ),
    )


def _counts(form: Form) -> tuple[Count, ...]:
    written, of = _said(form, "new_count_written"), _said(form, "new_count_of")
    whole = _said(form, "new_count_of_group")
    low, high = (_number(form, f"new_count_{part}") for part in ("low", "high"))
    if not written:
        _refuse("new_count_written", bool(of or whole) or low is not None or high is not None)
        return ()
    _refuse("new_count_of", not of)
    qualifier = _choice(form, "new_count_qualifier", QUALIFIERS)
    _refuse("new_count_high", (high is not None) != (qualifier in _RANGES))
    _refuse("new_count_high", high is not None and (low is None or low > high))
    is_range = high is not None
    return (
        Count(
            as_written=written,
            count_of=of,
            unit=_choice(form, "new_count_unit", UNITS),  # type: ignore[arg-type]
            qualifier=qualifier,  # type: ignore[arg-type]
            value=None if is_range else low,
            min=low if is_range else None,
            max=high,
            of_group=whole or None,
            countable=bool(form.get("new_count_countable")),
        ),
    )


def _relations(entry: Entry, form: Form) -> tuple[Relation, ...]:
    target, why = _said(form, "new_relation_target").lower(), _said(form, "new_relation_why")
    if not target:
        _refuse("new_relation_target", bool(why))
        return ()
    _refuse("new_relation_target", not is_id(target) or target == entry.id)
    kind = _choice(form, "new_relation_type", RELATIONS)
    relation = Relation(type=kind, target=target, why=why or None)  # type: ignore[arg-type]
    return () if relation in entry.relations else (relation,)


def _lines(form: Form, name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _said(form, name).splitlines() if line.strip())


def _said(form: Form, name: str) -> str:
    text = form.get(name)
    if len(text) > LIMIT:
        raise IncompleteError(name)
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def _number(form: Form, name: str) -> int | None:
    text = form.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > _MOST:
        raise IncompleteError(name)
    return int(text)


def _choice(form: Form, name: str, allowed: tuple[str, ...]) -> str:
    if form.get(name) not in allowed:
        raise IncompleteError(name)
    return form.get(name)


def _refuse(name: str, is_wrong: bool) -> None:
    if is_wrong:
        raise IncompleteError(name)
