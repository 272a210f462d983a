"""What the gate catches, what it lets pass, and that it fails closed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from casework.redaction import gate
from casework.redaction.detectors import Detectors
from casework.redaction.errors import GateError, MissingDictionaryError, UnsupportedLanguageError
from casework.redaction.findings import HINTS, Level
from tests.gatehouse import QUIET, identity, surname

pytestmark = pytest.mark.usefixtures("offline")

TESS: dict[str, Any] = {
    "name": "Белобородько Евгений Тарасович",
    "nickname": "Гвоздь",
    "phone": "8 (951) 204-18-37",
    "unit": "в/ч 61899",
    "settlement": "Усть-Кут",
    "region": "Иркутская область",
    "date": "2023-06-08",
    "rank": "ефрейтор",
    "position": "наводчик гранатомёта",
    "age": 31,
    "relatives": "жена Марьяна",
    "email": "evg.belob@mail.example",
    "telegram": "@gvozdik_38",
    "inn": "500100732259",
    "card": "2202 2003 1111 4507",
    "address": "г. Усть-Кут, ул. Речников, д. 17, кв. 40",
    "plate": "Х204ОТ138",
    "coords": "56.7936, 105.7672",
    "birthdate": "12.11.1991",
}
STORY = (
    "Здравствуйте, меня зовут Евгений Белобородько, мне 31 год, ефрейтор. Призвали из Усть-Кута. 8 июня "
    "2023 года "
    "нас шестерых отказников посадили в яму, там был ещё Ромка Щеглов с третьей роты. Комроты Дзюба орал, "
    "что "
    "расстреляет каждого, кто не пойдёт на штурм, и прострелил над головой стену. Жена Марьяна знает всё. "
    "У нас трое детей. Звонить 8 951 204 18 37."
)


def verdict(detectors: Detectors, draft: str, lang: str = "ru", **more: object) -> dict[str, Any]:
    """Return the answer of both halves for Tess's case."""
    return gate.check(
        detectors, {"case_fields": TESS, "narrative": STORY, "draft": draft, "lang": lang, **more}
    )


BLOCKED = {
    "По словам Белобородько, его держали в яме.": "name_inflected",
    "Женька написал рапорт об отказе.": "name_diminutive",
    "Тарасовича увезли ночью.": "name_patronymic",
    "Б-ко и ещё пятеро отказались.": "name_initials",
    "Белоб***ко и ещё пятеро отказались.": "name_initials",
    "Б е л о б о р о д ь к о держали в яме.": "name_spaced",
    "Бело бородько держали в яме.": "name_split",
    "Бeлoбopoдькo держали в яме.": "homoglyph",
    "Отказ\u200bников держали в яме.": "invisible",
    "белобородько держали в яме": "name_inflected",
    "БЕЛОБОРОДЬКО держали в яме.": "name_inflected",
    "Бело**боро**дько держали в яме.": "name_inflected",
    "Б&#1077;лобородько держали в яме.": "name_inflected",
    "Бойца с позывным Гвоздь отправили в яму.": "nickname",
    "Его номер заканчивается на 18-37.": "phone_partial",
    "восемь девятьсот пятьдесят один двести четыре восемнадцать тридцать семь": "phone_spelled",
    "Он служил в части, номер которой 61 899.": "unit",
    "Он служит в в\\ч №61899.": "unit",
    "Житель Усть-Кута отказался воевать.": "settlement",
    "Усть-кутский контрактник отказался воевать.": "settlement",
    "Восьмого июня 2023 года отказников посадили в яму.": "date",
    "08.06.2023 отказников посадили в яму.": "date",
    "Марьяне угрожали.": "name_inflected",
    "ИНН 500100732259 указан в деле.": "inn",
    "Карта с окончанием 4507.": "card_partial",
    "Пишите на evg.belob (собака) mail (точка) example": "email",
    "Аккаунт gvozdik_38 удалён.": "telegram",
    "Повестка пришла на Речников, 17-40.": "address",
    "Машину х 204 от 138 бросили у части.": "plate",
    "Точка 56.80, 105.75 отмечена на карте.": "coords",
    "Он родился 12 ноября 1991 года.": "birth_date",
    "Комроты орал, что расстреляет каждого, кто не пойдёт на штурм, и прострелил стену.": "verbatim",
    "Он написал: გიორგი был с нами.": "unsupported_script",
}


@pytest.mark.parametrize(("draft", "kind"), BLOCKED.items(), ids=list(BLOCKED.values()))
def test_a_draft_that_names_the_source_is_blocked(detectors: Detectors, draft: str, kind: str) -> None:
    answer = verdict(detectors, draft)
    assert answer["verdict"] == "block"
    assert kind in {f["kind"] for f in answer["findings"] if f["level"] == "block"}


