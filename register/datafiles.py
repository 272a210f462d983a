"""Data for other people's programs: JSON with its schema, CSV, totals, citations. Public forms only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from register.public import PublicEntry, public
from register.records import Published
from register.settings import SiteSettings
from register.shelf import Row, chosen
from register.totals import Totals
from register.vocabulary import LANGUAGES, Language


class PublicRegister(msgspec.Struct, frozen=True):
    """The whole register: living entries and tombstones, by id."""

    format: str
    about: str
    entries: tuple[PublicEntry, ...]


# Said inside the file, because data travels without the page it came from.
_ABOUT = "Figures must not be added: see totals.json. Delete what recall.txt names."
_COLUMNS = (
    "id", "status", "published", "changed", "type", "is_refusal", "title", "language", "month", "branch",
    "service", "federal_subject", "grounds", "pressure", "outcome", "corroboration", "figures", "sources",
    "part_of",
)  # fmt: skip
# A spreadsheet runs what begins so.
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def register_json(records: Iterable[Published]) -> bytes:
    """Write every entry in its public form."""
    whole = PublicRegister("subrosa-register-1", _ABOUT, tuple(public(record) for record in records))
    return msgspec.json.encode(whole)


def entry_json(record: Published) -> bytes:
    """Write one entry in its public form."""
    return msgspec.json.format(msgspec.json.encode(public(record)), indent=1) + b"\n"


def schema() -> bytes:
    """Write the JSON schema of :func:`register_json`."""
    drawn = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(PublicRegister)}
    return msgspec.json.format(msgspec.json.encode(drawn), indent=1) + b"\n"


def table(records: Iterable[Published]) -> bytes:
    """Write one line an entry, for a spreadsheet."""
    written = io.StringIO()
    sheet = csv.DictWriter(written, _COLUMNS, lineterminator="\r\n")
    sheet.writeheader()
    for record in records:
        sheet.writerow(
            {name: _FORMULA.sub(r"'\g<0>", value) for name, value in _line(public(record)).items()}
        )
    return written.getvalue().encode()


def totals_json(totals: Totals) -> bytes:
    """Write what may be counted, and every figure with the reasons why it may not."""
    figures = {
        unit: [
            {
                "entry": figure.entry.id,
                "as_written": figure.count.as_written,
                "count_of": figure.count.count_of,
                "qualifier": figure.count.qualifier,
                "not_added_because": list(figure.reasons),
            }
            for figure in listed
        ]
        for unit, listed in totals.figures.items()
    }
    whole = {
        "format": "subrosa-totals-1",
        "stories": totals.stories,
        "refusals": totals.refusals,
        "parts": totals.parts,
        "stories_by": totals.by,
        "figures_not_added": figures,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def bibtex(row: Row, settings: SiteSettings, name: str) -> bytes:
    """Write a citation for LaTeX."""
    language = row.entry.original
    fields = {
        "title": "{" + _tex(row.title(language)) + "}",
        "howpublished": _tex(name),
        "year": f"{row.record.published.year}",
        "month": f"{row.record.published.month}",
        "note": f"Entry {row.entry.id}",
        "url": settings.address(f"{language}/entries/{row.entry.id}.html"),
        "language": language,
    }
    lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{{row.entry.id},\n{lines}\n}}\n".encode()


def csl(row: Row, settings: SiteSettings, name: str) -> bytes:
    """Write a citation as CSL-JSON."""
    day = row.record.published
    language = row.entry.original
    item = {
        "id": row.entry.id,
        "type": "webpage",
        "title": row.title(language),
        "container-title": name,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": settings.address(f"{language}/entries/{row.entry.id}.html"),
        "language": language,
        "number": row.entry.id,
    }
    return msgspec.json.format(msgspec.json.encode([item]), indent=1) + b"\n"


def _line(shown: PublicEntry) -> dict[str, str]:
    original: Language = next((one for one in LANGUAGES if one == shown.original), "en")
    values: dict[str, Any] = {
        "id": shown.id,
        "status": shown.status,
        "published": shown.published,
        "changed": shown.changed,
        "type": shown.type,
        "is_refusal": "yes" if shown.is_refusal else "no",
        "title": chosen(shown.title, original, original),
        "language": shown.original,
        "month": shown.month,
        "branch": [force.branch for force in shown.forces],
        "service": shown.service,
        "federal_subject": [place.subject for place in shown.places if place.subject],
        "grounds": [mark.code for mark in shown.grounds],
        "pressure": [mark.code for mark in shown.pressure],
        "outcome": [mark.code for mark in shown.outcome],
        "corroboration": shown.corroboration,
        "figures": [count.as_written for count in shown.counts],
        "sources": [_source(source.outlet, source.day) for source in shown.sources],
        "part_of": shown.part_of,
    }
    if shown.status == "retracted":
        values = {name: values[name] for name in ("id", "status", "published", "changed")}
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(dict.fromkeys(str(one) for one in value))
    return "" if value is None else str(value)


def _source(outlet: str, day: object) -> str:
    return f"{outlet} {day}" if day else outlet


def _tex(text: str) -> str:
    """Escape what LaTeX takes for a command."""
    special = {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
    return "".join(special.get(letter, f"\\{letter}" if letter in "&%$#_" else letter) for letter in text)
