"""What is suggested for masking in a narrative, and what masking leaves."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytrovich.enums import Case, NamePart

from casework.redaction.detectors import Detectors
from casework.redaction.errors import UnsupportedLanguageError
from casework.redaction.suggest import PLACEHOLDERS, Span, mask, suggest
from tests.gatehouse import in_case, surname

pytestmark = pytest.mark.usefixtures("offline")

FRAMES: tuple[tuple[Case | None, str], ...] = (
    (None, "Меня зовут Артём {}, я отказался ехать."),
    (Case.GENITIVE, "У {} забрали телефон и документы."),
    (Case.DATIVE, "Комбат сказал {} что расстреляет его."),
    (Case.ACCUSATIVE, "Вчера увезли {} и ещё двоих из третьей роты."),
    (Case.INSTRUMENTAL, "Мы вместе с {} написали рапорт."),
    (Case.PREPOSITIONAL, "Родным о {} ничего не говорят."),
)
KNOWN = (
    "Кузнецов",
    "Гончаренко",
    "Ковальчук",
    "Петросян",
    "Лобачевский",
    "Ушаков",
    "Сорокин",
    "Мельник",
    "Чернов",
)


def is_covered(spans: list[Span], text: str, word: str) -> bool:
    start = text.lower().rindex(word.lower())
    return any(s.start <= start and start + len(word) <= s.end for s in spans)


def recall(detectors: Detectors, names: list[str], *, lower: bool) -> float:
    found = total = 0
    for number, name in enumerate(names):
        case, frame = FRAMES[number % len(FRAMES)]
        form = name if case is None else in_case(name, case)
        if lower and detectors.lexicon.is_ordinary(form):
            continue  # мельнику is a miller until somebody writes a capital
        total += 1
        text = "Здравствуйте. Мы стоим здесь второй месяц. " + frame.format(form) + " Помогите."
        text = text.lower() if lower else text
        found += is_covered(suggest(detectors, text, "ru"), text, form)
    return found / total


def invented(count: int) -> list[str]:
    chance = random.Random(7)
    return [surname(chance) for _ in range(count)] + [chance.choice(KNOWN) for _ in range(count // 3)]


def test_surnames_are_suggested_in_any_case(detectors: Detectors) -> None:
    assert recall(detectors, invented(45), lower=False) >= 0.97


def test_surnames_are_suggested_in_lower_case_writing(detectors: Detectors) -> None:
    assert recall(detectors, invented(45), lower=True) >= 0.93


@pytest.mark.full
@pytest.mark.parametrize(("lower", "least"), [(False, 0.99), (True, 0.95)])
def test_surnames_are_suggested_at_the_promised_rate(detectors: Detectors, lower: bool, least: float) -> None:
    assert recall(detectors, invented(300), lower=lower) >= least


UKRAINIAN = (
    ("Мене звати Орест Шаповалюк, я з Генічеська.", ("Орест", "Шаповалюк", "Генічеська")),
    ("Вчора забрали Остапа Гриценка і ще двох.", ("Остапа", "Гриценка")),
    ("Мій брат Іван Ковалишин відмовився стріляти.", ("Іван", "Ковалишин")),
    ("Тарасові Бойчуку погрожували тюрмою.", ("Тарасові", "Бойчуку")),
    ("Разом з Петром Лисенком сиділи у підвалі.", ("Петром", "Лисенком")),
    ("Дружина Оксана Мельничук чекає вдома.", ("Оксана", "Мельничук")),
)


def test_people_are_suggested_in_ukrainian(detectors: Detectors) -> None:
    hits = [is_covered(suggest(detectors, text, "uk"), text, w) for text, words in UKRAINIAN for w in words]
    assert sum(hits) / len(hits) >= 0.92


STORY = (
    "Я ефрейтор Рыжакин Олег, 27 лет, в/ч 61899, телефон 8 (951) 204-18-37, почта r.oleg@mail.example, "
    "телега @ryzhik_ol. Паспорт 82 14 553201, СНИЛС 087-654-303 00. Живу в Усть-Куте, ул. Речников, д. 17. "
    "14 марта 2022 года нас увезли. Позывной Рыжий. У меня трое детей. Машина о000оо03. Точка 56.7936, "
    "105.7672."
)
KINDS = {
    "Рыжакин Олег": "name",
    "ефрейтор": "rank",
    "27 лет": "age",
    "61899": "unit",
    "8 (951) 204-18-37": "phone",
    "r.oleg@mail.example": "email",
    "@ryzhik_ol": "telegram",
    "82 14 553201": "passport",
    "087-654-303 00": "snils",
    "Усть-Куте": "place",
    "Речников": "address",
    "14 марта 2022": "date",
    "Рыжий": "nickname",
    "трое детей": "family",
    "о000оо03": "plate",
    "56.7936, 105.7672": "coords",
}


@pytest.mark.parametrize(("words", "kind"), KINDS.items(), ids=list(KINDS.values()))
def test_everything_that_identifies_is_suggested(detectors: Detectors, words: str, kind: str) -> None:
    start = STORY.index(words)
    covering = [
        s for s in suggest(detectors, STORY, "ru") if s.start <= start and start + len(words) <= s.end
    ]
    assert [s.kind for s in covering] == [kind]


TOLD_SMALL = (
    "я старлей, командир взвода связи, позывной бархан, шайтаном зовут меня за характер. паспорт вт 004817, "
    "снилс 145-678-001 12, живём улица речников 17, верхняя балкария. со мной механик-радист."
)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("командир взвода связи", "post"),
        ("бархан", "nickname"),
        ("шайтаном", "nickname"),
        ("вт 004817", "military_id"),
        ("145-678-001 12", "snils"),
        ("улица речников 17", "address"),
        ("верхняя балкария", "place"),
        ("механик-радист", "post"),
    ],
)
def test_small_letters_hide_nothing_a_word_announces(detectors: Detectors, words: str, kind: str) -> None:
    start = TOLD_SMALL.index(words)
    spans = suggest(detectors, TOLD_SMALL, "ru")
    assert [s.kind for s in spans if s.start <= start and start + len(words) <= s.end] == [kind]


def test_a_name_is_suggested_with_all_its_words(detectors: Detectors) -> None:
    text = "Это пишет Бесхлебный Аристарх, со мной Ондар Чойган-оол."
    spans = [text[s.start : s.end] for s in suggest(detectors, text, "ru")]
    assert spans == ["Бесхлебный Аристарх", "Ондар Чойган-оол"]


def test_suggestions_stand_in_order_and_apart(detectors: Detectors) -> None:
    spans = suggest(detectors, STORY, "ru")
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_forms_of_one_name_share_a_placeholder(detectors: Detectors) -> None:
    text = "Рыжакин отказался. У Рыжакина забрали телефон. Потом увезли Вельяшева."
    masked = mask(text, [s for s in suggest(detectors, text, "ru") if s.kind == "name"])
    assert masked == "[человек 1] отказался. У [человек 1] забрали телефон. Потом увезли [человек 2]."


def test_masking_leaves_nothing_of_what_was_masked(detectors: Detectors) -> None:
    masked = mask(STORY, suggest(detectors, STORY, "ru"))
    for words in ("Рыжакин", "61899", "204-18-37", "Усть-Кут", "082", "ryzhik"):
        assert words not in masked


def test_masking_twice_changes_nothing_more(detectors: Detectors) -> None:
    once = mask(STORY, suggest(detectors, STORY, "ru"))
    assert (
        mask(once, [s for s in suggest(detectors, once, "ru") if s.kind in {"phone", "email", "unit"}])
        == once
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.text(max_size=200))
def test_any_text_can_be_read(detectors: Detectors, text: str) -> None:
    for span in suggest(detectors, text, "ru"):
        assert 0 <= span.start < span.end <= len(text)
        assert span.kind in PLACEHOLDERS


def test_a_language_without_dictionary_suggests_nothing(detectors: Detectors) -> None:
    with pytest.raises(UnsupportedLanguageError):
        suggest(detectors, STORY, "ka")


def test_a_span_shows_nothing_of_itself() -> None:
    assert "рыж" not in repr(Span(0, 3, "name", "рыжакин"))


def test_given_names_decline_in_the_frames() -> None:
    assert in_case("Артём", Case.GENITIVE, NamePart.FIRSTNAME) == "Артёма"
