"""Thirty invented tips, each played through the conversation as its sender would, then read by staff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from casework.tables import Case
from intake import events
from tests.house import House
from tests.phone import Phone, cases, clear_columns, read

KINDS = {"tip": "tell", "legal_aid": "legal"}
LANGUAGES = {"ru": "ru", "uk": "uk", "en": "en", "ru-Latn": "ru"}
# What a tip's team is, and who of it reads its words and who its names.
READERS = {"tip": ("editors", "carol", "erin"), "legal_aid": ("legal", "alice", "alice")}


@pytest.fixture(scope="session")
def tips(shared: Path) -> list[dict[str, Any]]:
    path = shared / "data" / "tips.json"
    if not path.exists():
        pytest.skip("the tips are not beside this checkout")
    loaded: list[dict[str, Any]] = json.loads(path.read_text())
    return loaded


def send(tess: Phone, message: dict[str, Any], first: int) -> list[str]:
    """Send one message of the file in the way it describes."""
    author = message.get("forward_from")
    forwarded = {"forwarded": True, "author": author} if author else {}
    if "edit_of" in message:
        return tess.edit(first + message["edit_of"], message["text"])
    if "voice" in message:
        return tess.file("voice", f"voice of {message['voice']} s".encode(), mime="audio/ogg", **forwarded)
    if "photo" in message:
        return tess.file("photo", message["photo"].encode(), caption=message.get("caption", ""))
    if "document" in message:
        name, caption = message["document"], message.get("caption", "")
        return tess.file("document", b"pages of " + name.encode(), name=name, caption=caption)
    tess.message += 1
    if "contact" in message:
        return tess.do(events.Contact(tess.message, **message["contact"]))
    if "location" in message:
        latitude, longitude = message["location"]
        return tess.do(events.Location(tess.message, latitude=latitude, longitude=longitude))
    return tess.do(events.Text(tess.message, text=message["text"], **forwarded))


def play(house: House, tip: dict[str, Any], chat: int) -> Case:
    """Tell a tip, say what it is and how soon, and return its case."""
    before = {one.id for one in cases(house)}
    tess = Phone(house, chat=chat, language_code=LANGUAGES[tip["lang"]])
    first = tess.message + 1
    for message in tip["messages"]:
        assert send(tess, message, first), "a message without an answer"
    tess.press(KINDS[tip["kind"]])
    tess.press(f"u.{tip['urgency']}")
    (case,) = (one for one in cases(house) if one.id not in before)
    return case


def expected(messages: list[dict[str, Any]]) -> list[str]:
    """Return every word that must be readable: texts, captions, file names, contacts, places, authors."""
    words = []
    for message in messages:
        words += [
            str(message[name]) for name in ("text", "caption", "document", "forward_from") if name in message
        ]
        if "contact" in message:
            words += list(message["contact"].values())
        if "location" in message:
            words += [f"{degrees:.5f}" for degrees in message["location"]]
    return words


def flat(payloads: list[dict[str, Any]]) -> str:
    """Return everything that was read, as one text."""
    return "\n".join(str(value) for payload in payloads for value in payload.values())


def check(house: House, tip: dict[str, Any], case: Case) -> None:
    """The case is in the right team with the right urgency, and complete for exactly the right people."""
    team, reader, keeper = READERS[tip["kind"]]
    assert (case.team, case.urgency, case.status) == (team, tip["urgency"], "new")
    assert case.language == LANGUAGES[tip["lang"]]
    said = read(house, reader, case.id, "message", "file")
    cards = read(house, keeper, case.id, "card")
    everything = flat(said) + "\n" + flat(cards)
    for word in expected(tip["messages"]):
        assert word in everything, word
    files = [one for one in said if one["kind"] == "file"]
    sent = [one for one in tip["messages"] if {"voice", "photo", "document"} & set(one)]
    assert len(files) == len(sent)
    assert all(file["content"] for file in files)
    assert len(said) == len(tip["messages"])
    assert [one["seq"] for one in said] == sorted(one["seq"] for one in said)


def test_every_tip_arrives_complete_in_the_right_team(
    tips: list[dict[str, Any]], sqlite_house: House
) -> None:
    """30 of 30, and on the disk not one canary."""
    assert len(tips) == 30
    for number, tip in enumerate(tips):
        check(sqlite_house, tip, play(sqlite_house, tip, 5000 + number))
    disk = clear_columns(sqlite_house)
    canaries = [word for tip in tips for word in (*tip["canaries"], *tip["identifying"])]
    assert [word for word in canaries if word.encode() in disk] == []


# Not in the file: how people write, what they type where they are asked, and where that belongs.
UNSEEN: list[tuple[str, list[str], str, str, tuple[str, str]]] = [
    ("ru", ["Пишет мама", "забрали моего Лёшу кирпич-1"], "нужна помощь", "на днях", ("legal", "days")),
    ("ru", ["я ушёл из части, кирпич-2", "прячусь у тётки"], "юрист", "срочно", ("legal", "now")),
    (
        "ru",
        ["осколок в бедре, а комиссия написала годен кирпич-3"],
        "Помогите",
        "не горит",
        ("legal", "normal"),
    ),
    ("ru", ["санитарка я, раненых не лечат кирпич-4"], "рассказать", "не срочно", ("editors", "normal")),
    (
        "ru",
        ["год как кончился контракт, рапорт не берут кирпич-5"],
        "совет",
        "через неделю",
        ("legal", "days"),
    ),
    (
        "ru",
        ["сидим в яме шестеро кирпич-6", "воды нет второй день"],
        "и то и другое",
        "сейчас",
        ("legal", "now"),
    ),
    (
        "uk",
        ["Доброго дня, чоловіка примусили підписати кирпич-7"],
        "потрібен юрист",
        "терміново",
        ("legal", "now"),
    ),
    (
        "en",
        ["I report on the 41st army, can you confirm a case кирпич-8"],
        "publish it",
        "no hurry",
        ("editors", "normal"),
    ),
    ("ru", ["Займы без отказа! Жми кирпич-9"], "не знаю", "не спешу", ("legal", "normal")),
    (
        "ru",
        ["вы все предатели, найду каждого кирпич-10", "а брата верните"],
        "пусть все знают",
        "завтра",
        ("editors", "now"),
    ),
]


def test_ten_unseen_people_who_type_what_they_are_asked_arrive_as_what_they_are(sqlite_house: House) -> None:
    """Nobody taps more than "send"; team and urgency are what was typed, and every word is there."""
    wrong = []
    for number, (language, told, wants, soon, goes) in enumerate(UNSEEN, start=1):
        before = {one.id for one in cases(sqlite_house)}
        tess = Phone(sqlite_house, chat=9000 + number, language_code=language)
        for text in told:
            assert tess.write(text)
        tess.press("send")
        for answer in (wants, soon):
            tess.write(answer)
        (case,) = (one for one in cases(sqlite_house) if one.id not in before)
        said = [one["text"] for one in read(sqlite_house, READERS_OF[goes[0]], case.id, "message")]
        if (case.team, case.urgency) != goes or case.status != "new" or said != told:
            wrong.append((told[0], case.team, case.urgency, case.status, said))
    assert wrong == []
    assert "кирпич".encode() not in clear_columns(sqlite_house)


READERS_OF = {"legal": "alice", "editors": "carol"}


def test_the_search_for_canaries_would_find_one(sqlite_house: House) -> None:
    """The search above looks at columns in clear: a word written into one is found."""

    from casework.database import Database

    assert isinstance(sqlite_house.database, Database)
    tess = Phone(sqlite_house)
    tess.write("кирпичный-завод-437")
    assert "кирпичный-завод-437".encode() not in clear_columns(sqlite_house)
    with sqlite_house.database.write() as session:
        session.execute(update(Case).values(reason_code="кирпичный-завод-437"))
    assert "кирпичный-завод-437".encode() in clear_columns(sqlite_house)