WARNED = {
    "В яме сидел и Щеглов.": "third_party",
    "Наводчик гранатомёта отказался идти на штурм.": "rank_position",
    "31-летний мужчина отказался идти на штурм.": "age_exact",
    "Ефрейтор отказался идти на штурм.": "rank",
    "7 июня отказников посадили в яму.": "date_near",
    "На третий день после 5 июня, в четверг, отказников посадили в яму.": "weekday",
    "Через три дня после 5 июня отказников посадили в яму.": "date_relative",
    "Рассказал об этом Б. Е. Т.": "name_initials",
    "Держали их рядом с селом Малая Топаль.": "small_place",
    "Отказник Вадим Крутиков рассказал о яме.": "unknown_person",
    "Он отец троих детей.": "family",
    "Командир кричал, что расстреляет каждого, кто не пойдёт на штурм.": "verbatim_paraphrase",
    "«Нас всех обещали убить, если мы не пойдём», — рассказал он.": "direct_speech",
    "В июне контрактник из Иркутской области и ещё пять человек отказались идти на штурм.": "k_anonymity",
    "Номер 8 (912) 345-67-89 больше не отвечает.": "unknown_phone",
    "Отказники содержались в части 74268.": "unknown_unit",
    "Шестого мая отказников увезли.": "exact_date",
    "Отказника увезли на машине с номером 138 региона.": "plate_region",
}


@pytest.mark.parametrize(("draft", "kind"), WARNED.items(), ids=list(WARNED.values()))
def test_what_may_narrow_it_to_the_source_is_a_warning(detectors: Detectors, draft: str, kind: str) -> None:
    answer = verdict(detectors, draft)
    assert answer["verdict"] == "warn", answer["findings"]
    assert kind in {f["kind"] for f in answer["findings"]}


CLEAN = (
    (
        "ru",
        (
            "В начале лета 2023 года несколько контрактников из Сибири отказались идти на штурм "
            "(Медиазона, 20 июня)."
        ),
    ),
    ("ru", "Адвокат Максим Гребенюк сообщил, что к нему обратились более 300 человек."),
    ("ru", "По данным «Вёрстки», дела по статье 337 УК возбуждены против 4 000 военных."),
    ("ru", "Владимир Путин подписал указ о частичной мобилизации 21 сентября 2022 года."),
    ("ru", "Отказников держали без воды и еды и заставляли подписывать новый контракт."),
    ("ru", "Гвоздь программы — новый закон о дезертирстве."),
    ("ru", "Родственники мобилизованных из Иркутской области записали видеообращение к президенту."),
    ("en", "Several soldiers of one brigade in the north-west refused to return to the front in early 2023."),
    ("en", "According to Mediazona, courts have received more than 5,000 cases on absence without leave."),
    ("en", "They were kept in a basement near Luhansk and threatened with prison under Article 332."),
    ("en", "About 300 servicemen from South Ossetia returned home on their own (Mediazona, Mar 31)."),
    ("uk", "Влітку 2023 року відмовників тримали у підвалах на окупованій частині Луганської області."),
)


@pytest.mark.parametrize(("lang", "draft"), CLEAN)
def test_a_draft_that_gives_nobody_away_passes(detectors: Detectors, lang: str, draft: str) -> None:
    answer = verdict(detectors, draft, lang)
    assert answer["verdict"] == "pass", answer["findings"]


def test_adding_clean_text_never_removes_a_block(detectors: Detectors) -> None:
    chance = random.Random(11)
    for draft, kind in BLOCKED.items():
        added = " ".join(text for lang, text in chance.sample(CLEAN, 3) if lang == "ru")
        longer = chance.choice((f"{draft} {added}", f"{added} {draft}", f"{draft}\n\n{added}"))
        assert verdict(detectors, longer)["verdict"] == "block", kind


def test_a_finding_points_into_the_draft_as_given(detectors: Detectors) -> None:
    draft = "Фото: <b>Бело\u200bбоpодько</b> и ещё трое"
    for finding in verdict(detectors, draft)["findings"]:
        assert draft[finding["start"] : finding["end"]] == finding["span"]
        assert finding["hint"] in HINTS.values()


def test_a_sealed_name_beats_the_public_list(detectors: Detectors) -> None:
    sealed = {"name": "Чиков Илья Петрович"}
    question = {"case_fields": sealed, "narrative": "", "lang": "ru"}
    alone = gate.check(detectors, {**question, "draft": "Чикова увезли из части."})
    other = gate.check(detectors, {**question, "draft": "Павел Чиков рассказал об отказниках."})
    assert alone["verdict"] == "block"
    assert other["verdict"] == "warn"


def test_an_editor_cannot_allow_a_sealed_name(detectors: Detectors) -> None:
    answer = verdict(detectors, "Белобородько держали в яме.", context={"allow": ["Белобородько"]})
    assert answer["verdict"] == "block"


