"""A long file comes in by parts: never whole in memory, never in clear on the disk, whole or not at all."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot import fetch
from bot.emulator import phones
from bot.emulator.params import Upload
from bot.telegram import FILE_LIMIT, TooLargeError, Transport
from casework import keys, rows
from casework.database import Database
from casework.spill import PART, Spill
from casework.tables import Chunk, Item
from crypto.errors import TamperedError
from tests.cases import put
from tests.house import NOON, House
from tests.hubs import opened, until
from tests.stage import CANARY, Stage, said, settled, staged

LONG = CANARY.encode() * 40_000  # 720 kB


@pytest.fixture
async def stage(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(sqlite_database, tmp_path) as made:
        yield made


def _files(stage: Stage) -> list[bytes | None]:
    return [one.content for one in opened(stage.house) if one.kind == "file"]


async def test_a_line_that_breaks_in_the_middle_leaves_nothing_and_the_file_comes_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "AGAIN", 0.01)
    stage.emulator.world.faults.order({"kind": "cut", "method": "download", "times": 2})
    async with stage.hub():
        phones.send_file(stage.phone(), "video", Upload("a.mp4", "video/mp4", LONG))
        await settled(stage)
    assert _files(stage) == [LONG]
    with stage.house.database.read() as session:
        owners = set(session.scalars(select(Chunk.owner)))
        assert owners == set(session.scalars(select(Item.id).where(Item.kind == "file")))


async def test_at_a_thousand_bytes_a_second_the_words_go_first_and_nobody_else_waits(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", timedelta(0))
    monkeypatch.setattr(fetch, "QUEUED_LATE", 0.05)
    monkeypatch.setattr(fetch, "AT_LEAST", 0.5)
    stage.emulator.world.faults.order({"kind": "slow", "method": "download", "times": None, "rate": 1000})
    async with stage.hub():
        senders = [stage.phone() for _ in range(3)]
        for tess in senders:
            phones.send_file(tess, "video", Upload("a.mp4", "video/mp4", LONG))
            phones.write(tess, "слова")
        # Less than a tenth of what one file would take.
        await until(lambda: stage.texts().count("слова") == 3)
        for tess in senders:
            await until(lambda tess=tess: any("пока не отдал" in line for line in said(tess)))
        stage.emulator.world.faults.cancel()
        stage.forward(hours=1)
        await until(lambda: len(_files(stage)) == 3)
        await settled(stage)
    assert _files(stage) == [LONG] * 3


async def _fetch(pieces: Iterator[bytes], folder: Path, size: int | None = None) -> bytes | Spill:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=stream())

    here = Transport(1, None, httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    try:
        return await here.download("https://telegram.invalid/file", size, folder)
    finally:
        await here.shutdown()


async def test_twenty_megabytes_cost_a_few_of_memory_until_they_are_committed(
    sqlite_house: House, tmp_path: Path
) -> None:
    house, batch = sqlite_house, rows.Rows()
    with house.database.write() as session:
        owner = put(session, house)
    case = keys.make(owner, keys.CONTENT, 7)
    pieces, piece = FILE_LIMIT // 65_536, os.urandom(65_536)
    tracemalloc.start()
    try:
        content = await _fetch((piece for _ in range(pieces)), tmp_path, FILE_LIMIT)
        keys.seal_file(
            batch, keys.public(case), kind="file", author="tipster", head={"name": "a"}, content=content,
            day=NOON.date(), signing=house.strongbox.signing,
        )  # fmt: skip
        with house.database.write() as session:
            rows.write(session, [batch])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * 2**20
    with house.database.read() as session:
        item = session.scalars(select(Item).where(Item.kind == "file")).one()
        head = keys.open_item(item, case.identity, house.roster)
        assert keys.open_content(session, item, case.identity, head[keys.DIGEST]) == piece * pieces
        assert item.chunks == len(session.scalars(select(Chunk.n)).all())


async def test_a_file_without_an_end_is_given_up_at_the_limit(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        await _fetch((bytes(65_536) for _ in range(10**6)), tmp_path)


def test_what_lies_on_the_disk_has_no_name_and_no_word(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    spill.write(LONG)
    spill.end()
    assert list(tmp_path.iterdir()) == []
    lies = os.pread(spill._file.fileno(), 2 * len(LONG), 0)
    assert len(lies) > len(LONG)
    assert CANARY.encode() not in lies
    assert b"".join(spill.parts()) == b"".join(spill.parts()) == LONG
    assert spill.ends(9) == (LONG[:9], LONG[-9:])
    os.pwrite(spill._file.fileno(), b"\0", PART + 100)
    with pytest.raises(TamperedError):
        list(spill.parts())
