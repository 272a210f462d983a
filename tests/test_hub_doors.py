"""A house with two bots: what one door began another ends, and a shut door shuts nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import health as healths
from bot.doors import Doors
from bot.emulator import phones
from bot.emulator.params import Upload
from bot.emulator.phones import Hand
from bot.emulator.world import Bot
from bot.rows import DEADLINE
from bot.telegram import Endpoint, build
from casework.database import Database
from casework.tables import Case
from tests.hubs import TOKEN, counts, opened, until
from tests.stage import CANARY, Stage, file_with_push, posts, reply, said, staged, state_of, tap

SECOND = "7770002:practice-token-of-the-second-door"
BOTH = (TOKEN, SECOND)


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path) as made:
        made.emulator.world.add_bot(SECOND)
        yield made


def at(stage: Stage, token: str, hand: Hand | None = None) -> Hand:
    """Open the chat with the bot of *token* on a new phone, or on that of *hand*."""
    world = stage.emulator.world
    number = hand.phone.phone_id if hand else world.add_phone({"language_code": "ru"}).phone_id
    return phones.hold(world, number, int(token.partition(":")[0]))


def bot_of(stage: Stage, token: str) -> Bot:
    return stage.emulator.world.bot(int(token.partition(":")[0]))


async def quiet(stage: Stage, *tokens: str) -> None:
    """Wait until all that came in by these doors is worked and said."""

    def is_quiet() -> bool:
        heard = all(len(bot_of(stage, token).queue) == 0 for token in tokens)
        return heard and (c := counts(stage.house))["waiting"] == c["outbox"] == 0

    await until(is_quiet)


def _cases(stage: Stage) -> int:
    with stage.house.database.read() as session:
        return len(session.scalars(select(Case.id)).all())


async def test_a_case_begun_at_one_door_ends_at_the_other_once_its_token_is_revoked(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()], tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        await quiet(stage, *BOTH)
        stage.emulator.world.bots[tess.bot.bot_id].queue.renumber(1000)
        bot_of(stage, SECOND).queue.renumber(1000)  # both bots count for themselves
        phones.write(tess, "первая дверь")
        await quiet(stage, *BOTH)
        stage.emulator.world.revoke(tess.bot)
        runtime = stage.folder / "runtime"
        await until(lambda: healths.read(runtime).get("intake", {}).get("state") == "token_refused")
        # She goes to the bot whose name stands in the register, from the same account, and simply goes on.
        again = at(stage, SECOND, tess)
        phones.start(again)
        phones.write(again, "вторая дверь")
        phones.send_file(again, "document", Upload("a.txt", "text/plain", b"content"))
        await quiet(stage, SECOND)
        await tap(again, "now")
        await quiet(stage, SECOND)
        await tap(again, "menu")
        await tap(again, "go.reach")
        await tap(again, "r.push")
        await tap(again, "h.any")
        await quiet(stage, SECOND)
        item = reply(stage, f"ответ {CANARY}")
        await until(lambda: state_of(stage, item)[0] == "sent")
        await tap(again, "open")
        await until(lambda: CANARY in "".join(said(again)))
        await until(lambda: state_of(stage, item)[0] == "shown")
        await quiet(stage, SECOND)
        stage.forward(hours=2)
        await until(lambda: state_of(stage, item)[0] == "gone")
        assert CANARY not in "".join(said(again))
        phones.write(again, "/menu")
        await tap(again, "erase")
        await tap(again, "erase.yes")
        await until(lambda: _cases(stage) == 0)
        await until(lambda: len(said(again)) == 1)
        assert healths.read(runtime)["intake 2"]["state"] == "ok"


async def test_every_word_of_both_doors_is_in_one_case(stage: Stage) -> None:
    async with stage.hub(tokens=BOTH):
        tess = at(stage, TOKEN)
        for number, token in enumerate(BOTH):
            bot_of(stage, token).queue.renumber(500)
            hand = at(stage, token, tess)
            phones.start(hand)
            phones.write(hand, f"слово {number}")
            phones.send_file(hand, "document", Upload("a.txt", "text/plain", bytes([65 + number]) * 9))
            await quiet(stage, *BOTH)
            assert any("Получено" in line for line in said(hand))
    assert stage.texts() == ["слово 0", "слово 1"]
    assert {one.content for one in opened(stage.house) if one.kind == "file"} == {b"A" * 9, b"B" * 9}
    assert _cases(stage) == 1


async def test_a_phrase_from_one_door_opens_at_another_from_another_phone(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()], tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        phones.write(tess, "одно")
        await tap(tess, "now")
        phones.write(tess, "/menu")
        await tap(tess, "go.phrase")
        await tap(tess, "p.show")
        await until(lambda: any("Ваша фраза" in line for line in said(tess)))
        words = re.findall(r"\d+\. (\S+)", next(line for line in said(tess) if "Ваша фраза" in line))
        await quiet(stage, *BOTH)
        stage.emulator.world.revoke(tess.bot)
        other = at(stage, SECOND)
        phones.start(other)
        phones.write(other, " ".join(words))
        await until(lambda: any("Ответа пока нет" in line for line in said(other)))
        await quiet(stage, SECOND)
        phones.write(other, "это снова я")
        await quiet(stage, SECOND)
    assert stage.texts() == ["одно", "это снова я"]
    assert _cases(stage) == 1


async def test_an_answer_for_a_shut_door_rings_at_the_one_the_person_opened(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()], tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        await quiet(stage, *BOTH)
        await file_with_push(stage, tess)
        again = at(stage, SECOND, tess)
        phones.start(again)
        await quiet(stage, *BOTH)
        stage.emulator.world.revoke(tess.bot)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item)[0] == "sent")
        assert "Вас ждёт ответ." in said(again)


async def test_an_answer_nobody_can_be_told_of_yet_waits_and_is_not_given_up(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()], tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        await quiet(stage, *BOTH)
        await file_with_push(stage, tess)
        stage.emulator.world.revoke(tess.bot)
        item = reply(stage, "ответ")
        await until(lambda: "unreachable" in str(healths.read(stage.folder / "runtime").get("outbox")))
        assert state_of(stage, item)[0] == "sealed"
        again = at(stage, SECOND, tess)
        phones.start(again)
        await until(lambda: state_of(stage, item)[0] == "sent")
        assert "Вас ждёт ответ." in said(again)


async def test_whoever_blocked_one_bot_is_answered_by_the_other(stage: Stage) -> None:
    async with stage.hub(ticks=[stage.ringing()], tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        await quiet(stage, *BOTH)
        await file_with_push(stage, tess)
        phones.block(tess)
        await quiet(stage, *BOTH)
        item = reply(stage, "ответ")
        await until(lambda: state_of(stage, item) == ("failed", "blocked"))
        again = at(stage, SECOND, tess)
        phones.start(again)
        await until(lambda: state_of(stage, item)[0] == "sent")
        assert "Вас ждёт ответ." in said(again)


async def test_what_stands_with_a_shut_bot_holds_up_no_other_chat_and_leaves_when_it_opens(
    stage: Stage,
) -> None:
    async with stage.hub(tokens=BOTH):
        tess = at(stage, TOKEN)
        phones.start(tess)
        phones.write(tess, "у первой двери")
        again = at(stage, SECOND, tess)
        phones.start(again)
        phones.write(again, "у второй двери")
        await quiet(stage, *BOTH)
        stage.emulator.world.revoke(tess.bot)
        stage.forward(seconds=(DEADLINE - timedelta(minutes=1)).total_seconds())
        phones.write(again, "/clear")
        await until(lambda: all(p.deleted_by == "bot" for p in posts(again) if p.side == "phone"))
        assert all(p.deleted_by is None for p in posts(tess))
        stage.emulator.world.add_bot(TOKEN)  # the same bot with a token again
        stage.forward(minutes=2)
        await until(lambda: all(p.deleted_by == "bot" for p in posts(tess)))


def test_no_bot_is_two_doors_of_one_house() -> None:
    doors = [build(token, Endpoint("http://127.0.0.1:9")) for token in (TOKEN, TOKEN[:-1])]
    with pytest.raises(ValueError, match="no bot twice"):
        Doors(*doors)
