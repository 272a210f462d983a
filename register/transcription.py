"""The JSON form as types: read strictly, so that an unknown field or code is a fault and not a loss."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from register.entry import Legal, Part, Person
from register.vocabulary import (
    ItemType,
    Qualifier,
    QuoteKind,
    RelationType,
    Service,
    SourceRole,
    Unit,
)


class SeedSource(Part, frozen=True, kw_only=True):
    outlet: str
    outlet_full: str | None = None
    date_as_written: str = ""
    date: date | None = None
    as_written: str = ""
    role: SourceRole = "primary"
    url: str | None = None
    archive_url: str | None = None
    link_no: int | None = None
    inherited_from_parent: bool = False


class SeedForce(Part, frozen=True, kw_only=True):
    branch: str
    as_written: str = ""
    formation: str | None = None
    unit: str | None = None


class SeedCount(Part, frozen=True, kw_only=True):
    as_written: str
    count_of: str
    unit: Unit
    qualifier: Qualifier = "exact"
    value: int | None = None
    min: int | None = None
    max: int | None = None
    approximate: bool = False
    countable_as_refusers: bool = False


class SeedPlace(Part, frozen=True, kw_only=True):
    role: str
    name: str
    as_written: str = ""
    kind: str | None = None
    country: str | None = None


class SeedDate(Part, frozen=True, kw_only=True):
    role: str
    precision: str
    as_written: str = ""
    value: date | None = None
    end: date | None = None
    qualifier: str | None = None


class SeedCorroboration(Part, frozen=True, kw_only=True):
    explicit_status: str
    basis: str | None = None
    wording: tuple[str, ...] = ()


class SeedQuote(Part, frozen=True, kw_only=True):
    text: str
    kind: QuoteKind = "quote"
    speaker: str | None = None
    attributed_as: str | None = None
    lines: tuple[int, int] | None = None


class SeedUpdate(Part, frozen=True, kw_only=True):
    text: str
    kind: str
    date: date | None = None
    sources: tuple[SeedSource, ...] = ()


class SeedRelation(Part, frozen=True, kw_only=True):
    type: RelationType
    target: str
    why: str | None = None


class SeedEntry(Part, frozen=True, kw_only=True):
    id: str
    item_type: ItemType
    title: str
    lines: tuple[int, int]
    text: str
    kind: str
    parent: str | None = None
    is_refusal: bool = False
    bulleted: bool = False
    spans: tuple[str, ...] = ()
    forces: tuple[SeedForce, ...] = ()
    service_status: tuple[Service, ...] = ()
    roles_ranks: tuple[str, ...] = ()
    persons_named: tuple[Person, ...] = ()
    counts: tuple[SeedCount, ...] = ()
    places: tuple[SeedPlace, ...] = ()
    dates: tuple[SeedDate, ...] = ()
    what_refused: str | None = None
    grounds: tuple[str, ...] = ()
    pressure: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    legal: Legal = Legal()
    attribution: tuple[str, ...] = ()
    sources: tuple[SeedSource, ...] = ()
    corroboration: SeedCorroboration
    quotes: tuple[SeedQuote, ...] = ()
    updates: tuple[SeedUpdate, ...] = ()
    identity: str | None = None
    identity_note: str | None = None
    relations: tuple[SeedRelation, ...] = ()
    editor_glosses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file; what else stands at its top is for people."""

    entries: tuple[SeedEntry, ...]
    meta: dict[str, Any] = {}
