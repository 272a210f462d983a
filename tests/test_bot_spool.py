"""The spool: all of a batch or nothing, each update once, and never a word in clear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import raw, spool
from bot.spool import AlreadyWorkedError, Spool
from bot.writer import Writer
from casework.database import Database
from casework.strongbox import Strongbox
from casework.tables import Spool as SpoolRow
from tests.house import NOON

CANARY = "канарейка-7731"


def _update(number: int, chat: int = 41, text: str = CANARY) -> dict[str, Any]:
    message = {"message_id": number, "chat": {"id": chat, "type": "private"}, "text": text}
    return {"update_id": number, "message": message}


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[tuple[Spool, Writer, Strongbox]]:
    strongbox = Strongbox.create(tmp_path / "state", tmp_path / "runtime", NOON)
    with Writer(database) as writer:
        yield Spool(database, writer, strongbox, lambda: NOON), writer, strongbox


async def test_an_update_seen_before_is_not_taken_again(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, writer, _box = house
    assert [a.number for a in await mine.take([_update(7), _update(8)])] == [7, 8]
    assert [a.number for a in await mine.take([_update(8), _update(9), _update(9)])] == [9]
    await writer.do(lambda session: spool.finish(session, 7))
    assert await mine.take([_update(7)]) == []


async def test_numbers_that_restart_lower_are_taken(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, _writer, _box = house
    await mine.take([_update(900_000)])
    assert [a.number for a in await mine.take([_update(5)])] == [5]


async def test_one_chat_is_one_lane_whatever_happens_in_it(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, _writer, _box = house
    tap = {"update_id": 3, "callback_query": {"id": "1", "from": {"id": 41}, "data": "x"}}
    first, second, other = await mine.take([_update(1), tap, _update(4, chat=42)])
    assert first.lane == second.lane != other.lane


async def test_what_a_crash_left_is_found_in_its_order(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, writer, box = house
    await mine.take([_update(2), _update(1, chat=9)])
    box.add("spool", NOON + timedelta(days=1))  # a night between
    await mine.take([_update(3)])
    await writer.do(lambda session: spool.finish(session, 2))
    left = mine.waiting()
    assert [a.number for a in left] == [1, 3]
    opened = mine.read(1)
    assert opened is not None
    assert opened.body == _update(1, chat=9)


async def test_an_update_is_finished_once(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, writer, _box = house
    await mine.take([_update(1)])
    await writer.do(lambda session: spool.finish(session, 1))
    with pytest.raises(AlreadyWorkedError):
        await writer.do(lambda session: spool.finish(session, 1))
    assert mine.read(1) is None


async def test_mallory_finds_no_word_and_no_chat_in_the_rows(
    database: Database, house: tuple[Spool, Writer, Strongbox]
) -> None:
    mine, writer, _box = house
    await mine.take([_update(1, chat=5550123456)])
    with database.read() as session:
        row = session.scalars(select(SpoolRow)).one()
    assert row.locked is not None
    for clear in (CANARY, "5550123456", "text"):
        assert clear.encode() not in row.locked
    await writer.do(lambda session: spool.finish(session, 1))
    with database.read() as session:
        done = session.scalars(select(SpoolRow)).one()
    assert (done.locked, done.tag, done.taken, done.spool) == (None, None, None, None)


async def test_an_update_nobody_can_open_is_kept_and_named(house: tuple[Spool, Writer, Strongbox]) -> None:
    mine, _writer, box = house
    await mine.take([_update(1)])
    box.add("spool", NOON)
    box.families["spool"].drop(1)
    assert [a.number for a in mine.waiting()] == [1]
    opened = mine.read(1)
    assert opened is not None
    assert opened.body is None
    assert opened.raw


async def test_only_numbers_of_long_ago_are_forgotten(
    database: Database, house: tuple[Spool, Writer, Strongbox]
) -> None:
    mine, writer, box = house
    await mine.take([_update(1), _update(2)])
    await writer.do(lambda session: spool.finish(session, 1))
    for days, left in ((7, {1, 2}), (9, {2})):
        later = NOON + timedelta(days=days)
        await Spool(database, writer, box, lambda later=later: later).reap()  # type: ignore[misc]
        with database.read() as session:
            assert set(session.scalars(select(SpoolRow.update_id))) == left


@pytest.mark.parametrize(
    "update",
    [{}, {"update_id": True}, {"update_id": "7"}, {"update_id": 1, "message": 5}, {"message": {"chat": 1}}],
)
def test_odd_updates_have_no_chat_and_break_nothing(update: dict[str, Any]) -> None:
    assert raw.chat_of(update) is None
