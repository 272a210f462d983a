"""The grammars under gate and suggest: cleaning, numbers, days, identifiers, likeness of letters."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.redaction import dates, fields, fold, formations, ids, normalise, numbers, verbatim
from casework.redaction.detectors import Detectors

pytestmark = pytest.mark.usefixtures("offline")
quick = settings(max_examples=150, deadline=None, derandomize=True)


@quick
@given(st.text(max_size=80))
def test_every_clean_character_knows_where_it_came_from(text: str) -> None:
    page = normalise.clean(text)
    assert len(page.origin) == len(page.text) + 1
    assert page.origin == sorted(page.origin)
    for token in normalise.tokens(page):
        assert 0 <= token.start < token.end <= len(text)


@quick
@given(st.text("абвгдежзиклмнопрстуфхцчшщъыьэюяіїєґ", min_size=1, max_size=15))
def test_a_key_is_its_own_key(word: str) -> None:
    assert fold.cyrillic(fold.cyrillic(word)) == fold.cyrillic(word)


def test_what_hides_a_word_is_undone_and_reported() -> None:
    page = normalise.clean("Чи\u200bги <b>ри</b>нов Чигиpинов &#1063;аща %D0%A7")
    assert page.text == "Чиги ринов Чигиринов Чаща Ч"
    assert len(page.hidden) == 1
    assert len(page.mixed) == 1


def test_an_emoji_is_not_a_disguise() -> None:
    assert normalise.clean("привет 👨\u200d👩\u200d👧 ❤\ufe0f").hidden == []


def test_a_brand_in_two_scripts_is_not_a_disguise() -> None:
    assert normalise.clean("Zащитник и Vойна").mixed == []


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("оканчивается на 17-42", "1742"),
        ("unit No. 97 713", "97713"),
        ("восемь девятьсот тринадцать, три нуля, семнадцать, сорок два", "89130001742"),
        ("войсковой части девяносто восемь ноль двадцать один", "98021"),
        ("nine one three, triple zero, seventeen, forty-two", "9130001742"),
        ("двести шестьдесят семь", "20067"),
        ("двести шестьдесят семь", "267"),
        ("дев'ять два один нуль сім сім", "921077"),
        ("17-42 2022", "1742"),
    ],
)
def test_numbers_are_read_however_they_are_written(detectors: Detectors, text: str, digits: str) -> None:
    runs = numbers.runs(detectors.read(text, "ru"))
    assert any(digits in run.readings for run in runs)


@pytest.mark.parametrize(
    ("digits", "sealed", "expected"),
    [
        ("1742", "79130001742", True),
        ("742", "79130001742", False),
        ("0000", "40000", False),
        ("89130001742", "79130001742", True),
        ("98021", "98021", True),
        ("12345678", "79130001742", False),
    ],
)
def test_four_digits_of_a_number_give_it_away(digits: str, sealed: str, expected: bool) -> None:
    assert numbers.overlap(digits, sealed) is expected


@pytest.mark.parametrize(
    "text",
    [
        "14 марта 2022",
        "14-го марта",
        "четырнадцатого марта",
        "14.03.2022",
        "2022-03-14",
        "March 14, 2022",
        "the fourteenth of March",
        "14 березня 2022 року",
        "чотирнадцятого березня",
        "14 мар. 22 г.",
        "14th of March",
    ],
)
def test_a_day_is_read_in_any_writing(text: str) -> None:
    assert [dates.is_same(m, date(2022, 3, 14)) for m in dates.find(text)] == [True]


@pytest.mark.parametrize(
    "text", ["27 лет", "20–40%", "Лесная, 4-2", "ст. 337 ч. 5", "в марте 2022", "they may 5", "1.5"]
)
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert [m for m in dates.find(text) if m.month != 5] == []


@quick
@given(st.dates(date(2014, 1, 1), date(2030, 12, 31)))
def test_every_day_of_the_calendar_is_read_back(day: date) -> None:
    months = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()  # noqa: SIM905
    for text in (
        f"{day.day} {months[day.month - 1]} {day.year} года",
        f"{day:%d.%m.%Y}",
        f"{day:%B} {day.day}, {day.year}",
    ):
        assert dates.parse(text) == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("на следующий день после 8 Марта", (9, 3)),
        ("накануне Дня Победы", (8, 5)),
        ("через неделю после начала вторжения", (3, 3)),
        ("the day after International Women's Day", (9, 3)),
    ],
)
def test_a_day_may_hide_behind_a_holiday(text: str, day: tuple[int, int]) -> None:
    assert day in {(m.day, m.month) for m in dates.find_relative(text, dates.find(text))}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+7 913 000-17-42", "phone"),
        ("067 200 41 95", "phone"),
        ("в\\ч №98021", "unit"),
        ("вэ чэ 98021", "unit"),
        ("в/ч А0000", "unit"),
        ("s.abdulk [at] example [dot] com", "email"),
        ("@chigir_art", "telegram"),
        ("t.me/leila_gul", "telegram"),
        ("087-654-303 00", "snils"),
        ("4111 1111 1111 1111", "card"),
        ("АН 0047118", "military_id"),
        ("о000оо03", "plate"),
        ("46.50000, 35.20000", "coords"),
        ("паспорт 99 18 004512", "passport"),
        ("500100732259", "inn"),
        ("ул. Лесная, д. 4, кв. 2", "address"),
    ],
)
def test_identifiers_are_found_by_their_shape(text: str, kind: str) -> None:
    assert kind in {f.kind for f in ids.find(f"Вот: {text}, и всё.")}


@quick
@given(st.integers(1, 999_999_999))
def test_a_wrong_checksum_is_no_document(number: int) -> None:
    digits = f"{number:09d}"
    valid = [f"{digits}{check:02d}" for check in range(100) if ids.snils_is_valid(f"{digits}{check:02d}")]
    assert len(valid) <= 1


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("name", "name"),
        ("last_name", "name"),
        ("ФИО", "name"),
        ("nickname", "nickname"),
        ("callsign", "nickname"),
        ("username", "telegram"),
        ("phone", "phone"),
        ("e-mail", "email"),
        ("military_unit", "unit"),
        ("unit_name", "unit"),
        ("settlement", "settlement"),
        ("home_town", "settlement"),
        ("region", "region"),
        ("date", "date"),
        ("birthdate", "birth"),
        ("date_of_birth", "birth"),
        ("relatives", "relative"),
        ("lawyer_private", "relative"),
        ("plate", "plate"),
        ("coords", "coords"),
        ("age", "age"),
        ("rank", "rank"),
        ("position", "position"),
        ("person", "name"),
        ("tattoo", "text"),
        ("passport", "number"),
        ("address", "address"),
    ],
)
def test_a_field_is_read_by_its_name(key: str, kind: str) -> None:
    assert fields.kind_of(key) == kind


def test_a_numbered_unit_is_known_in_full_and_abbreviated() -> None:
    found = {
        (n, k)
        for _, _, n, k in formations.find("64-я отдельная мотострелковая бригада, 2918 мсп, 45th brigade")
    }
    assert found == {("64", "brigade"), ("2918", "regiment"), ("45", "brigade")}


def test_a_copied_run_is_found_through_other_endings(detectors: Detectors) -> None:
    source = detectors.read(
        "он прострелил над моей головой бетонную стену и велел подписать новый контракт", "ru"
    )
    exact = detectors.read(
        "Прострелил над моей головой бетонную стену, и велел подписать новый контракт.", "ru"
    )
    apart = detectors.read("Командир стрелял в стену и требовал подписать бумаги.", "ru")
    assert verbatim.copied_runs(exact, source)[0].length >= verbatim.BLOCK_RUN
    assert verbatim.copied_runs(apart, source) == []


def test_what_the_register_already_says_is_no_copy(detectors: Detectors) -> None:
    words = "отказников держали в подвале без воды и еды несколько суток подряд"
    source, draft, shown = (
        detectors.read(text, "ru") for text in (words, f"Там {words}.", f"Ранее {words}.")
    )
    assert verbatim.copied_runs(draft, source)
    assert verbatim.copied_runs(draft, source, [shown]) == []


@pytest.mark.parametrize("words", ["сто ", "тысяча сто ", "солдаты сто ", "школа ", "имени "])
def test_a_page_of_number_words_is_read_in_one_go(words: str) -> None:
    text = words * (20_000 // len(words))
    started = time.process_time()
    formations.find(text)
    formations.numbers_alone(text)
    assert time.process_time() - started < 3
