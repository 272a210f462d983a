"""An identity card is one line typed by a frightened person: whatever in it may be a name counts as one."""

from __future__ import annotations

import pytest

from casework.redaction import gate
from casework.redaction.detectors import Detectors
from casework.redaction.findings import Level

CARD = "Заречный Иван Петрович, +7 900 000-11-22, войсковая часть 00000. Я мать, он знает, что я пишу."


def level(detectors: Detectors, card: str, draft: str, lang: str = "ru") -> Level:
    """Judge *draft* against one typed card."""
    return gate.holders_half(detectors, draft, [], lang=lang, own={"who": [card]}).level


@pytest.mark.parametrize(
    ("card", "draft"),
    [
        (CARD, "Мы узнали, что Заречный отказался."),
        (CARD, "Звонить по номеру 900 000 11 22."),
        ("заречный иван, сын", "Мы узнали, что Заречный отказался."),
        ("несебятьев гордиан", "Несебятьев отказался."),
        ("Чигиринов Артём, мать Ольга, часть 98021", "Чигиринов отказался."),
        ("Чигиринов Артём, мать Ольга, часть 98021", "Солдат из части 98021 отказался."),
        ("Мой сын Кирилл Лесной, рота связи", "Рядовой Лесной отказался."),
        ("Пишет мама. Белых Ольга Николаевна", "Ольга Белых написала заявление."),
    ],
)
def test_what_a_card_names_is_blocked(detectors: Detectors, card: str, draft: str) -> None:
    assert level(detectors, card, draft) is Level.BLOCK


@pytest.mark.parametrize("draft", ["Заречный, срочник, отказался.", "Отказ Заречного не приняли."])
def test_a_surname_that_is_also_a_town_is_never_passed_in_silence(detectors: Detectors, draft: str) -> None:
    assert level(detectors, CARD, draft) is not Level.PASS


@pytest.mark.parametrize(
    "draft",
    [
        "Военнослужащий отказался подписать контракт. Мать написала прокурору.",
        "В части знают об отказе; рота ушла без него.",
        "Солдат срочной службы, его мать и юрист подали заявление.",
    ],
)
@pytest.mark.parametrize(
    "card",
    [
        CARD,
        "Мой сын Кирилл Лесной, рота связи, срочник",
        "Пишет мама. Белых Ольга Николаевна, телефон 89005550000",
    ],
)
def test_everyday_words_of_a_card_block_nothing(detectors: Detectors, card: str, draft: str) -> None:
    assert level(detectors, card, draft) is Level.PASS


def test_a_card_in_latin_letters_is_read_too(detectors: Detectors) -> None:
    assert level(detectors, "Nesebyatyev Gordian, conscript", "Несебятьев отказался.") is Level.BLOCK