def test_an_unknown_person_the_editor_declared_public_is_no_warning(detectors: Detectors) -> None:
    draft = "Отказник Вадим Крутиков рассказал о яме."
    assert verdict(detectors, draft)["verdict"] == "warn"
    assert verdict(detectors, draft, context={"allow": ["Вадим Крутиков"]})["verdict"] == "pass"


def test_a_person_already_in_the_register_is_no_warning(detectors: Detectors) -> None:
    shown = ("Отказник Вадим Крутиков рассказал о яме весной.",)
    draft = "Позже Вадим Крутиков вернулся домой."
    assert gate.editors_half(detectors, draft, "", (), "ru").level is Level.WARN
    assert gate.editors_half(detectors, draft, "", shown, "ru").level is Level.PASS


def test_the_editors_half_blocks_what_the_narrative_tells_of_its_author(detectors: Detectors) -> None:
    for draft in (
        "Белобородько держали в яме.",
        "Марьяне угрожали.",
        "Номер 204-18-37.",
        "Дело было 8 июня 2023 года.",
    ):
        assert gate.editors_half(detectors, draft, STORY, (), "ru").level is Level.BLOCK, draft


def test_the_editors_half_knows_no_card(detectors: Detectors) -> None:
    assert (
        gate.editors_half(detectors, "Он служит в в/ч 61899.", "Нас держали в яме.", (), "ru").level
        is Level.WARN
    )


def test_the_holders_half_catches_a_brother_from_somebody_elses_case(detectors: Detectors) -> None:
    others = [{"name": "Рыжакин Олег Павлович", "phone": "+7 900 111-22-33"}, {"name": "Вельяшев Пётр"}]
    assert gate.holders_half(detectors, "Рыжакина увезли из части.", others).level is Level.BLOCK
    assert gate.holders_half(detectors, "Номер кончается на 111-22-33.", others).level is Level.BLOCK


def test_a_given_name_from_somebody_elses_case_says_nothing(detectors: Detectors) -> None:
    others = [{"name": "Рыжакин Олег Павлович"}]
    assert gate.holders_half(detectors, "Олег написал рапорт.", others).level is Level.PASS
    assert gate.holders_half(detectors, "Олег написал рапорт.", (), own=others[0]).level is Level.BLOCK


def test_a_small_register_is_silent_about_cells(detectors: Detectors) -> None:
    draft = "Контрактник отказался возвращаться на фронт."
    few, many = {"register_cells": {"a": 2}, "k": 5}, {"register_cells": {"a": 2, "b": 900}, "k": 5}
    assert gate.editors_half(detectors, draft, "", (), "ru", few).level is Level.PASS
    assert gate.editors_half(detectors, draft, "", (), "ru", many).level is Level.WARN


def test_an_internal_id_never_leaves(detectors: Detectors) -> None:
    answer = verdict(detectors, "Дело K-4471 передано адвокату.", context={"internal_ids": ["K-4471"]})
    assert "internal_id" in {f["kind"] for f in answer["findings"]}


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"draft": "x", "lang": "ru"},
        {"draft": "x", "lang": "ka", "case_fields": {}, "narrative": ""},
        {"draft": None, "lang": "ru", "case_fields": {}, "narrative": ""},
        {"draft": "x", "lang": "ru", "case_fields": [], "narrative": ""},
        {"draft": "x", "lang": "ru", "case_fields": {"name": {"first": "y"}}, "narrative": ""},
        {"draft": "я " * 40_000, "lang": "ru", "case_fields": {}, "narrative": ""},
    ],
)
def test_a_check_that_cannot_be_made_blocks(detectors: Detectors, question: dict[str, Any]) -> None:
    answer = gate.check(detectors, question)
    assert answer["verdict"] == "block"
    assert [f["kind"] for f in answer["findings"]] == ["gate_failed"]


def test_a_language_without_dictionary_is_an_error(detectors: Detectors) -> None:
    with pytest.raises(UnsupportedLanguageError):
        gate.editors_half(detectors, "x", "", (), "ka")
    with pytest.raises(GateError):
        gate.holders_half(detectors, "x", [], lang="ka")


def test_a_missing_dictionary_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingDictionaryError):
        gate.load()


def test_no_verdict_prints_what_it_saw(detectors: Detectors) -> None:
    found = gate.holders_half(detectors, "Белобородько держали в яме.", (), own=TESS)
    assert "Белобор" not in repr(found) + repr(found.findings) + repr(detectors)


