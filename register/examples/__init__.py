"""A small practice register in our own words, for the demonstration and for tests."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from register.entry import (
    Count,
    Entry,
    Mark,
    Part,
    Quote,
    Relation,
    Source,
    Update,
    Words,
    derived_id,
)
from register.records import Change, Published, first
from register.vocabulary import Branch, Grade, ItemType, RetractionReason, Service

_FILE = Path(__file__).parent / "register.toml"


class Example(Part, frozen=True, kw_only=True):
    """One entry as the file has it."""

    key: str
    published: date
    item_type: ItemType
    title: Words
    body: Words
    grade: Grade
    is_refusal: bool = True
    branch: Branch = "unspecified"
    service: Service | None = None
    month: str | None = None
    subject: str | None = None
    grounds: tuple[str, ...] = ()
    pressure: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    quotes: tuple[Quote, ...] = ()
    updates: tuple[Update, ...] = ()
    sources: tuple[Source, ...] = ()
    overlaps: str | None = None


class Gone(Part, frozen=True, kw_only=True):
    """One entry that was taken down."""

    key: str
    published: date
    retracted: date
    reason: RetractionReason


def load() -> tuple[Published, ...]:
    """Return the practice register: its entries and one tombstone."""
    raw: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    living = msgspec.convert(raw["entry"], tuple[Example, ...])
    gone = msgspec.convert(raw["tombstone"], tuple[Gone, ...])
    return (
        *(first(_entry(example), example.published) for example in living),
        *(_tombstone(one) for one in gone),
    )


def _entry(example: Example) -> Entry:
    whole = Entry.new(
        title=example.title,
        body=example.body,
        item_type=example.item_type,
        is_refusal=example.is_refusal,
        branch=example.branch,
        service=example.service,
        month=example.month,
        subject=example.subject,
        sources=example.sources,
        grade=example.grade,
    )
    return msgspec.structs.replace(
        whole,
        id=_id(example.key),
        grounds=tuple(Mark(code=code) for code in example.grounds),
        pressure=tuple(Mark(code=code) for code in example.pressure),
        outcome=tuple(Mark(code=code) for code in example.outcome),
        counts=example.counts,
        quotes=example.quotes,
        updates=example.updates,
        relations=(Relation(type="possible_overlap", target=_id(example.overlaps)),)
        if example.overlaps
        else (),
    )


def _tombstone(gone: Gone) -> Published:
    return Published(
        id=_id(gone.key),
        changes=(
            Change(day=gone.published, kind="published"),
            Change(day=gone.retracted, kind="retracted"),
        ),
        reason=gone.reason,
    )


def _id(key: str) -> str:
    return derived_id("practice register", key)
