"""What tests of the gate share: loaded detectors, a machine without network, people who do not exist."""

from __future__ import annotations

import random
import socket
from typing import NoReturn

import pytest
from pytrovich.enums import Case, Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

from casework.redaction import gate
from casework.redaction.detectors import Detectors

OBLIQUE = (Case.GENITIVE, Case.DATIVE, Case.ACCUSATIVE, Case.INSTRUMENTAL, Case.PREPOSITIONAL)
_STARTS = (
    "бар",
    "гур",
    "зам",
    "кел",
    "лох",
    "мяг",
    "ряж",
    "соп",
    "тюн",
    "хав",
    "цвет",
    "чир",
    "шал",
    "щеп",
    "юрк",
    "вят",
)
_MIDDLES = ("", "ан", "ел", "ит", "ош", "уш", "ык", "ерт")
_ENDS = ("ов", "ев", "ин", "ский", "енко", "чук", "янц", "ец", "ун", "ай", "швили", "ович", "ых")
_declension = PetrovichDeclinationMaker()


@pytest.fixture(scope="session")
def detectors() -> Detectors:
    """Load what the gate and the suggestions need, once."""
    return gate.load()


@pytest.fixture(autouse=False)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every attempt to open a connection fail the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a detector tried to open a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def surname(chance: random.Random) -> str:
    """Return a surname that sounds like one and belongs to nobody we know."""
    word = chance.choice(_STARTS) + chance.choice(_MIDDLES) + chance.choice(_ENDS)
    return word.capitalize()


def in_case(name: str, case: Case, part: NamePart = NamePart.LASTNAME) -> str:
    """Return a man's *name* in *case*, by rules that are not ours."""
    form: str = _declension.make(part, Gender.MALE, case, name)
    return form


def identity(chance: random.Random) -> dict[str, object]:
    """Return the sealed card of a serviceman who does not exist."""
    return {
        "name": f"{surname(chance)} {chance.choice(('Артур', 'Игнат', 'Тимур', 'Савелий'))} Ильдарович",
        "phone": f"+7 9{chance.randrange(10**9):09d}",
        "unit": f"в/ч {chance.randrange(10_000, 99_999)}",
        "settlement": chance.choice(("Усть-Кут", "Кяхта", "Избербаш", "Юрга", "Сортавала", "Вельск")),
        "date": f"2023-0{chance.randrange(1, 10)}-{chance.randrange(10, 28)}",
        "age": chance.randrange(19, 50),
    }


# Paragraphs in the manner of the register that give nobody away, by another hand than the list of 2022.
QUIET = (
    (
        "Весной 2022 года военнослужащие из Забайкалья отказались участвовать в войне. Им угрожали "
        "уголовными делами, а часть отправили домой пешком. До российской границы шли двое суток."
    ),
    (
        "Осенью мать срочника рассказала, что её сына принуждали подписать контракт. Он отказался, "
        "несмотря на угрозы дисбатом; тёплых вещей ему не выдали."
    ),
    (
        "Рапорты рвали на глазах у солдат и называли их предателями — по рассказам нескольких "
        "человек. Прокуратура нарушений не нашла, врач отказался снимать побои."
    ),
    (
        "По данным «Верстки», осенью таких жалоб было не меньше ста. Адвокат Максим Гребенюк говорит, "
        "что уголовные дела по статье 337 УК РФ заводили чаще, чем по статье 332."
    ),
    (
        "Семье военного с Дальнего Востока угрожали выселением из служебного жилья после его рапорта. "
        "Склад оставить было не на кого, но начальство требовало ехать."
    ),
    ("Мороз стоял сильный, люди спали в окопе. Волки подходили к позициям; вера в командиров пропала."),
    (
        "Служил в десанте, около тридцати лет. После ранения его вернули в часть, хотя рана не "
        "зажила, и держали в подвале вместе с другими отказниками, пока не вмешались журналисты."
    ),
)
