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
