"""What other people's programs make of the register: feeds, citations, data, pages, read by libraries."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import feedparser
import html5lib
import jsonschema
import msgspec
import pytest
from pybtex import database
from pybtex.richtext import Text

from crypto.signature import SigningKey
from register import examples, packing, records, site
from register.entry import Entry
from register.settings import SiteSettings
from register.sources import Held

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
SETTINGS = SiteSettings(base_url="https://register.example")
ENGLISH = "0000000000"
TITLE = "Отказ {роты} & 100% «вместе» \\ $5_#^~"


@pytest.fixture(scope="module")
def cited() -> Entry:
    return Entry.new(title={"ru": TITLE}, body={"ru": "Рота отказалась."}, month="2026-02")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cited: Entry) -> Path:
    output = tmp_path_factory.mktemp("register") / "site"
    english = Entry.new(title={"en": "A"}, body={"en": "B"}, original="en", month="2026-02")
    told = (
        records.first(one, date(2026, 3, 9)) for one in (cited, msgspec.structs.replace(english, id=ENGLISH))
    )
    held = Held([*examples.load(), *told])
    key = SigningKey.from_seed(bytes(32))
    site.build(held, output, settings=SETTINGS, now=NOW, signing=key)
    assert packing.pack(held, output, settings=SETTINGS, now=NOW, signing=key)
    return output


def test_every_page_is_html_by_the_book(built: Path) -> None:
    living, gone = (next(r.id for r in examples.load() if r.is_tombstone is dead) for dead in (False, True))
    names = [path.name for path in (built / "uk").glob("*.html")]
    names += [f"entries/{living}.html", f"entries/{gone}.html", "by/branch-marines.html"]
    for name in names:
        html5lib.HTMLParser(strict=True).parse((built / "uk" / name).read_bytes())
    html5lib.HTMLParser(strict=True).parse((built / "index.html").read_bytes())


def test_the_data_fits_its_schema_and_the_schema_is_one(built: Path) -> None:
    schema = json.loads((built / "data/schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    checking = jsonschema.Draft202012Validator(schema)
    told = json.loads((built / "data/register.json").read_bytes())
    assert list(checking.iter_errors(told)) == []
    told["entries"][0]["status"] = 3
    assert list(checking.iter_errors(told))


@pytest.mark.parametrize("name", ["ru.atom", "changes-en.atom"])
def test_a_feed_reader_takes_the_feeds_without_complaint(name: str, built: Path, cited: Entry) -> None:
    feed = feedparser.parse((built / "feeds" / name).read_bytes())
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    about = next(item for item in feed.entries if cited.id in item.link)
    assert TITLE in about.title
    assert about.updated_parsed[:3] == (2026, 3, 9)
    assert all(item.link.startswith("https://register.example/") for item in feed.entries)


# https://www.jsonfeed.org/version/1.1/: what a feed and its items must and may have.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "pattern": "^https://"},
        "feed_url": {"type": "string", "pattern": "^https://"},
        "language": {"type": "string"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string"},
                    "url": {"type": "string", "pattern": "^https://"},
                    "title": {"type": "string"},
                    "summary": {"type": "string"},
                    "content_text": {"type": "string", "minLength": 1},
                    "date_published": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "date_modified": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "language": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}

# The part of the official CSL-JSON schema that the citations use; stricter than that one everywhere.
CSL = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["id", "type"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": ["string", "number"]},
            "type": {"enum": ["webpage", "entry", "post-weblog", "report"]},
            "title": {"type": "string"},
            "container-title": {"type": "string"},
            "number": {"type": ["string", "number"]},
            "language": {"type": "string"},
            "URL": {"type": "string", "pattern": "^https://"},
            "issued": {
                "type": "object",
                "required": ["date-parts"],
                "properties": {
                    "date-parts": {
                        "type": "array",
                        "items": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
                    }
                },
            },
        },
    },
}


def test_a_strict_reader_takes_the_table_line_by_line(built: Path, cited: Entry) -> None:
    data = (built / "data/register.csv").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")  # RFC 4180, and no line end stands inside a cell
    head, *lines = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    assert {len(line) for line in lines} == {len(head)}
    assert len({line[0] for line in lines}) == len(lines) == len(examples.load()) + 2
    told = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    assert told[cited.id]["title"] == TITLE


def test_the_feed_of_changes_says_what_was_taken_down_and_no_word_of_it(built: Path) -> None:
    gone = next(record.id for record in examples.load() if record.is_tombstone)
    feed = feedparser.parse((built / "feeds/changes-en.atom").read_bytes())
    (item,) = [one for one in feed.entries if gone in one.link and "retracted" in one.id]
    assert [tag.term for tag in item.tags] == ["retracted"]
    assert item.title.endswith(gone)
    assert item.link == f"https://register.example/en/entries/{gone}.html"
    assert not any(
        gone in one.link for one in feedparser.parse((built / "feeds/en.atom").read_bytes()).entries
    )


def test_the_json_feed_is_one(built: Path) -> None:
    for path in (built / "feeds").glob("*.json"):
        jsonschema.validate(json.loads(path.read_bytes()), JSON_FEED)


def test_a_citation_is_csl(built: Path, cited: Entry) -> None:
    (item,) = told = json.loads((built / f"data/entries/{cited.id}.csl.json").read_bytes())
    jsonschema.validate(told, CSL)
    assert item["title"] == TITLE
    assert item["container-title"] == "Реестр отказов"
    (english,) = json.loads((built / f"data/entries/{ENGLISH}.csl.json").read_bytes())
    assert english["container-title"] == "Register of Refusals"
    assert item["issued"]["date-parts"] == [[2026, 3, 9]]


def test_a_bibliography_program_reads_the_citation(built: Path, cited: Entry) -> None:
    told = database.parse_string((built / f"data/entries/{cited.id}.bib").read_text(), "bibtex")
    (entry,) = told.entries.values()
    assert entry.fields["url"] == f"https://register.example/ru/entries/{cited.id}.html"
    assert entry.fields["year"] == "2026"
    text = str(Text.from_latex(entry.fields["title"]))
    # That library reads fewer commands than LaTeX has; braces and carets are beyond it.
    assert "& 100% «вместе»" in text
