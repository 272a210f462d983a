"""Who belongs to a case, and what it belongs with: groups, ties, second matters, merged histories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import codes, erasure, retention
from casework.cases import OUTCOMES
from casework.database import Database
from casework.permits import Settings
from casework.rosters import ROLE_OF_TEAM
from casework.tables import Case, Clock, Grant, Item, JournalRow
from tests.deskhouse import Browser, DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def taken(desk: DeskHouse, who: Browser, second: str = "bob", **how: str) -> str:
    """Let *who* accept a new case, and return its address."""
    where = f"/case/{desk.file_case(assignee='alice', **how).hex()}"
    assert who.do(where, f"{where}/accept", second=second).status_code == 303
    return where


def ref(where: str) -> str:
    text = where.rpartition("/")[2][:6]
    return f"{text[:3]}-{text[3:]}"


def holders(desk: DeskHouse, where: str) -> set[str]:
    with desk.house.database.read() as session:
        wanted = select(Grant.staff).where(
            Grant.owner == bytes.fromhex(where[6:]), Grant.compartment == "content"
        )
        return set(session.scalars(wanted))


def test_a_group_of_eighty_has_a_state_for_each_person_and_none_of_it_on_the_disk(
    desk: DeskHouse, tmp_path: Path
) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    page = f"{where}/people"
    names = "\n".join(f"Пехотинцев Номер{n}" for n in range(80))
    alice.do(page, f"{where}/people", names=names, state="filed")
    alice.do(page, f"{where}/party", role="commander", name="Комбатов", about="угрожал статьёй")
    shown = alice.page(page)
    assert "filed a report or a claim: 80" in shown
    assert "Комбатов" in shown and "угрожал статьёй" in shown
    assert len(shown.encode()) < 100_000
    rows = [part.split('"')[0] for part in shown.split('type="checkbox" name="row" value="')[1:]]
    assert len(rows) == 80
    fields = {**alice.form(page, f"{where}/people/change"), "state": "withdrew", "note": "после угроз"}
    assert alice.post(f"{where}/people/change", {**fields, "row": rows[:9]}).status_code == 303  # type: ignore[dict-item]
    shown = alice.page(page)
    assert "withdrew it: 9" in shown and "filed a report or a claim: 71" in shown
    assert shown.count("после угроз") == 9
    none = alice.do(page, f"{where}/people/change", state="withdrew")
    assert none.status_code == 422
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for canary in ("Пехотинцев", "Комбатов", "withdrew"):
        assert canary.encode() not in disk, canary


def test_a_tie_stands_on_both_cases_and_shows_nobody_what_is_not_theirs(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    one, other = taken(desk, alice, second="bob"), taken(desk, alice, second="")
    alice.page(other)
    done = alice.do(f"{one}/ties", f"{one}/tie", other=ref(other), relation="same_event")
    assert done.status_code == 303
    again = alice.do(f"{one}/ties", f"{one}/tie", other=ref(other), relation="same_event")
    assert again.status_code == 409
    assert other in alice.page(f"{one}/ties") and one in alice.page(f"{other}/ties")
    # Bob is on the one, not on the other: its name says that there is one, and no more.
    shown = bob.page(f"{one}/ties")
    assert other not in shown and "others are on that case" in shown
    row = alice.page(f"{one}/ties").split('name="row" value="')[1].split('"')[0]
    assert alice.do(f"{one}/ties", f"{one}/untie", row=row).status_code == 303
    assert other not in alice.page(f"{one}/ties") and one in alice.page(f"{other}/ties")


def test_a_second_matter_has_keys_of_its_own_and_dies_with_the_first(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    first = taken(desk, alice)
    done = alice.do(f"{first}/ties", f"{first}/split", topic="detention", why="Обжаловать задержание.")
    assert done.status_code == 303
    second = done.headers["location"]
    assert second not in ("", first)
    page = alice.page(second)
    assert "Обжаловать задержание." in page and "answered from the first case" in page
    assert holders(desk, second) == {"alice", "bob", "recovery"}
    with desk.house.database.read() as session:
        # Nobody writes into it, so no clock says that somebody waits there.
        assert set(session.scalars(select(Clock.case))) == {bytes.fromhex(first[6:])}
    assert "Обжаловать задержание." in bob.page(second)
    assert second in alice.page(f"{first}/ties") and first in alice.page(f"{second}/ties")
    # It goes over to somebody else like any other case, with a note, without a card.
    alice.do(f"{second}/work", f"{second}/task", text="Жалоба")
    given = alice.do(second, f"{second}/assign", to="bob", handover="Осталась жалоба.")
    assert given.status_code == 303
    assert "keys" not in bob.page(second).split("Осталась жалоба.")[0].split("</h1>")[0].lower()
    house = desk.house
    with house.database.write() as session:
        case = session.get_one(Case, bytes.fromhex(first[6:]))
        case.status = "closed"
        retention.end(case, house.now.date(), Settings().periods, bytes)
        case.erase_on = house.now.date()
    with house.database.read() as session:
        assert retention.due_erasures(session, house.now.date()) == []  # its second matter goes on
    remembered: list[bytes] = []
    erasure.erase(
        house.database, house.strongbox, bytes.fromhex(first[6:]), by=house.actor("alice"), now=house.now,
        mirror=lambda: None, remember=remembered.append, escrow_days=7,
    )  # fmt: skip
    assert remembered == [bytes.fromhex(one[6:]) for one in (first, second)]
    with house.database.read() as session:
        assert session.scalars(select(Case)).all() == []
        assert session.scalars(select(Item)).all() == []


def test_both_holders_read_both_histories_after_a_merge_and_so_does_the_next(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    one = taken(desk, alice, second="", text="Пишет мать.")
    other = taken(desk, alice, second="bob", text="Пишет жена.")
    assert bob.get(one).status_code == 404
    alice.page(other)
    done = alice.do(one, f"{one}/merge", into=ref(other))
    assert done.headers["location"] == other
    assert one in alice.page(f"{other}/ties")
    page = bob.page(one)
    assert "Пишет мать." in page and "This case was merged" in page
    assert "Пишет жена." in bob.page(other)
    assert holders(desk, one) == {"alice", "bob", "recovery"}


def test_what_was_given_back_keeps_its_history_and_never_comes_round_again(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    case = desk.file_case(assignee="alice")
    where = f"/case/{case.hex()}"
    alice.do(where, f"{where}/give-back", code="conflict", reason="Знаю командира.")
    with desk.house.database.read() as session:
        assert session.get_one(Case, case).assignee == "bob"
    page = bob.page(where)
    assert "conflict of interest" in page and "Знаю командира." in page
    bob.do(where, f"{where}/give-back", code="out_of_scope")
    with desk.house.database.read() as session:
        found = session.get_one(Case, case)
        assert (found.assignee, found.status) == (None, "new")
        acts = list(session.scalars(select(JournalRow.act).where(JournalRow.case == case)))
    assert acts.count("give-back") == 2
    assert "not what we do" in alice.page(where)


def test_an_exact_outcome_is_sealed_and_only_the_plain_one_stands_in_clear(
    desk: DeskHouse, tmp_path: Path
) -> None:
    alice = desk.sign_in("alice")
    where = taken(desk, alice)
    assert alice.do(where, f"{where}/close", outcome="nonsense").status_code == 422
    assert alice.do(where, f"{where}/close", outcome="convicted").status_code == 303
    assert "<dd>convicted</dd>" in alice.page(where)
    with desk.house.database.read() as session:
        assert session.scalars(select(Case)).one().reason_code == "other"
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"convicted" not in disk
    assert alice.do(where, f"{where}/reopen").status_code == 303
    assert "convicted" not in alice.page(where).split("<dl")[1].split("</dl>")[0]


def test_every_outcome_stands_for_one_that_retention_knows() -> None:
    for team in ROLE_OF_TEAM:
        found = codes.outcomes(team)
        assert {one.stands_for for one in found} <= set(OUTCOMES)
        assert len({one.code for one in found}) == len(found)
    assert codes.name(codes.people_states(), "left-the-list", "ru") == "left-the-list"


def test_bob_who_is_not_on_the_case_changes_neither_people_nor_ties(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where = taken(desk, alice, second="")
    version = alice.form(f"{where}/people", f"{where}/people")["version"]
    mine = {**bob.form("/account", "/account/duty"), "version": version}
    for page in ("people", "ties"):
        assert bob.get(f"{where}/{page}").status_code == 404
    for act in ("party", "party/strike", "people", "people/change", "tie", "untie", "split"):
        fields = {**mine, "once": act, "role": "client", "name": "x", "names": "x", "state": "filed"}
        fields |= {"relation": "other", "other": ref(where), "topic": "other", "why": "x", "row": "x"}
        assert bob.post(f"{where}/{act}", fields).status_code == 404, act
