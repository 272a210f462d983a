"""Data for other people's programs: JSON with its schema, CSV, totals, citations. Public forms only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from register.public import PublicEntry, public
from register.records import Published
from register.row import Row, chosen
from register.settings import SiteSettings
from register.shelf import Shelf
from register.totals import figures, is_small, tally
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


def register_json(records: Iterable[Published]) -> Iterator[bytes]:
    """Write every entry in its public form, piece by piece."""
    head = msgspec.json.encode(PublicRegister("subrosa-register-1", _ABOUT, ()))
    yield head.removesuffix(b"]}")
    for n, record in enumerate(records):
        yield (b",\n" if n else b"\n") + msgspec.json.encode(public(record), order="deterministic")
    yield b"\n]}\n"


def entry_json(shown: PublicEntry) -> bytes:
    """Write one entry in its public form."""
    return msgspec.json.format(msgspec.json.encode(shown, order="deterministic"), indent=1) + b"\n"


def schema() -> bytes:
    """Write the JSON schema of :func:`register_json`."""
    drawn = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(PublicRegister)}
    return msgspec.json.format(msgspec.json.encode(drawn), indent=1) + b"\n"


def table(records: Iterable[Published]) -> Iterator[bytes]:
    """Write one line an entry, for a spreadsheet, piece by piece."""
    written = io.StringIO()
    sheet = csv.DictWriter(written, _COLUMNS, lineterminator="\r\n")
    sheet.writeheader()
    for record in records:
        sheet.writerow(
            {name: _FORMULA.sub(r"'\g<0>", value) for name, value in _line(public(record)).items()}
        )
        yield _taken_from(written)
    yield _taken_from(written)


def totals_json(shelf: Shelf) -> Iterator[bytes]:
    """Write what may be counted, and every figure with the reasons why it may not, piece by piece."""
    totals = tally(shelf)
    whole = {
        "format": "subrosa-totals-1",
        "stories": totals.stories,
        "refusals": totals.refusals,
        "parts": totals.parts,
        "stories_by": {
            facet: {code: number for code, number in counted.items() if not is_small(facet, number)}
            for facet, counted in totals.by.items()
        },
        "fewer_than_three": [
            code for code, number in totals.by["subject"].items() if is_small("subject", number)
        ],
    }
    yield msgspec.json.encode(whole).removesuffix(b"}") + b',"figures_not_added":{'
    for n, unit in enumerate(totals.figures):
        yield (b"],\n" if n else b"\n") + msgspec.json.encode(unit) + b":["
        for place, figure in enumerate(figures(shelf, unit)):
            line = {
                "entry": figure.row.id,
                "as_written": figure.count.as_written,
                "count_of": figure.count.count_of,
                "qualifier": figure.count.qualifier,
                "not_added_because": figure.reasons,
            }
            yield (b",\n" if place else b"\n") + msgspec.json.encode(line)
    yield (b"]}}\n" if totals.figures else b"}}\n")


def bibtex(row: Row, settings: SiteSettings, name: str) -> bytes:
    """Write a citation for LaTeX."""
    language = row.original
    fields = {
        "title": "{" + _tex(row.title(language)) + "}",
        "howpublished": _tex(name),
        "year": f"{row.published.year}",
        "month": f"{row.published.month}",
        "note": f"Entry {row.id}",
        "url": settings.address(f"{language}/entries/{row.id}.html"),
        "language": language,
    }
    lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{{row.id},\n{lines}\n}}\n".encode()


def csl(row: Row, settings: SiteSettings, name: str) -> bytes:
    """Write a citation as CSL-JSON."""
    day = row.published
    language = row.original
    item = {
        "id": row.id,
        "type": "webpage",
        "title": row.title(language),
        "container-title": name,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": settings.address(f"{language}/entries/{row.id}.html"),
        "language": language,
        "number": row.id,
    }
    return msgspec.json.format(msgspec.json.encode([item]), indent=1) + b"\n"


def _taken_from(written: io.StringIO) -> bytes:
    """Return what was written, and empty it."""
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text.encode()


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
