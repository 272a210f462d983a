"""What an editor adds to an entry is in its bytes, before the gate, and there once; old denials are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Draft, Verdict
from desk import additions, reaffirming
from desk.errors import IncompleteError
from desk.forms import Form
from register import entry as entries
from register import public, records
from register.entry import Count, DateSpan, Entry, Quote, Relation
from tests.deskhouse import Browser, DeskHouse, open_desk

DAY = date(2026, 3, 1)
ENTRY = Entry.new(title={"ru": "Отказ"}, body={"ru": "Двадцать человек отказались."})
ROWS = {
    "new_quote_text": "Мы не пойдём [на позиции]",
    "new_quote_speaker": "один из отказавшихся",
    "new_quote_called": "",
    "new_quote_kind": "quote",
    "new_quote_language": "ru",
    "new_count_written": "от 20 до 30 человек",
    "new_count_of": "отказавшиеся; из них 12 уволены",
    "new_count_qualifier": "range",
    "new_count_unit": "persons",
    "new_count_low": "20",
    "new_count_high": "30",
    "new_attribution": "родственники — адвокату\nадвокат — изданию",
    "new_wording": "другие источники этого не подтверждают",
    "new_relation_type": "possible_overlap",
    "new_relation_target": "0123456789",
    "new_relation_why": "могут быть те же люди",
}


def form(**changes: str) -> Form:
    return Form({name: [text] for name, text in {**ROWS, **changes}.items()})


def test_every_row_joins_the_entry_and_every_word_of_it_is_shown_to_the_gate() -> None:
    after = additions.added(ENTRY, form())
    assert after.quotes == (
        Quote(text="Мы не пойдём [на позиции]", speaker="один из отказавшихся", language="ru"),
    )
    assert after.counts == (
        Count(
            as_written="от 20 до 30 человек", count_of="отказавшиеся; из них 12 уволены", unit="persons",
            qualifier="range", min=20, max=30,
        ),
    )  # fmt: skip
    assert after.attribution == ("родственники — адвокату", "адвокат — изданию")
    assert after.corroboration.wording == ("другие источники этого не подтверждают",)
    assert after.relations == (
        Relation(type="possible_overlap", target="0123456789", why="могут быть те же люди"),
    )
    assert entries.loads(entries.dumps(after)) == after
    (seen,) = public.texts(after).values()
    for name, text in ROWS.items():
        if name.rpartition("_")[2] in {"text", "speaker", "written", "of", "wording", "why"}:
            assert text in seen, name


def test_empty_rows_change_nothing() -> None:
    assert additions.added(ENTRY, Form()) is ENTRY


@pytest.mark.parametrize(
    "changes",
    [
        {"new_quote_text": ""},
        {"new_quote_kind": "song"},
        {"new_count_written": ""},
        {"new_count_of": ""},
        {"new_count_qualifier": "exact"},
        {"new_count_low": "31"},
        {"new_count_low": "twenty"},
        {"new_relation_target": "somewhere"},
        {"new_relation_target": ENTRY.id},
        {"new_relation_target": ""},
        {"new_quote_text": "о" * 5_001},
    ],
)
def test_half_a_row_is_refused_and_named(changes: dict[str, str]) -> None:
    with pytest.raises(IncompleteError):
        additions.added(ENTRY, form(**changes))


def test_a_denial_has_one_day_that_can_be_moved_and_taken_away() -> None:
    other = DateSpan(role="event", precision="month", as_written="в марте")
    entry = msgspec.structs.replace(ENTRY, dates=(other,))
    first = additions.confirmed(entry, Form({"as_of": ["2026-03-01"]}))
    assert additions.as_of(first) == DAY
    assert additions.confirmed(first, Form({"as_of": ["2026-03-01"]})) is first
    assert additions.confirmed(first, Form()) is first
    moved = additions.confirmed(first, Form({"as_of": ["2026-05-01"]}))
    assert moved.dates == (other, DateSpan(role="as_of", precision="day", start=date(2026, 5, 1)))
    assert additions.confirmed(moved, Form({"as_of": [""]})) == entry
    with pytest.raises(IncompleteError):
        additions.confirmed(entry, Form({"as_of": ["yesterday"]}))


def test_an_old_denial_is_named_until_somebody_confirms_it_or_it_is_taken_down(tmp_path: Path) -> None:
    said = additions.confirmed(ENTRY, Form({"as_of": [DAY.isoformat()]}))
    quiet = Entry.new(title={"ru": "Без дня"}, body={"ru": "Ничего."})
    for entry in (said, quiet):
        records.put(tmp_path, entry, DAY)
    claims, later = reaffirming.Claims(), DAY + reaffirming.AGES
    assert claims.aged(tmp_path, later - timedelta(days=1)) == []
    assert [one.id for one in claims.aged(tmp_path, later)] == [said.id]
    again = additions.confirmed(said, Form({"as_of": [later.isoformat()]}))
    records.put(tmp_path, again, later)
    assert claims.aged(tmp_path, later) == []
    assert [one.id for one in claims.aged(tmp_path, later + reaffirming.AGES)] == [said.id]
    records.retract(tmp_path, said.id, later)
    assert claims.aged(tmp_path, later + reaffirming.AGES) == []
    assert claims.aged(None, later) == ()


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    folder = tmp_path / "records"
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors, records_dir=folder) as opened:
        old = opened.house.now.date() - reaffirming.AGES
        records.put(folder, additions.confirmed(ENTRY, Form({"as_of": [old.isoformat()]})), old)
        yield opened


def write(browser: Browser, draft: str, act: str, **rows: str) -> int:
    fields = {
        **browser.form(draft, f"{draft}/save"), "title_ru": "Морские пехотинцы отказались", "title_en": "",
        "body_ru": "Группа морских пехотинцев отказалась вернуться.", "body_en": "", "original": "ru",
        "item_type": "refusal_group", "branch": "marines", "service": "", "month": "2026-03", "subject": "",
        "outcome": "", "grounds": "", "grade": "withheld", "sources": "",
    }  # fmt: skip
    return int(browser.post(f"{draft}/{act}", {**fields, **rows}).status_code)


def test_a_row_is_kept_once_and_by_a_person_and_the_gate_reads_it(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    case = desk.file_case("editors", assignee="carol", text="Меня зовут Игорь Кошкин, нас держали в подвале.")
    where = f"/case/{case.hex()}"
    carol.do(where, f"{where}/accept", second="dan")
    draft = carol.do(where, f"{where}/draft").headers["location"]
    quoted = ROWS | {"new_quote_text": "Кошкина били", "new_count_written": ""}
    rows = {name: text for name, text in quoted.items() if name.startswith("new_quote")}
    assert write(carol, draft, "keep", **rows) == 200
    assert "Кошкина били" not in carol.page(draft), "the clock adds nothing"
    assert write(carol, draft, "save", **rows) == 303
    assert carol.page(draft).count("Кошкина били") == 1
    assert write(carol, draft, "save", new_quote_text="", new_quote_speaker="один") == 422
    assert write(carol, draft, "freeze") == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Verdict.level)).one() == "block"
        frozen = session.scalars(select(Draft)).one().digest
    assert write(carol, draft, "save", **rows | {"new_quote_text": "Нас били"}) == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Draft)).one().digest != frozen


def test_editors_and_the_coordinator_see_which_denials_are_old(desk: DeskHouse) -> None:
    for who, where in (("carol", "/published"), ("olga", "/house")):
        page = desk.sign_in(who).page(where)
        assert ENTRY.id in page
        assert "wants to be confirmed again" in page
