"""One click climbs the ladder: day, month, season; settlement, subject, district; unit, branch; age, band."""

from __future__ import annotations

import pytest

from casework.redaction import gate, mending
from casework.redaction.detectors import Detectors
from casework.redaction.findings import Level

RUNGS = (
    ("date", "14 марта 2022", "ru", ("в марте 2022", "весной 2022", "в 2022")),
    ("date", "March 14, 2022", "en", ("in March 2022", "in spring 2022", "in 2022")),
    ("date", "3 червня", "uk", ("у червні", "влітку")),
    (
        "place", "Краснокаменске", "ru",
        ("Забайкальском крае", "Дальневосточном федеральном округе", "одном из регионов"),
    ),
    (
        "place", "Tikhvin", "en",
        ("Leningrad region", "the Northwestern Federal District", "one of the regions"),
    ),
    (
        "place", "Пскова", "uk",
        ("Псковської області", "Північно-Західного федерального округу", "одного з регіонів"),
    ),
    ("unit", "в/ч 41659", "ru", ("воинской части", "военные")),
    ("age", "27 лет", "ru", ("от 25 до 30 лет", "до 30 лет")),
    ("family", "трое детей", "ru", ("детей",)),
    ("name", "Тарбееву", "ru", ("военнослужащему", "человеку")),
    ("name", "Тарбеев", "ru", ("военнослужащий", "человек")),
    ("rank", "сержантом", "ru", ("военнослужащим", "человеком")),
    ("remove", "+7 913 000-17-42", "ru", ("",)),
    ("number", "11", "ru", ("несколько", "")),
    ("retype", "Тарбe\u200bев", "ru", ("Тарбеев",)),
    ("quote", "его собственные слова", "ru", ()),
    ("date", "14 марта", "de", ()),
)  # fmt: skip


@pytest.mark.parametrize(("hint", "words", "lang", "rungs"), RUNGS)
def test_the_ladder_goes_from_the_nearest_to_the_coarsest(
    detectors: Detectors, hint: str, words: str, lang: str, rungs: tuple[str, ...]
) -> None:
    assert mending.ladder(hint, words, lang, detectors.lexicon) == rungs


@pytest.mark.parametrize(
    ("text", "words", "rung", "mended"),
    [
        ("В ночь на 14 марта их увезли.", "14 марта", "в марте", "В марте их увезли."),
        ("On March 14 they refused.", "March 14", "in March", "In March they refused."),
        ("Звонить +7 913 000, спросить.", "+7 913 000", "", "Звонить, спросить."),
        ("Военнослужащему Тарбееву угрожали.", "Тарбееву", "военнослужащему", "Военнослужащему угрожали."),
        ("Тарбеев и Тарбеевы.", "Тарбеев", "военнослужащий", "Военнослужащий и Тарбеевы."),
    ],
)
def test_a_rung_takes_the_place_of_the_words_and_of_nothing_else(
    text: str, words: str, rung: str, mended: str
) -> None:
    assert mending.replace(text, words, rung) == mended


CARD = {
    "name": "Тарбеев Глеб", "unit": "в/ч 41659", "settlement": "Краснокаменск", "date": "2022-04-07",
    "age": 24, "phone": "+7 924 000-63-18",
}  # fmt: skip


@pytest.mark.parametrize(
    "draft",
    [
        "7 апреля 2022 года они отказались.",
        "В Краснокаменске ждут родные.",
        "Тарбееву угрожали.",
        "Служил в в/ч 41659.",
        "Звонить +7 924 000-63-18.",
    ],
)
def test_what_the_first_rung_leaves_blocks_no_more(detectors: Detectors, draft: str) -> None:
    found = gate.holders_half(detectors, draft, (), own=CARD)
    assert found.level is Level.BLOCK
    for one in found.findings:
        rung = mending.ladder(one.hint, one.span, "ru", detectors.lexicon)[0]
        draft = mending.replace(draft, one.span, rung)
    assert gate.holders_half(detectors, draft, (), own=CARD).level is not Level.BLOCK, draft