def test_the_gate_loads_in_time_in_memory_and_in_one_thread() -> None:
    code = (
        "import time; from casework.redaction import gate; held = gate.load(); print(time.process_time());"
        "held.recogniser.entities('Вчера увезли Чигиринского. ' * 40);"
        "told = open('/proc/self/status').read();"
        "print(*(line.split()[1] for line in told.splitlines() if line.startswith(('VmHWM', 'Threads'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    took, peak, threads = done.stdout.split()
    assert float(took) <= 6.0  # seconds of a processor; 3 s on an idle machine: benchmarks/gate.py
    assert int(peak) < 400 * 1024  # KiB
    assert threads == "1"  # shared out among threads, the model's small matrices cost three times as much


def test_a_long_draft_is_checked_while_the_editor_waits(detectors: Detectors) -> None:
    draft = (" ".join(text for lang, text in CLEAN if lang == "ru") * 9)[:5000]
    times = []
    for _ in range(5):
        start = time.process_time()
        verdict(detectors, draft)
        times.append(time.process_time() - start)
    assert min(times) <= 0.4  # 0.3 s at the 95th centile on an idle machine: benchmarks/gate.py


def load_cases(shared: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((shared / "data/leak_cases.json").read_text(encoding="utf-8"))
    return cases


def test_the_cases_are_judged_as_expected(detectors: Detectors, shared: Path) -> None:
    cases = load_cases(shared)
    judged = {c["id"]: gate.check(detectors, c)["verdict"] for c in cases}
    by = {
        level: [judged[c["id"]] for c in cases if c["expected"] == level]
        for level in ("block", "warn", "pass")
    }
    assert by["block"].count("block") / len(by["block"]) >= 0.98
    assert sum(v != "pass" for v in by["warn"]) / len(by["warn"]) >= 0.9
    assert by["pass"].count("block") / len(by["pass"]) <= 0.03
    assert by["pass"].count("pass") / len(by["pass"]) >= 0.8


def paragraphs(shared: Path) -> list[str]:
    text = (shared / "data/refusals-2022.txt").read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line.strip()]


def hold_against_strangers(
    detectors: Detectors, texts: Sequence[str], count: int, lang: str = "en", seed: int = 2022
) -> None:
    chance = random.Random(seed)
    for _ in range(count):
        card = identity(chance)
        for text in texts:
            question = {"case_fields": card, "narrative": "", "draft": text, "lang": lang}
            assert gate.check(detectors, question)["verdict"] != "block", text[:60]


def test_published_paragraphs_block_no_stranger(detectors: Detectors, shared: Path) -> None:
    hold_against_strangers(detectors, paragraphs(shared), 5)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2022, 2030))
def test_published_paragraphs_block_none_of_200_strangers(
    detectors: Detectors, shared: Path, seed: int
) -> None:
    hold_against_strangers(detectors, paragraphs(shared), 25, seed=seed)


@pytest.mark.parametrize("count", [5, pytest.param(100, marks=pytest.mark.full)])
def test_quiet_paragraphs_in_russian_block_no_stranger(detectors: Detectors, count: int) -> None:
    hold_against_strangers(detectors, QUIET, count, "ru")


def test_clean_drafts_draw_few_warnings(detectors: Detectors, shared: Path) -> None:
    cases = [c for c in load_cases(shared) if c["clean"]]
    warnings = sum(len(gate.check(detectors, c)["findings"]) for c in cases)  # type: ignore[arg-type]
    assert warnings / sum(len(c["draft"]) for c in cases) * 1000 <= 3


@pytest.mark.parametrize(
    "piece", ["а ", "а b ", "9-", "a@", "a.", "Б***", "\n", "%D0", "восемь ", "аб-", "И. ", "ул. "]
)
def test_no_text_holds_a_desk_for_long(detectors: Detectors, piece: str) -> None:
    text = (piece * 4000)[:4000]
    started = time.process_time()
    gate.check(detectors, {"case_fields": TESS, "narrative": text, "draft": text, "lang": "ru"})
    assert time.process_time() - started <= 8  # a text of the same length that means something takes 0.3


def test_blank_space_hides_no_name(detectors: Detectors) -> None:
    draft = "   \n\n".join("Белобородько")
    assert verdict(detectors, f"Это {draft}.")["verdict"] == "block"


def test_a_phone_book_gets_no_answer(detectors: Detectors) -> None:
    chance = random.Random(11)
    names = sorted({surname(chance) for _ in range(90)})
    for with_him in ([*names, "Белобородько"], names):
        for draft in (book := f"Отказались: {', '.join(with_him)}.", book.lower(), book.upper()):
            found = gate.holders_half(detectors, draft, (), own=TESS)
            assert [one.kind for one in found.findings] == ["list"]
    numbers = ", ".join(f"+7 951 {n:03d}-18-37" for n in range(190, 230))
    answers = [
        gate.holders_half(detectors, f"Звоните: {text}.", (), own=TESS).findings
        for text in (numbers, numbers.replace("204", "304"))
    ]
    assert [[one.kind for one in found] for found in answers] == [["list"], ["list"]]
