"""Searching in memory: what finds, what does not, and that nothing of it is written anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casework import likeness
from casework.database import Database
from desk import finding, shelving
from desk import visit as visits
from desk.pages import queue
from desk.shelf import Shelf
from tests.deskhouse import Browser, DeskHouse, open_desk

A, B = b"a" * 16, b"b" * 16


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def found(one: Browser, query: str, **filters: str) -> str:
    return one.do("/search", "/search", query=query, **filters).text


def shelf(**texts: str) -> Shelf:
    made = Shelf()
    for n, text in enumerate(texts.values()):
        made.put(bytes([n]) * 16, b"item" + bytes([n]), text)
    return made


@pytest.mark.parametrize(
    "query",
    [
        "рапорт",
        "Рапорта",
        "РАПОРТОМ",
        "рапрот",
        "рапорт командир",
        "ещё",
        "еще",
        "+7 913 000-17-42",
        "89130001742",
    ],
)
def test_a_word_is_found_in_every_form_and_with_a_slip(query: str) -> None:
    books = shelf(
        one="Командиру подан ещё один рапорт, телефон 8 (913) 000-17-42.", other="Совсем другое дело."
    )
    assert [hit.case for hit in finding.search(books, query)] == [bytes(16)]


@pytest.mark.parametrize("query", ["", "  ", "прокурор", "рапорт прокурор", "+7 913 000-17-43", "каша"])
def test_what_is_not_there_is_not_found(query: str) -> None:
    assert finding.search(shelf(one="Командиру подан рапорт, телефон 8 (913) 000-17-42."), query) == []


def test_the_word_as_it_was_written_comes_before_a_near_one() -> None:
    books = shelf(near="Он подал рапорта.", exact="Вот рапорт.", slip="Вот рапорн.")
    assert [hit.case[0] for hit in finding.search(books, "рапорт")] == [1, 0, 2]


def test_a_case_that_leaves_takes_its_words_along() -> None:
    books = shelf(one="рапорт подан", other="рапорт порван")
    books.drop(bytes(16))
    assert [hit.case[0] for hit in finding.search(books, "рапорт")] == [1]
    assert finding.search(books, "подан") == []
    assert set(books.spread) == {"рапорт", "порван"}


def test_one_finds_what_one_may_read_and_nothing_else(desk: DeskHouse) -> None:
    mine = desk.file_case(assignee="alice", text="Порвали рапорт в Чебаркуле.")
    theirs = desk.file_case(assignee="bob", text="Порвали рапорт в Юрге.")
    tip = desk.file_case("editors", text="Порвали рапорт в Каменке.")
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    for who, case in ((alice, mine), (bob, theirs)):
        who.do(f"/case/{case.hex()}", f"/case/{case.hex()}/accept", second="")
    page = found(alice, "рапорта")
    assert mine.hex() in page
    assert "<mark>рапорт</mark>" in page
    assert theirs.hex() not in page
    assert tip.hex() not in page
    assert "Юрг" not in page


def test_what_comes_later_is_found_later_and_what_leaves_is_not(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    case = desk.file_case(assignee="bob", text="Необычное слово барсук.")
    assert case.hex() in found(alice, "барсука")
    where = f"/case/{case.hex()}"
    bob.do(where, f"{where}/accept", second="")
    assert case.hex() not in found(alice, "барсука")
    bob.do(where, f"{where}/note", note="Заметка про ежа.")
    assert case.hex() in found(bob, "ежи")


def test_parties_tasks_and_people_are_found_by_their_words_and_not_by_codes(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = f"/case/{desk.file_case(assignee='alice').hex()}"
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(f"{where}/people", f"{where}/party", role="commander", name="Выдрин", about="")
    alice.do(f"{where}/people", f"{where}/people", names="Куницын", state="withdrew")
    for query in ("Выдрин", "Куницына"):
        assert where in found(alice, query), query
    for query in ("withdrew", "commander"):
        assert where not in found(alice, query), query


def test_filters_narrow(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", text="Барсук.", urgency="now")
    alice = desk.sign_in("alice")
    assert case.hex() in found(alice, "барсук", state="new", urgency="now")
    assert case.hex() not in found(alice, "барсук", state="active")
    assert case.hex() not in found(alice, "барсук", urgency="normal")


def test_a_query_stands_in_no_address_and_no_case_is_hidden_by_its_length(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    assert alice.get("/search?query=барсук").status_code == 200
    assert "барсук" not in alice.get("/search?query=барсук").text
    assert alice.do("/search", "/search", query="слово " * 500).status_code == 200


def test_words_go_with_the_session(desk: DeskHouse) -> None:
    desk.file_case(assignee="alice", text="Барсук.")
    alice = desk.sign_in("alice")
    found(alice, "барсук")
    sessions: Any = desk.app.state["desk"].sessions
    session = sessions.find(alice.cookies["desk"], desk.house.now)
    assert session.shelf.volumes
    alice.do("/account", "/sign-out")
    assert not session.shelf.volumes


STORY = (
    "Меня зовут {name}, тел. {phone}. {day} в части {unit} командир порвал рапорт об увольнении и отправил "
    "военнослужащих на полигон без объяснений, угрожая прокуратурой, трибуналом и позором перед строем."
)


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (
            {"phone": "+7 913 000-17-42"},
            {"phone": "8(913)0001742", "name": "", "unit": "1", "day": ""},
            "person",
        ),
        ({"name": "Анна Кошкина"}, {"name": "Анны Кошкиной", "phone": "", "unit": "1", "day": ""}, "person"),
        (
            {"unit": "12345", "day": "01.03.2026"},
            {"unit": "12345", "day": "1.3.26", "name": "", "phone": ""},
            "event",
        ),
    ],
)
def test_the_same_person_or_event_is_known_again(
    one: dict[str, str], other: dict[str, str], what: str
) -> None:
    usual = {"name": "Пётр Сомов", "phone": "", "day": "", "unit": "54321"}
    mine, theirs = (likeness.traces(STORY.format(**{**usual, **facts})) for facts in (one, other))
    alike = likeness.compare(mine, theirs, 0.0)
    assert alike is not None
    assert alike.what == what


def test_a_unit_alone_a_given_name_alone_and_common_words_are_nothing() -> None:
    first = likeness.traces("Анна Кошкина из части 12345")
    assert likeness.compare(first, likeness.traces("Анна Собакина из части 12345"), 0.2) is None
    words = {f"слово{n}" for n in range(20)}
    assert likeness.overlap(words, words, dict.fromkeys(words, 100), 99) == 0
    assert likeness.overlap(words, words, dict.fromkeys(words, 2), 99) == 1
    assert likeness.overlap(set(list(words)[:3]), words, dict.fromkeys(words, 2), 99) == 0


def test_a_list_longer_than_a_page_is_turned_and_stays_light(desk: DeskHouse) -> None:
    for _ in range(queue.PAGE + 5):
        desk.file_case(assignee="bob", text="Слово.", push=False)
    alice = desk.sign_in("alice")
    first = alice.page("/queue")
    assert "5 more cases" in first
    assert len(first.encode()) < 100_000
    rest = alice.page(f"/queue?group=unaccepted&from={queue.PAGE}")
    assert rest.count('href="/case/') == 5
    assert "more case" not in rest
    assert alice.get("/queue?group=nothing&from=x").status_code == 200


def test_a_search_that_cannot_wait_says_what_it_has_not_seen(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (desk.file_case(assignee="alice", text=f"Барсук {n}.") for n in (1, 2))
    alice = desk.sign_in("alice")
    app: Any = desk.app.state["desk"]
    shelf = app.sessions.find(alice.cookies["desk"], desk.house.now).shelf
    monkeypatch.setattr(shelving, "filled_in_time", partial(shelving.filled_in_time, patience=0.01))
    with shelf.filling:
        partly = found(alice, "барсук")
    assert "still being read" in partly
    assert first.hex() not in partly
    shelving.filled(visits.in_passing(app, app.sessions.find(alice.cookies["desk"], desk.house.now)))  # type: ignore[arg-type]
    whole = found(alice, "барсук")
    assert "still being read" not in whole
    assert first.hex() in whole
    assert second.hex() in whole


def test_once_the_list_was_shown_the_desk_reads_ahead(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", text="Барсук.")
    alice = desk.sign_in("alice")
    alice.page("/queue")
    session = desk.app.state["desk"].sessions.find(alice.cookies["desk"], desk.house.now)
    until = time.monotonic() + 60
    while case not in session.shelf.owner.copy().values():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_nothing_is_read_for_a_session_that_is_over(desk: DeskHouse) -> None:
    desk.file_case(assignee="alice", text="Барсук.")
    alice = desk.sign_in("alice")
    app: Any = desk.app.state["desk"]
    session = app.sessions.find(alice.cookies["desk"], desk.house.now)
    visit, shelf = visits.in_passing(app, session), session.shelf
    assert visit is not None

    def sign_out() -> bool:
        session.forget()
        return False

    assert not shelving.fill(visit, shelf, sign_out)
    assert not shelf.owner
    assert not session.opened
