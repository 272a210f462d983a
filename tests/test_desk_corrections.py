"""A correction is written over what is public, explained to readers, and judged and signed again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from casework import releases
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Draft, Published
from desk import correcting, words
from desk.forms import Form
from register import entry as entries
from register import merging, records
from register.entry import Entry, Quote, Source, Update
from tests.deskhouse import Browser, DeskHouse, open_desk

PUBLIC = Entry.new(
    title={"ru": "Морские пехотинцы отказались"},
    body={"ru": "Группа морских пехотинцев отказалась вернуться в мае. Их отправили домой."},
    item_type="refusal_group",
    branch="marines",
    month="2026-05",
)
TOLD = "В первой версии был назван неверный месяц."


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    folder = tmp_path / "records"
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors, records_dir=folder) as opened:
        records.put(folder, PUBLIC, opened.house.now.date())
        digest = bytes.fromhex(entries.fingerprint(PUBLIC))
        with opened.house.database.write() as session:
            day = opened.house.now.date()
            session.add(Published(public_id=PUBLIC.id, digest=digest, day=day, state="published"))
        yield opened


def begin(carol: Browser) -> str:
    return carol.do("/published", f"/published/{PUBLIC.id}/correct").headers["location"]


def write(carol: Browser, draft: str, act: str, **fields: str) -> Any:
    form = carol.form(draft, f"{draft}/save")
    said = {
        "title_ru": "Морские пехотинцы отказались", "title_en": "", "body_en": "",
        "body_ru": "Группа морских пехотинцев отказалась вернуться в апреле. Их отправили домой.",
        "original": "ru", "item_type": "refusal_group", "is_refusal": "1", "branch": "marines", "service": "",
        "month": "2026-04", "subject": "", "outcome": "", "grounds": "", "grade": "withheld", "sources": "",
        "correction_ru": TOLD, "correction_en": "",
    }  # fmt: skip
    return carol.post(f"{draft}/{act}", {**form, **said, **fields})


def test_a_correction_travels_under_the_same_id_with_its_own_words(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(carol)
    assert write(carol, draft, "freeze").status_code == 303
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    seen = dan.page(draft)
    assert "<del>мае.</del>" in seen
    assert "<ins>апреле.</ins>" in seen
    assert TOLD in seen
    dan.do(draft, f"{draft}/no-case")
    dan.do(draft, f"{draft}/approve")
    assert dan.do(draft, f"{draft}/publish").status_code == 303
    with desk.house.database.write() as session:
        (ready,) = releases.due_press(
            session, desk.house.strongbox.press, desk.house.staffing(), desk.house.now
        )
    corrected = entries.loads(ready.public)
    assert corrected.id == PUBLIC.id
    assert [one.text["ru"] for one in corrected.corrections] == [TOLD]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"correction_ru": ""}, "correction_unexplained"),
        ({"body_ru": PUBLIC.text("ru"), "month": "2026-05"}, "nothing_corrected"),
    ],
)
def test_readers_hear_of_every_change_and_of_nothing_else(
    desk: DeskHouse, fields: dict[str, str], why: str
) -> None:
    carol = desk.sign_in("carol")
    answer = write(carol, begin(carol), "freeze", **fields)
    assert answer.status_code == 409
    assert words.load(ZoneInfo("UTC"))["en"].reason(why) in unescape(answer.text)
    with desk.house.database.read() as session:
        assert session.scalars(select(Draft)).one().digest is None


def test_two_editors_do_not_correct_one_entry_at_once(desk: DeskHouse) -> None:
    begin(desk.sign_in("carol"))
    dan = desk.sign_in("dan")
    assert dan.do("/published", f"/published/{PUBLIC.id}/correct").status_code == 409


def test_what_its_author_left_behind_stands_in_nobodys_way(desk: DeskHouse) -> None:
    draft = begin(desk.sign_in("carol"))
    dan = desk.sign_in("dan")
    assert f"{draft}/discard" not in dan.page(draft)
    desk.house.revoke("carol")
    assert dan.do(draft, f"{draft}/discard").headers["location"] == "/drafts"
    assert dan.get(draft).status_code == 404
    assert begin(dan) != draft


def test_what_was_told_of_earlier_corrections_stays(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(carol)
    write(carol, draft, "save")
    write(carol, draft, "save", correction_ru="Иначе.")
    with desk.house.database.read() as session:
        session.scalars(select(Draft)).one()
    assert carol.page(draft).count("Иначе.") >= 1
    assert TOLD not in carol.page(draft)


def test_only_editors_correct_and_only_what_is_public(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    form = carol.form("/published", f"/published/{PUBLIC.id}/correct")
    assert carol.post("/published/aaaaaaaaaa/correct", form).status_code == 404
    assert "/correct" not in desk.sign_in("alice").page("/published")


def test_words_are_compared_as_a_reader_would() -> None:
    (change,) = correcting.changes(PUBLIC, PUBLIC.__class__(**{**_fields(PUBLIC), "title": {"ru": "Иное"}}))
    assert [piece.state for piece in change.pieces] == ["gone", "new"]


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__struct_fields__}


def test_a_translation_that_says_what_the_original_said_before_is_marked_until_it_follows() -> None:
    told = {"ru": "Отказались.", "en": "They refused."}
    before = Entry.new(title=told, body={"ru": "Десять человек.", "en": "Ten people."})
    after = Entry.new(title=told, body={"ru": "Девять человек.", "en": "Ten people."})
    day = date(2026, 11, 28)
    assert correcting.explained(before, after, Form(), day).outdated == ("en",)
    holds = Form({"translations_hold": ["1"]})
    held = correcting.explained(before, after, holds, day)
    assert held.outdated == ()
    # The form shows the tick again, so that the next save does not undo it.
    assert correcting.is_said_to_hold(before, held)
    assert not correcting.is_said_to_hold(before, before)
    old = correcting.explained(before, after, Form(), day)
    both = Entry.new(title=told, body={"ru": "Девять человек.", "en": "Nine people."})
    assert correcting.explained(old, both, Form(), day).outdated == ()
    # What was behind stays behind while nobody touches it.
    assert correcting.explained(old, after, Form(), day).outdated == ("en",)


def test_an_approver_sees_which_word_of_a_quotation_went() -> None:
    before = Entry.new(title={"ru": "Отказ"}, body={"ru": "Отказ."})
    before = msgspec.structs.replace(before, quotes=(Quote(text="Нас вёл Иванов", speaker="матрос"),))
    after = msgspec.structs.replace(before, quotes=(Quote(text="Нас вёл командир", speaker="матрос"),))
    (change,) = correcting.changes(before, after)
    assert change.name == "quotes"
    assert [piece.text for piece in change.pieces if piece.state] == ["Иванов", "командир"]


TWIN = msgspec.structs.replace(
    Entry.new(title={"ru": "То же самое"}, body={"ru": "О том же отказе."}, item_type="refusal_group"),
    quotes=(Quote(text="Мы не поедем.", attributed_as="один из них", language="ru"),),
    sources=(Source(outlet="Учебный вестник", day=date(2026, 5, 3)),),
    updates=(Update(text={"ru": "Двоих уволили."}, kind="follow_up", day=date(2026, 6, 1)),),
)


def test_what_only_a_repetition_says_is_taken_over_by_a_correction_before_it_goes(
    desk: DeskHouse, tmp_path: Path
) -> None:
    day = desk.house.now.date()
    records.put(tmp_path / "records", TWIN, day)
    with desk.house.database.write() as session:
        digest = bytes.fromhex(entries.fingerprint(TWIN))
        session.add(Published(public_id=TWIN.id, digest=digest, day=day, state="published"))
    carol = desk.sign_in("carol")
    where, take_over = f"/published/{TWIN.id}/merge", f"/published/{TWIN.id}/take-over"
    assert where in carol.page("/published")
    page = carol.page(f"{where}?into={PUBLIC.id}")
    assert "Мы не поедем." in page
    ticks = [one.name for one in merging.gains(PUBLIC, TWIN)]
    assert re.findall(r'name="take" value="([0-9a-f]+)"', page) == ticks
    there = f"{where}?into={PUBLIC.id}"
    for wrong in ({"into": PUBLIC.id}, {"into": TWIN.id, "take": ticks}, {"into": "", "take": ticks}):
        assert carol.do(there, take_over, **wrong).status_code == 422  # type: ignore[arg-type]
    draft = carol.do(there, take_over, into=PUBLIC.id, take=ticks[:2]).headers["location"]
    page = carol.page(draft)
    assert "Мы не поедем." in page
    assert "Двоих уволили." in page
    assert "Учебный вестник" not in page
    # Two corrections at once would undo one another, and only editors begin one.
    assert carol.do(there, take_over, into=PUBLIC.id, take=ticks).status_code == 409
    bob = desk.sign_in("bob")
    assert bob.get(where).status_code == 403
    form = {**bob.form("/account", "/account/duty"), "into": PUBLIC.id, "take": ticks[0]}
    assert bob.post(take_over, form).status_code == 403
    # Once it is gone there is nothing to take over.
    records.retract(tmp_path / "records", TWIN.id, day)
    assert carol.get(where).status_code == 404


def test_an_entry_has_nothing_to_take_over_from_itself_or_twice() -> None:
    assert not merging.gains(TWIN, TWIN)
    whole = merging.taken_over(PUBLIC, merging.gains(PUBLIC, TWIN))
    assert not merging.gains(whole, TWIN)
    assert entries.loads(entries.dumps(whole)) == whole
    assert whole.id == PUBLIC.id
