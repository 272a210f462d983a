"""However much there is of something, a page stays below a hundred kilobytes, and leads to all the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from casework import rows
from casework.database import Database
from casework.tables import Case, Published
from desk.reading import Said
from desk.turning import stretch
from tests.deskhouse import Browser, DeskHouse, open_desk

LIMIT = 100_000  # bytes


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def said(text: str) -> Said:
    return Said(b"", "message", "tipster", date(2026, 3, 10), "", text, None, None, {})


def turned(one: Browser, path: str, link: str) -> list[str]:
    """Return a page and all that it leads to by *link*, each of them small."""
    pages: list[str] = []
    while path:
        pages.append(one.page(path))
        assert len(pages[-1].encode()) < LIMIT, (path, len(pages[-1].encode()))
        found = re.search(link, pages[-1])
        path = found[1] if found else ""
        assert len(pages) < 50
    return pages


def test_two_hundred_long_messages_are_read_in_stretches_that_leave_none_out(desk: DeskHouse) -> None:
    wordy = "Командир «обещал» & грозил: <список> подписали все, кто был на месте. " * 8
    told = tuple(f"Сообщение {n:03}. {wordy}" for n in range(1, 200))
    where = f"/case/{desk.file_case(assignee='alice', text=f'Сообщение 000. {wordy}', more=told).hex()}"
    alice = desk.sign_in("alice")
    assert alice.do(where, f"{where}/accept", second="bob").status_code == 303
    pages = turned(alice, where, rf'href="({where}\?until=\d+)"')
    assert len(pages) > 2
    assert 'id="text"' in pages[0], "the answer is written below the latest"
    seen = [re.findall(r"Сообщение (\d{3})\.", page) for page in pages]
    assert [one for some in reversed(seen) for one in some] == [f"{n:03}" for n in range(200)]
    assert f'href="{where}">To the latest' in pages[-1] and "To the latest" not in pages[0]
    for odd in ("0", "9999", "-1", "x"):
        assert alice.page(f"{where}?until={odd}").count("Сообщение") == pages[0].count("Сообщение")


def test_a_stretch_is_never_empty_and_ends_where_it_is_asked_to() -> None:
    talk = [said("я" * 30_000), said("коротко"), said("я" * 40_000)]
    assert (stretch(talk).at, stretch(talk).end) == (2, 3)
    assert (stretch(talk, "2").at, stretch(talk, "2").end) == (1, 2)
    assert (stretch(talk, "1").at, stretch([]).total) == (0, 0)
    assert stretch(talk, room=1_000_000).at == 0


def test_long_lists_are_turned_over_page_by_page(desk: DeskHouse) -> None:
    """Three hundred ended cases, two hundred entries: each stands on one page; an act leads back there."""
    batch, day = rows.Rows(), desk.house.now.date()
    for n in range(300):
        batch.add(
            Case, id=n.to_bytes(16), kind="legal", team="legal", status="closed", urgency="normal",
            language="ru", opened=day, touched=day, erase_on=day + timedelta(days=9), assignee="alice",
        )  # fmt: skip
    for n in range(200):
        entry = f"{n:010}".translate(str.maketrans("01", "ab"))
        batch.add(Published, public_id=entry, digest=bytes(32), day=day, state="published")
    with desk.house.database.write() as session:
        rows.write(session, [batch])
    olga = desk.sign_in("olga")
    later = r'href="({}\?\w+=\d+)#\w+">Further'
    kept = turned(olga, "/keeping", later.format("/keeping"))
    assert len({one for page in kept for one in re.findall(r"/keeping/([0-9a-f]{32})/hold", page)}) == 300
    public = turned(olga, "/published", later.format("/published"))
    assert len({one for page in public for one in re.findall(r"/published/(\w+)/take-down", page)}) == 200
    where = re.findall(r"/keeping/[0-9a-f]{32}/hold", kept[1])[0]
    done = olga.do("/keeping?cases=80", where, what="hold")
    assert (done.status_code, done.headers["location"]) == (303, "/keeping?cases=80#cases")
