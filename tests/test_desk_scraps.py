"""What is typed into a case and not sent comes back to its writer alone, and goes when it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import select

from casework import erasure, keys, scraps
from casework.actors import HUB, Actor
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.rows import Rows, write
from casework.tables import Case, Item, JournalRow
from tests.browser import chromium
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_looks import Served, serving, watch

CAST = {"alice": {"lawyer"}, "bob": {"lawyer"}, "dora": {"lawyer"}, "frank": {"consultant"}}
WORDS, NOTED = "Слова, которых жаль: канарейка.", "Заметка, которой жаль: щегол."


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST) as opened:
        yield opened


def taken(desk: DeskHouse, alice: Browser, second: str = "bob") -> tuple[bytes, str]:
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    assert alice.do(where, f"{where}/accept", second=second).status_code == 303
    return case, where


def types(who: Browser, where: str, field: str, words: str) -> int:
    """Type into a field and wait a moment, as the script of the page does."""
    form = who.form(where, f"{where}/note")
    told = {"csrf": form["csrf"], "once": form["once"], "field": field, "words": words}
    return who.post(f"{where}/scrap", told).status_code


def lying(desk: DeskHouse, case: bytes) -> set[str]:
    with desk.house.database.read() as session:
        return set(
            session.scalars(select(Item.kind).where(Item.case == case, Item.kind.in_(scraps.KINDS.values())))
        )


def test_words_not_sent_come_back_to_their_writer_alone_and_go_when_they_are_sent(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    case, where = taken(desk, alice)
    answer = alice.get(where)
    assert "script-src http://desk.test/static/keep.js;" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.text.count("<script") == 1
    with desk.house.database.read() as session:
        version = session.get_one(Case, case).version
        acts = len(session.scalars(select(JournalRow)).all())
    assert types(alice, where, "text", "Первое") == 200
    assert types(alice, where, "text", WORDS) == 200
    assert types(alice, where, "note", NOTED) == 200
    with desk.house.database.read() as session:
        kept = session.scalars(select(Item).where(Item.case == case, Item.kind.like("scrap%"))).all()
        assert len(kept) == 2
        assert session.get_one(Case, case).version == version
        assert len(session.scalars(select(JournalRow)).all()) == acts
    # The machine died: another session, without a key of the first.
    desk.app.state.desk.sessions.end_of("alice")
    alice = desk.sign_in("alice")
    page = alice.page(where)
    assert WORDS in page
    assert NOTED in page
    assert WORDS in alice.page(f"{where}/answer")
    bob = desk.sign_in("bob")
    for read in (where, f"{where}/answer"):
        theirs = bob.page(read)
        assert "канарейка" not in theirs
        assert "щегол" not in theirs
    assert alice.do(where, f"{where}/reply", text=WORDS, mode="reply").status_code == 303
    assert lying(desk, case) == {"scrap-note"}
    assert NOTED in alice.page(where)
    assert alice.do(where, f"{where}/note", note=NOTED).status_code == 303
    assert lying(desk, case) == set()
    assert types(alice, where, "text", WORDS) == 200
    assert types(alice, where, "text", "") == 200
    assert lying(desk, case) == set()


def test_what_was_previewed_is_sent_and_what_was_typed_since_stays(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    case, where = taken(desk, alice)
    assert types(alice, where, "text", WORDS) == 200
    assert alice.do(f"{where}/answer", f"{where}/answer", text="Прочитанное.").status_code == 303
    assert lying(desk, case) == set()
    assert types(alice, where, "text", WORDS) == 200
    page = alice.page(f"{where}/answer")
    assert WORDS in page
    assert "Прочитанное." in page
    sent = alice.form(f"{where}/answer", f"{where}/reply")
    assert alice.post(f"{where}/reply", {**sent, "text": "Прочитанное.", "mode": "reply"}).status_code == 303
    assert WORDS in alice.page(where)
    erasure.erase(
        desk.house.database, desk.house.strongbox, case, by=Actor(HUB, 0, desk.house.strongbox.signing),
        now=desk.house.now, mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
    )  # fmt: skip
    assert lying(desk, case) == set()


def test_mallory_and_a_colleague_on_the_case_read_and_plant_no_scrap(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    case, where = taken(desk, alice)
    assert types(alice, where, "text", WORDS) == 200
    house, bob = desk.house, desk.house.staff["bob"]
    with house.database.read() as session:
        row = session.scalars(select(Item).where(Item.case == case, Item.kind == "scrap-answer")).one()
        assert WORDS.encode() not in (row.sealed or b"")
    # Bob holds the case's key: what it opens is sealed once more, to Alice.
    opened = desk.app.state.desk.sessions.living(house.now)[0].opened
    outer = keys.open_item(row, opened[case, keys.CONTENT, row.generation])
    assert "канарейка" not in str(outer)
    assert scraps.read([(row, outer)], "text", "alice", bob.identity) == ""
    assert scraps.read([(row, outer)], "text", "alice", house.staff["alice"].identity) == WORDS
    # He seals words of his own to her and signs; they are not hers.
    with house.database.write() as session:
        scraps.drop(session, case, "text", "alice")
        key = keys.current(session, case, keys.CONTENT, house.staffing().hands, house.roster)
        assert key is not None
        rows, alices = Rows(), house.staff["alice"].identity.recipient
        keys.seal_item(
            rows, key, kind="scrap-answer", author="alice", day=house.now.date(), signing=bob.signing,
            payload=dict(scraps.payload(case, "text", "alice", "Подброшено.", alices)),
        )  # fmt: skip
        write(session, [rows])
    assert "Подброшено" not in alice.page(where)


def test_nobody_keeps_words_in_a_case_that_is_not_theirs(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    case, where = taken(desk, alice)
    dora = desk.sign_in("dora")
    own = dora.form("/account", "/account/duty")
    for field, words, status in (("text", WORDS, 404), ("note", "", 404)):
        told = {"csrf": own["csrf"], "once": f"n{field}", "field": field, "words": words}
        assert dora.post(f"{where}/scrap", told).status_code == status
    assert types(alice, where, "cover", WORDS) == 422
    assert types(alice, where, "text", "ы" * 4001) == 422
    assert alice.do(where, f"{where}/close", outcome="helped").status_code == 303
    form = alice.form("/account", "/account/duty")
    late = {"csrf": form["csrf"], "once": "late", "field": "text", "words": WORDS}
    assert alice.post(f"{where}/scrap", late).status_code == 403
    assert lying(desk, case) == set()


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[Served]:
    with serving(sqlite_database, tmp_path, detectors) as found:
        yield found


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    async with chromium() as started:
        yield started


@pytest.mark.browser
async def test_words_are_kept_while_they_are_typed_and_before_another_button_works(
    browser: Chromium, served: Served
) -> None:
    case = f"/case/{served.desk.file_case(assignee='alice').hex()}"
    alice = await served.sign_in(browser, "alice", scripts=True)
    strange = watch(alice, served.url)
    await alice.goto(served.url + case)
    async with alice.expect_navigation():
        await alice.click("form[action$='/accept'] button")
    await alice.fill("#text", WORDS)
    await alice.wait_for_selector("form.write .kept:has-text('Сохранено само')")
    await alice.click("summary:has-text('Заметка')")
    await alice.fill("#note", NOTED)
    # Another form of the page, at once: what was typed is kept first.
    await alice.select_option("#card-reason", "contact")
    await alice.click("form[action$='/card'] button")
    await alice.wait_for_url("**/card")
    await alice.goto(served.url + case)
    assert await alice.input_value("#text") == WORDS
    assert await alice.input_value("#note") == NOTED
    await alice.click("form.write button[value=reply]")
    await alice.wait_for_selector(".bubble.ours")
    assert await alice.input_value("#text") == ""
    assert await alice.input_value("#note") == NOTED
    assert strange == []
