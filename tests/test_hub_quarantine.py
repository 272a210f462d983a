"""What broke our code stays with its chat: sealed without its sender, answered, swept, erased with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import answer, work
from bot.emulator import phones
from bot.emulator.media import put_media
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from casework.database import Database
from casework.tables import Case, Notice
from tests.hubs import counts, opened, until
from tests.stage import CANARY, Stage, file_with_push, posts, said, settled, staged, tap

WORDS = "кто из нас подпишет?"


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made, made.hub():
        yield made


@pytest.fixture
async def tess(stage: Stage) -> Hand:
    hand = stage.phone()
    await settled(stage)
    return hand


def breaks(tess: Hand, **content: Any) -> int:
    """Have a message of Tess's come in a shape nobody can read, and return its number."""
    post = tess.world.post(tess.bot, tess.chat, "phone", tess.sender, {"text": WORDS})
    number = int(post.message["message_id"])
    chat = {"id": tess.chat.chat_id, "type": "private", "first_name": CANARY, "username": "tess_4471"}
    message = {"message_id": number, "date": "then", "chat": chat, "from": {**chat, "language_code": "ru"}}
    tess.bot.queue.put_raw({"message": {**message, "poll": {"question": WORDS}, **content}})
    return number


def everything(stage: Stage) -> str:
    return str([(one.payload, one.content) for one in opened(stage.house)])


async def test_whoever_sent_it_is_dropped_and_it_belongs_to_the_case_of_its_chat(
    stage: Stage, tess: Hand
) -> None:
    await file_with_push(stage, tess)
    (case,) = {one.case for one in opened(stage.house)}
    breaks(tess)
    await settled(stage)
    (kept,) = [one for one in opened(stage.house) if one.payload.get("unread")]
    assert (kept.case, kept.compartment, kept.payload["text"]) == (case, "content", WORDS)
    assert counts(stage.house)["case"] == 1
    assert [one for one in opened(stage.house) if one.kind == "file"] == []
    for what in (CANARY, "tess_4471"):
        assert what not in everything(stage)
    assert str(tess.chat.chat_id) not in str(kept.payload)
    with stage.house.database.read() as session:
        assert "unparsed" in session.scalars(select(Notice.kind)).all()


async def test_a_chat_without_a_case_begins_one_that_can_be_answered(stage: Stage, tess: Hand) -> None:
    breaks(tess)
    await settled(stage)
    assert said(tess)[-1].startswith("Получено, но программа поняла не всё.")
    phones.write(tess, "а это словами")
    await tap(tess, "menu")
    await tap(tess, "now")
    await settled(stage)
    assert stage.texts() == sorted(["а это словами", WORDS])
    assert counts(stage.house)["case"] == 1
    assert [one.kind for one in opened(stage.house) if one.kind in ("courier", "chat")]


async def test_it_is_erased_and_leaves_the_chat_with_everything_else(stage: Stage, tess: Hand) -> None:
    await file_with_push(stage, tess)
    number = breaks(tess)
    await settled(stage)
    phones.write(tess, "/menu")
    await tap(tess, "erase")
    await tap(tess, "erase.yes")
    await settled(stage)
    await until(lambda: counts(stage.house)["case"] == 0)
    await until(lambda: tess.chat.posts[number].deleted_by == "bot")
    assert opened(stage.house) == []


async def test_its_file_is_fetched_later(stage: Stage, tess: Hand) -> None:
    upload = Upload("a.bin", "", b"x" * 40)
    media = put_media(stage.emulator.world, tess.bot, "document", upload, {})
    breaks(tess, **media)
    await until(lambda: [one for one in opened(stage.house) if one.payload.get("missing") == "coming"])
    stage.forward(minutes=2)
    await until(lambda: [one.content for one in opened(stage.house) if one.kind == "file"] == [b"x" * 40])
    assert media["document"]["file_id"] not in everything(stage)


async def test_what_was_asked_for_the_card_goes_onto_the_card(stage: Stage, tess: Hand) -> None:
    await file_with_push(stage, tess)
    await tap(tess, "menu")
    await tap(tess, "go.card")
    await settled(stage)
    breaks(tess)
    await settled(stage)
    kept = [(one.compartment, one.payload["text"]) for one in opened(stage.house) if "text" in one.payload]
    assert ("identity", WORDS) in kept
    assert ("content", WORDS) not in kept


async def test_a_case_that_breaks_holds_nobody_up(
    stage: Stage, tess: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_with_push(stage, tess)
    (first,) = {one.case for one in opened(stage.house)}
    real = answer.snapshot.read_case_of

    def damaged(session: Any, state: Any, house: Any) -> Any:
        found = real(session, state, house)
        if found is not None and found.id == first:
            raise LookupError
        return found

    monkeypatch.setattr(answer.snapshot, "read_case_of", damaged)
    monkeypatch.setattr(work, "FIRST_PAUSE", 0.001)
    phones.write(tess, "ломается")
    await settled(stage)
    phones.write(tess, "и дальше")
    await settled(stage)
    with stage.house.database.read() as session:
        (second,) = set(session.scalars(select(Case.id))) - {first}
    assert {
        one.case for one in opened(stage.house) if one.payload.get("text") in ("ломается", "и дальше")
    } == {second}


async def test_a_tap_that_breaks_is_noted_and_begins_nothing(stage: Stage, tess: Hand) -> None:
    await file_with_push(stage, tess)
    before = len(posts(tess))
    chat = {"id": tess.chat.chat_id, "type": "private"}
    query = {"id": 7, "from": {"id": "x"}, "data": ["4471"], "message": {"chat": chat, "text": CANARY}}
    tess.bot.queue.put_raw({"callback_query": query})
    await settled(stage)
    (kept,) = [one.payload for one in opened(stage.house) if one.payload.get("unread")]
    assert (kept["form"], kept["text"]) == ("tap", "")
    assert counts(stage.house)["case"] == 1
    assert CANARY not in everything(stage)
    assert len(posts(tess)) == before


async def test_the_alarm_word_in_it_severs_as_it_does_anywhere(stage: Stage, tess: Hand) -> None:
    """No line may reach whoever holds the phone, and nothing on the screen tells that it was more."""
    await file_with_push(stage, tess)
    phones.write(tess, "/menu")
    for step in ("more", "go.chk", "a.ask"):
        await tap(tess, step)
    phones.write(tess, "гречка")
    await until(lambda: [one for one in opened(stage.house) if one.payload.get("alarm")])
    breaks(tess, poll={"question": "Гречка"})
    await settled(stage)
    kinds = [one.kind for one in opened(stage.house)]
    assert "alarm" in kinds
    assert "courier" not in kinds
    assert said(tess)[-1].startswith("Убираю всё")
