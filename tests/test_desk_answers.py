"""Answers from dated templates: to one as the phone shows it, to many with a minute to take them back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import answers, escalation, keys
from casework.actors import HUB, Actor
from casework.answers import Answer, UnfilledError
from casework.database import Database
from casework.post import cut
from casework.rows import Rows, write
from casework.tables import Case, Grant, Item, JournalRow, Notice, Push
from desk import sending
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.house import CAST
from tests.test_desk_rewrapping import passes
from tests.test_succession import renew, suspend

STAFF = {**CAST, "vera": {"consultant"}}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, STAFF) as opened:
        yield opened


def taken(desk: DeskHouse, alice: Browser, second: str = "bob", **how: str) -> str:
    where = f"/case/{desk.file_case(assignee='alice', **how).hex()}"
    assert alice.do(where, f"{where}/accept", second=second).status_code == 303
    return where


def replies(desk: DeskHouse) -> int:
    with desk.house.database.read() as session:
        return len(session.scalars(select(Item).where(Item.kind == "reply")).all())


def state(desk: DeskHouse) -> object:
    return desk.app.state["desk"]


def ticks(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('type="checkbox" name="case" value="')[1:]]


def confirm(alice: Browser, template: str, cases: list[str]) -> int:
    where = f"/answers?template={template}"
    fields = {**alice.form(where, "/answers"), "template": template}
    return alice.post("/answers", {**fields, "case": cases}).status_code  # type: ignore[dict-item]


def hear(desk: DeskHouse, where: str) -> None:
    """Let the tipster of a case write once more."""
    house, case = desk.house, bytes.fromhex(where[6:])
    rows = Rows()
    with house.database.write() as session:
        key = keys.current(session, case, keys.CONTENT, house.staffing().hands, house.roster)
        assert key is not None
        keys.seal_item(
            rows, key, kind="message", author="tipster", payload={"text": "Уже увезли."},
            day=house.now.date(), signing=house.strongbox.signing,
        )  # fmt: skip
        write(session, [rows])


def test_thirty_are_answered_at_once_after_a_minute_in_which_all_can_be_taken_back(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    wheres = [taken(desk, alice) for _n in range(4)]
    page = alice.page("/answers?template=details")
    assert all(where[6:] in page for where in wheres) and page.count("Прошу помощи") == 4
    assert "Law as of 31 Dec 2024" in page and "no lawyer has checked this yet" in page
    chosen = ticks(page)[:3]
    assert confirm(alice, "details", chosen) == 303
    assert "3 answers go out" in alice.page("/answers")
    assert (sending.send_due(state(desk)), replies(desk)) == (0, 0)  # type: ignore[arg-type]
    batch = alice.page("/answers").split('name="batch" value="')[1].split('"')[0]
    assert alice.do("/answers", "/answers/undo", batch=batch).status_code == 303
    desk.house.now += 2 * MINUTE
    assert (sending.send_due(state(desk)), replies(desk)) == (0, 0)  # type: ignore[arg-type]
    assert all("Not sent" not in alice.page(where) for where in wheres)
    assert confirm(alice, "details", ticks(alice.page("/answers?template=details"))[:3]) == 303
    left_out = next(where for where in wheres if "Какие дни назначены" in alice.page(where))
    hear(desk, left_out)
    desk.house.now += MINUTE
    page = alice.page("/answers")
    assert "2 answers went out" in page
    assert f"{left_out[6:9]}-{left_out[9:12]}".upper() in page
    assert replies(desk) == 2
    with desk.house.database.read() as session:
        assert len(session.scalars(select(Push)).all()) == 2
        assert list(session.scalars(select(JournalRow.act))).count("bulk-reply") == 2
    sent = next(where for where in wheres if "from template details.ru@1" in alice.page(where))
    assert "Not sent" not in alice.page(sent)


def test_an_alarm_raised_within_the_minute_keeps_the_answer_back(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    assert confirm(alice, "details", ticks(alice.page("/answers?template=details"))) == 303
    house, rows = desk.house, Rows()
    with house.database.write() as session:
        key = keys.current(
            session, bytes.fromhex(where[6:]), keys.CONTENT, house.staffing().hands, house.roster
        )
        assert key is not None
        signing = house.strongbox.signing
        keys.seal_item(
            rows, key, kind="alarm", author="hub", payload={}, day=house.now.date(), signing=signing
        )
        write(session, [rows])
    house.now += 2 * MINUTE
    assert (sending.send_due(state(desk)), replies(desk)) == (0, 0)  # type: ignore[arg-type]


def test_nobody_elses_batch_can_be_taken_back_and_the_suspended_send_nothing(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    taken(desk, alice)
    assert confirm(alice, "taken", ticks(alice.page("/answers?template=taken"))) == 303
    batch = alice.page("/answers").split('name="batch" value="')[1].split('"')[0]
    tokens = bob.form("/account", "/account/duty")
    assert bob.post("/answers/undo", {**tokens, "batch": batch}).status_code == 409
    desk.house.revoke("alice")
    desk.house.now += 2 * MINUTE
    assert (sending.send_due(state(desk)), replies(desk)) == (0, 0)  # type: ignore[arg-type]


def test_a_forged_or_stale_tick_stops_the_whole_batch(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    mine, theirs = taken(desk, alice), taken(desk, bob, second="")
    [tick] = ticks(alice.page("/answers?template=taken"))
    assert confirm(alice, "taken", [tick, f"{theirs[6:]}.2"]) == 404
    assert confirm(alice, "taken", ["x"]) == 422
    alice.do(mine, f"{mine}/note", note="раньше")
    assert confirm(alice, "taken", [tick]) == 409
    assert alice.get("/answers").status_code == 200 and "go out" not in alice.page("/answers")


def test_unsent_words_survive_sealed_and_are_shown_as_the_phone_will(desk: DeskHouse, tmp_path: Path) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    text = "Слово канарейка. " * 150
    assert alice.do(f"{where}/answer", f"{where}/answer", text=text).status_code == 303
    page = alice.page(f"{where}/answer")
    shown = page.split('<div class="phone"')[1].split("</div>")[0]
    assert shown.count("<p>") == len(cut(text.strip())) == 2
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "канарейка".encode() not in disk
    # Another day, another session: the words are still there, until they are sent.
    assert (
        "Слово канарейка." in desk.sign_in("alice").page(where).split('id="text"')[1].split("</textarea>")[0]
    )
    bob = desk.sign_in("bob")
    assert "Not sent" in bob.page(where)
    assert alice.do(where, f"{where}/reply", text="Готово.", mode="reply").status_code == 303
    assert "Not sent" not in bob.page(where)


def test_a_template_with_a_deadline_is_only_for_a_case_that_has_one(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    page = alice.page(f"{where}/answer")
    assert "This template needs a deadline" in page
    alice.do(f"{where}/work", f"{where}/deadline", kind="court", day="2026-03-20", source="повестка")
    page = alice.page(f"{where}/answer")
    assert "суд, срок 20 мар. 2026" in page
    sent = alice.do(f"{where}/answer", f"{where}/answer/template", template="deadline")
    assert sent.status_code == 303
    assert "суд, срок 20 мар. 2026" in alice.page(where)


def test_a_consultant_reads_content_answers_from_templates_and_passes_up(desk: DeskHouse) -> None:
    alice, vera = desk.sign_in("alice"), desk.sign_in("vera")
    where = taken(desk, alice)
    assert vera.get(where).status_code == 404
    assert where not in vera.page("/queue")
    assert alice.do(where, f"{where}/lend", to="bob").status_code == 403
    assert alice.do(where, f"{where}/lend", to="vera").status_code == 303
    page = vera.page(where)
    assert "Прошу помощи" in page and 'id="text"' not in page
    assert where in vera.page("/queue")
    for part in ("card", "people", "papers"):
        assert vera.get(f"{where}/{part}").status_code == 403, part
    assert vera.get(f"{where}/work").status_code == 200
    case = bytes.fromhex(where[6:])
    with desk.house.database.read() as session:
        held = select(Grant.compartment).where(Grant.owner == case, Grant.staff == "vera")
        assert set(session.scalars(held)) == {"content"}
    tokens = {**vera.form(where, f"{where}/note"), "text": "своими словами", "mode": "reply"}
    assert vera.post(f"{where}/reply", {**tokens, "once": "own"}).status_code == 403
    assert vera.do(f"{where}/answer", f"{where}/answer/template", template="taken").status_code == 303
    assert "Ваше дело у юриста" in alice.page(where)
    assert vera.do(where, f"{where}/pass-up", note="Нужен юрист.").status_code == 303
    assert vera.get(where).status_code == 404
    with desk.house.database.read() as session:
        assert {one.staff for one in session.scalars(select(Notice))} >= {"alice", "bob"}
    assert "Нужен юрист." in alice.page(where)
    # The next look of whoever answers for the case takes the keys back.
    with desk.house.database.read() as session:
        assert set(session.scalars(select(Grant.staff).where(Grant.owner == case))) == {
            "alice",
            "bob",
            "recovery",
        }
        assert session.get_one(Case, case).consultant is None


def test_a_consultant_hears_that_a_new_key_is_on_its_way_and_then_has_it(desk: DeskHouse) -> None:
    """Bob is arrested; the hub's next key of the case is Alice's, and reaches Vera once Alice is at work."""
    alice, vera = desk.sign_in("alice"), desk.sign_in("vera")
    where = taken(desk, alice)
    assert alice.do(where, f"{where}/lend", to="vera").status_code == 303
    suspend(desk.house, "bob")
    assert renew(desk.house) == 2
    note = "Мать спрашивает, можно ли передать вещи."
    refused = vera.do(where, f"{where}/note", note=note)
    assert refused.status_code == 503
    assert "The new key has not reached you yet" in refused.text
    assert note in refused.text, "to copy"
    assert passes(desk, "alice") == 1
    assert vera.do(where, f"{where}/note", note=note).status_code == 303
    assert note in alice.page(where)


@pytest.mark.parametrize("gone", ["alice", "bob"])
def test_whoever_is_left_with_a_case_decides_anew_who_helps(desk: DeskHouse, gone: str) -> None:
    """The journal names no consultant from then on, nor do the columns; the case can be lent again."""
    house, vera = desk.house, desk.sign_in("vera")
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    left = bob if gone == "alice" else alice
    where = taken(desk, alice)
    assert alice.do(where, f"{where}/lend", to="vera").status_code == 303
    suspend(house, gone)
    hub = Actor(HUB, 0, house.strongbox.signing)
    with house.database.write() as session:
        escalation.free_suspended(session, house.staffing(), house.book(), hub, house.now)
    renew(house)
    case = bytes.fromhex(where[6:])
    assert house.book().of(case, "legal").consultant is None
    with house.database.read() as session:
        assert session.get_one(Case, case).consultant is None
    assert vera.get(where).status_code == 404
    assert where not in vera.page("/queue")
    assert left.do(where, f"{where}/lend", to="vera").status_code == 303
    assert "Прошу помощи" in vera.page(where)


def test_every_template_has_its_law_its_version_and_only_placeholders_a_case_can_fill() -> None:
    for language in ("ru", "en", "uk"):
        for one in answers.load(language).values():
            assert one.law_as_of >= date(2024, 1, 1) and one.version >= 1
            assert one.asks <= answers.PLACEHOLDERS
            assert all(len(part) <= 2000 for part in cut(one.text))
    assert {one.language for one in answers.load("uk").values()} == {"uk", "ru"}
    old = Answer("x", "ru", "x", 1, "{deadline} и {today}", date(2020, 1, 1), None)
    assert old.is_old(date(2026, 1, 1))
    with pytest.raises(UnfilledError):
        old.fill({"today": "1", "deadline": ""})
    assert old.fill({"today": "{deadline}", "deadline": "завтра"}) == "завтра и {deadline}"
