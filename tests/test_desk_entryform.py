"""An editor's form changes what was typed into it, and nothing else of the entry behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import html5lib
import msgspec
import pytest

from casework.database import Database
from casework.tables import Published
from desk import entryform, otherwords, particulars, sourcelines
from desk.forms import Form
from register import entry as entries
from register import examples, jsonform, public, records
from register.entry import (
    Block,
    Corroboration,
    Count,
    DateSpan,
    Entry,
    Force,
    Legal,
    Mark,
    Place,
    Quote,
    Relation,
    Source,
    Update,
)
from tests.deskhouse import DeskHouse, open_desk

SPACE = "{http://www.w3.org/1999/xhtml}"
RICH = Entry(
    id="0123456789",
    item_type="refusal_group",
    title={"ru": "Отказ\u00a0двадцати", "uk": "Відмова двадцяти", "en": "Twenty refuse"},
    body={
        "ru": (
            Block(text="Двадцать человек отказались."),
            Block(text="Мы не пойдём", kind="quote", by="один"),
        ),
        "uk": (Block(text="Двадцять людей відмовилися."),),
        "en": (Block(text="Why?", kind="turn", by="Outlet", joint=": "), Block(text="Because.\nOf all.")),
    },
    original="ru",
    outdated=("uk",),
    is_refusal=True,
    month="2026-03",
    service=("contract", "mobilised"),
    forces=(Force(branch="marines", as_written="морпехи"), Force(branch="airborne")),
    counts=(Count(as_written="двадцать", count_of="refused", unit="persons", value=20),),
    places=(
        Place(name="a settlement", role="mentioned", country="RU", subject="RU-PRI"),
        Place(name="Buryatia", role="unit_location", country="RU", subject="RU-BU"),
    ),
    grounds=(Mark(code="danger", words={"en": "for fear of their lives"}),),
    outcome=(Mark(code="pending"), Mark(code="dismissed")),
    sources=(
        Source(
            outlet="Outlet", day=date(2026, 3, 4), url="https://outlet.test/a", archive_url="https://a.test/1"
        ),
        Source(outlet="Outlet", day=date(2026, 3, 4), url="https://outlet.test/a", role="update"),
        Source(outlet="Channel", as_written="Channel, March", day_as_written="March"),
    ),
    quotes=(Quote(text="Мы не пойдём", speaker="один", language="ru"),),
    updates=(Update(text={"ru": "Суд перенесён."}, kind="court"),),
    relations=(Relation(type="same_event", target="abcdefghjk"),),
)


def filled(entry: Entry) -> Form:
    """Return the form of *entry* as its page shows it."""
    texts = {
        "original": entry.original,
        "item_type": entry.item_type,
        "branch": entryform.branch_of(entry),
        "service": entry.service[0] if entry.service else "",
        "month": entry.month or "",
        "subject": entryform.subject_of(entry),
        "grade": entry.corroboration.grade,
        "sources": "\r\n".join(sourcelines.line(one) for one in entry.sources),
    }
    for language in entryform.LANGUAGES:
        texts[f"title_{language}"] = entry.title.get(language, "")
        texts[f"body_{language}"] = entry.text(language).replace("\n", "\r\n")
    if entry.is_refusal:
        texts["is_refusal"] = "1"
    texts["names"] = particulars.names(entry).replace("\n", "\r\n")
    form = Form({name: [text] for name, text in texts.items()})
    for name in ("grounds", "pressure", "outcome"):
        form.texts[name] = ["", *dict.fromkeys(mark.code for mark in getattr(entry, name))]
    return form


@pytest.mark.parametrize("entry", [RICH, *(one.entry for one in examples.load() if one.entry)])
def test_a_form_nobody_touched_changes_nothing(entry: Entry) -> None:
    assert entryform.edited(entry, filled(entry)) == entry


def test_a_form_nobody_touched_changes_no_entry_of_a_real_list(shared: Path) -> None:
    listed, _outline = jsonform.read((shared / "data/seed_entries.json").read_bytes())
    for one in listed:
        if one.is_publishable:
            assert entryform.edited(one, filled(one)) == one, one.id


def test_one_field_changes_alone() -> None:
    form = filled(RICH)
    form.texts["branch"] = ["navy"]
    form.texts["body_uk"] = ["Двадцятеро відмовилися."]
    changed = entryform.edited(RICH, form)
    assert changed.forces == (Force(branch="navy"), RICH.forces[1])
    assert changed.body == {**RICH.body, "uk": (Block(text="Двадцятеро відмовилися."),)}
    assert (changed.sources, changed.places, changed.outcome) == (RICH.sources, RICH.places, RICH.outcome)


def test_one_changed_word_leaves_quotations_as_they_were() -> None:
    form = filled(RICH)
    form.texts["body_ru"] = [form.texts["body_ru"][0].replace("Двадцать", "Тридцать")]
    body = entryform.edited(RICH, form).body["ru"]
    assert body == (Block(text="Тридцать человек отказались."), RICH.body["ru"][1])


def test_one_changed_source_leaves_the_others_as_they_were() -> None:
    form = filled(RICH)
    form.texts["sources"] = [form.texts["sources"][0].replace("Channel", "Other channel")]
    changed = entryform.edited(RICH, form)
    assert changed.sources[:2] == RICH.sources[:2]
    assert changed.sources[2] == Source(outlet="Other channel")


def test_a_source_given_an_archived_copy_and_a_hash_keeps_its_role_and_its_citation() -> None:
    form = filled(RICH)
    first, second, third = form.texts["sources"][0].splitlines()
    second += f" | https://a.test/2 | {'AB' * 32}"
    third += " |  | https://outlet.test/c"
    form.texts["sources"] = [f"{first}\n{second}\n{third}"]
    sources = entryform.edited(RICH, form).sources
    assert sources[0] == RICH.sources[0]
    assert sources[1] == msgspec.structs.replace(
        RICH.sources[1], archive_url="https://a.test/2", sha256="ab" * 32
    )
    assert sources[2] == msgspec.structs.replace(RICH.sources[2], url="https://outlet.test/c")


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    folder = tmp_path / "records"
    with open_desk(sqlite_database, tmp_path, records_dir=folder) as opened:
        day = opened.house.now.date()
        records.put(folder, RICH, day)
        digest = bytes.fromhex(entries.fingerprint(RICH))
        with opened.house.database.write() as session:
            session.add(Published(public_id=RICH.id, digest=digest, day=day, state="published"))
        yield opened


def test_the_page_shows_the_form_as_these_claims_fill_it(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    answer = carol.do("/published", f"/published/{RICH.id}/correct")
    assert answer.status_code == 303, answer.text
    draft = answer.headers["location"]
    page = html5lib.parse(carol.page(draft))
    shown: list[tuple[str, str]] = []
    for form in page.iter(f"{SPACE}form"):
        if form.get("action", "").endswith("/save"):
            shown = list(fields(form))
    wanted = filled(RICH)
    for name in wanted.texts:
        texts = sorted(text.replace("\r\n", "\n").strip() for text in wanted.all(name))
        assert sorted(text.strip() for one, text in shown if one == name) in (texts, []), name
        assert texts in ([], [""]) or any(one == name for one, _ in shown), name


def fields(form: object) -> Iterator[tuple[str, str]]:
    """Yield what a browser would send of *form*."""
    for one in form.iter():  # type: ignore[attr-defined]
        name, tag = one.get("name"), one.tag.removeprefix(SPACE)
        if name is None or (one.get("type") == "checkbox" and one.get("checked") is None):
            continue
        if tag == "input":
            yield name, one.get("value", "on")
        elif tag == "textarea":
            yield name, "".join(one.itertext())
        elif tag == "select":
            options = list(one.iter(f"{SPACE}option"))
            yield (
                name,
                next((o for o in options if o.get("selected") is not None), options[0]).get("value", ""),
            )


def everything() -> Entry:
    """Give an entry with words in every part that has any."""
    cited = Source(outlet="Харбор пост", outlet_full="Харбор пост, Одесса")
    return msgspec.structs.replace(
        RICH,
        quotes=(Quote(text="Мы не поедем", speaker="Иванов", attributed_as="матрос Иванов", lines=(1, 2)),),
        updates=(Update(text={"ru": "Иванова отпустили."}, kind="follow_up", sources=(cited,)),),
        counts=(Count(as_written="12 человек Иванова", count_of="refusers", unit="persons", value=12),),
        what_refused={"ru": "приказ Иванова"},
        roles=("шофёр Иванова",),
        forces=(Force(branch="marines", formation="флот", unit="катер Иванова"),),
        places=(Place(name="Хутор Иванова", country="RU"),),
        dates=(DateSpan(role="event", precision="day", as_written="день Иванова"),),
        grounds=(Mark(code="danger", words={"ru": "Иванов солгал"}),),
        legal=Legal(articles=("332",), proceedings=("дело Иванова",)),
        attribution=("со слов Иванова",),
        corroboration=Corroboration(wording=("говорит Иванов",)),
        sources=(cited,),
        relations=(Relation(type="same_event", target="0000000000", why="тоже Иванов"),),
    )


def typed(entry: Entry, change: Callable[[str], str]) -> Form:
    return Form({one.name: [change(one.text)] for one in otherwords.words(entry)})


def test_a_name_can_be_taken_out_of_every_public_word_of_an_entry() -> None:
    entry = everything()
    clean = otherwords.reworded(entry, typed(entry, lambda text: re.sub("Иванов(а)?", "N", text)))
    clean = msgspec.structs.replace(clean, title=entry.title, body=entry.body)
    assert "Иванов" in "".join(public.texts(entry).values())
    beyond = "".join(public.texts(msgspec.structs.replace(clean, title={"ru": "."}, body={})).values())
    assert "Иванов" not in beyond
    assert clean.counts[0].value == 12
    assert clean.updates[0].sources[0].outlet == "Харбор пост"
    entries.loads(entries.dumps(clean))


def test_what_was_emptied_goes_and_takes_along_what_says_nothing_without_it() -> None:
    entry = everything()
    emptied = otherwords.reworded(entry, typed(entry, lambda _text: ""))
    # A page that was not loaded anew names no other place.
    assert {one.name for one in otherwords.words(emptied)} < {one.name for one in otherwords.words(entry)}
    again = otherwords.reworded(emptied, typed(entry, lambda _text: ""))
    assert again is emptied
    bare = otherwords.pruned(emptied)
    assert otherwords.words(bare) == []
    assert (bare.quotes, bare.updates, bare.counts, bare.places) == ((), (), (), ())
    # What is no word stays.
    assert bare.sources[0].outlet == "Харбор пост"
    assert (bare.forces[0].branch, bare.grounds[0].code, bare.relations[0].target) == (
        "marines", "danger", "0000000000",
    )  # fmt: skip
    entries.loads(entries.dumps(bare))


def test_a_form_without_these_fields_and_one_that_repeats_them_change_nothing() -> None:
    for record in examples.load():
        if record.entry is not None:
            same = typed(record.entry, lambda text: text.replace("\n", "\r\n"))
            assert otherwords.reworded(record.entry, same) is record.entry
            assert otherwords.reworded(record.entry, Form()) is record.entry
            assert otherwords.pruned(record.entry) == record.entry
            turned = msgspec.convert(msgspec.to_builtins(record.entry), Entry)
            assert entries.dumps(turned) == entries.dumps(record.entry)


def test_words_typed_for_a_place_are_not_written_onto_another_that_took_its_place() -> None:
    entry = everything()
    form = typed(entry, lambda text: text)
    moved = msgspec.structs.replace(
        entry,
        places=(Place(name="Buryatia", country="RU", subject="RU-BU"),),
        sources=(Source(outlet="Other", outlet_full="The Other"),),
    )
    assert otherwords.reworded(moved, form) is moved
