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
from desk import additions, particulars, reaffirming
from desk.errors import IncompleteError
from desk.forms import Form
from register import entry as entries
from register import examples, facets, public, records, row, totals
from register.entry import Count, DateSpan, Entry, Force, Person, Place, Quote, Relation, Source, Update
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
    cited = msgspec.structs.replace(first, sources=(Source(outlet="Post", day=date(2026, 2, 7)),))
    assert facets.month(cited) == "2026-02", "up to which day it holds is not when it happened"
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
    # Among the words to be changed, and among what can be taken out.
    assert carol.page(draft).count("Кошкина били") == 2
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


TOLD = msgspec.structs.replace(
    ENTRY,
    updates=(Update(text={"ru": "1 апреля"}, kind="follow_up"), Update(text={"ru": "7 апреля"}, kind="x")),
    forces=(Force(branch="marines"), Force(branch="airborne")),
    places=(Place(name="Buryatia", subject="RU-BU"), Place(name="one of the regions on the border")),
    relations=(Relation(type="see_also", target="0123456789"),),
)
LATER = {
    "new_update_text_ru": "29 марта: суд отказал", "new_update_day": "2026-03-29", "new_update_place": "1",
    "new_update_sources": "Вестник | 2026-03-30 | https://outlet.test/a", "new_update_role": "contradicts",
}  # fmt: skip


def test_a_follow_up_goes_where_editors_want_it_and_its_source_may_contradict() -> None:
    after = additions.added(TOLD, Form({name: [text] for name, text in LATER.items()}))
    assert [one.text["ru"][:8] for one in after.updates] == ["1 апреля", "29 марта", "7 апреля"]
    (source,) = after.updates[1].sources
    assert (after.updates[1].day, source.role, source.url) == (
        date(2026, 3, 29), "contradicts", "https://outlet.test/a",
    )  # fmt: skip
    assert entries.loads(entries.dumps(after)) == after
    assert "суд отказал" in public.texts(after)["ru"]
    last = additions.added(TOLD, Form({"new_update_text_ru": ["потом"], "new_update_place": [""]}))
    assert last.updates[-1].text == {"ru": "потом"}
    for wrong in ({"new_update_text_ru": ""}, {"new_update_place": "3"}, {"new_update_role": "primary"}):
        with pytest.raises(IncompleteError):
            additions.added(TOLD, Form({name: [text] for name, text in {**LATER, **wrong}.items()}))


def test_a_part_of_a_group_is_told_as_one_and_never_counted_again() -> None:
    (count,) = additions.added(ENTRY, form(new_count_of_group="около 60 отказавшихся")).counts
    assert count.of_group == "около 60 отказавшихся"
    entry = msgspec.structs.replace(ENTRY, counts=(count,))
    assert "около 60 отказавшихся" in public.texts(entry)["ru"]
    assert "of_group" in totals.reasons(row.row_of(records.first(entry, DAY), entry), count)
    counted = additions.added(ENTRY, form(new_count_countable="1")).counts[0]
    assert counted.countable and counted.of_group is None


def test_further_branches_and_places_are_added_and_coarser_is_not_unknown() -> None:
    typed = {
        "new_force_branch": "navy", "new_force_formation": "", "new_force_unit": "катер",
        "new_place_name": "один из регионов у границы", "new_place_subject": "", "new_place_coarsened": "1",
    }  # fmt: skip
    after = additions.added(TOLD, Form({name: [text] for name, text in typed.items()}))
    assert after.forces[2:] == (Force(branch="navy", unit="катер"),)
    assert after.places[2:] == (Place(name="один из регионов у границы", kind="coarsened_by_editors"),)
    assert "катер" in public.texts(after)["ru"]
    for wrong in ({"new_place_coarsened": "1"}, {"new_place_subject": "RU-X"}, {"new_force_branch": "x"}):
        with pytest.raises(IncompleteError):
            additions.added(TOLD, Form({name: [text] for name, text in wrong.items()}))


def test_what_is_ticked_is_taken_out_though_the_form_dropped_the_first_before_it() -> None:
    form = Form({"take_out": ["forces:1", "places:0", "updates:0", "relations:0", "quotes:7", "nothing"]})
    left = particulars.without(TOLD, TOLD, form)
    assert left.forces == TOLD.forces[:1] and left.places == TOLD.places[1:]
    assert left.updates == TOLD.updates[1:] and left.relations == ()
    dropped = msgspec.structs.replace(TOLD, forces=TOLD.forces[1:], places=TOLD.places[1:])
    left = particulars.without(TOLD, dropped, form)
    assert left.forces == () and left.places == TOLD.places[1:]
    assert particulars.without(TOLD, TOLD, Form()) is TOLD
    assert {one.name for one in particulars.held(TOLD)} > {"forces:0", "places:1", "relations:0"}


def test_a_marked_name_stands_in_the_text_and_leads_nowhere_and_is_never_public() -> None:
    known = Person(name="Иван Примеров", role="lawyer")
    entry = msgspec.structs.replace(ENTRY, persons=(known,))
    text = "Иван Примеров\r\nПётр Учебнов | Учебнова, Uchebnov\r\n"
    after = particulars.named(entry, Form({"names": [text]}))
    assert after.persons == (
        known, Person(name="Пётр Учебнов", role="named", variants=("Учебнова", "Uchebnov")),
    )  # fmt: skip
    assert particulars.named(after, Form({"names": [particulars.names(after)]})) is after
    assert particulars.named(after, Form()) is after
    assert particulars.named(after, Form({"names": [""]})).persons == ()
    assert "Учебнов" not in "".join(public.texts(after).values())


def test_no_name_is_marked_that_the_text_does_not_hold() -> None:
    """Marks lie beside the public record in clear; what a card says must not come there by this way."""
    said = msgspec.structs.replace(
        ENTRY,
        body={
            "ru": entries.paragraphs("Ивана Примерова увезли. Зинаиде звонили."),
            "en": entries.paragraphs("Primerov"),
        },
        persons=(
            Person(name="Иван Примеров", role="refuser", variants=("Primerov", "Тайнов")),
            Person(name="Зинаида Лукинична Тайнова", role="mother"),
            Person(name="Глеб Тайнов", role="named"),
            Person(name="Тайнов", role="named", variants=("Зинаида",)),
        ),
    )
    after = particulars.marked(said)
    assert after.persons == (
        Person(name="Иван Примеров", role="refuser", variants=("Primerov",)),
        Person(name="Зинаида", role="mother"),
        Person(name="Зинаида", role="named"),
    )
    assert "Тайнов".encode() not in entries.dumps(after)
    assert particulars.marked(after) == after
    bare = msgspec.structs.replace(after, body={"ru": entries.paragraphs("Кого-то увезли.")})
    assert particulars.marked(bare).persons == (), "a name taken out of the text is taken out of the marks"
    for record in examples.load():
        if record.entry is not None:
            assert particulars.marked(record.entry) is record.entry


def test_a_freeze_leaves_no_name_that_readers_would_not_have(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = carol.do("/drafts", "/drafts").headers["location"]
    assert write(carol, draft, "save", names="Глеб Тайнов") == 303
    assert "Тайнов" in carol.page(draft)
    assert write(carol, draft, "freeze", names="Глеб Тайнов") == 303
    assert "Тайнов" not in carol.page(draft)
