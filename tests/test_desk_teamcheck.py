"""The team check: a conflict with a colleague's case is said before the card opens, and nothing more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from casework import asking, epoch, erasure, journal, keeper, keys, teamcheck
from casework.actors import HUB, Actor
from casework.asking import Answered, GrantRef
from casework.database import Database
from casework.likeness import Traces
from casework.limits import TEAM_CHECKS_A_DAY, Counters
from casework.strongbox import Strongbox
from casework.tables import Case, JournalRow, Mark, MarkKey, Request, StaffState
from casework.teamcheck import MARK_SIZE, MARKS, Told
from crypto.xwing import Identity
from desk import chores, crosscheck, markkeys
from desk import visit as visits
from desk.markkeys import Key
from tests.deskhouse import Browser, DeskHouse, open_desk

CAST = {"alice": {"lawyer"}, "bob": {"lawyer"}, "dora": {"lawyer"}, "carol": {"coordinator", "editor"}}
ANNA = {"kind": "text", "text": "Анна Кошкина, +7 913 000-17-42"}
THE_SAME = {"kind": "text", "text": "Кошкиной Анне: 8(913)0001742"}
OTHER = {"kind": "text", "text": "Пётр Сомов, 8 999 111-22-33"}


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, CAST) as opened:
        yield opened


def joins(desk: DeskHouse, name: str) -> Browser:
    """Sign in somebody who takes part."""
    with desk.house.database.write() as session:
        session.execute(update(StaffState).where(StaffState.staff == name).values(compares=True))
    return desk.sign_in(name)


def by_itself(desk: DeskHouse) -> int:
    """Do what every session does in passing, until nothing of the team check is left to do."""
    state, done = desk.app.state.desk, 0
    for _round in range(3):
        for session in state.sessions.living(desk.house.now):
            done += chores.do(crosscheck.tell_of_own, state, session)
    return done


def taken(desk: DeskHouse, who: Browser, name: str, card: dict[str, str] = ANNA) -> bytes:
    case = desk.file_case(assignee=name, card=card)
    where = f"/case/{case.hex()}"
    assert who.do(where, f"{where}/accept", second="").status_code == 303
    return case


def opens(who: Browser, case: bytes) -> str:
    """Ask for the card of *case*, and return the page this leads to."""
    where = f"/case/{case.hex()}"
    answer = who.do(where, f"{where}/card", reason="contact")
    assert answer.status_code == 303, answer.text
    return who.page(answer.headers["location"])


def key_of(desk: DeskHouse, name: str) -> Key | None:
    state = desk.app.state.desk
    session = next(one for one in state.sessions.living(desk.house.now) if one.staff.staff == name)
    visit = visits.in_passing(state, session)
    assert visit is not None
    return markkeys.renew(visit)


def kept(desk: DeskHouse) -> dict[bytes, bytes]:
    with desk.house.database.read() as session:
        return {row.case: row.locked for row in session.scalars(select(Mark))}


def test_a_conflict_with_a_colleagues_case_is_said_before_the_card_opens(desk: DeskHouse) -> None:
    bob, alice = joins(desk, "bob"), joins(desk, "alice")
    theirs = taken(desk, bob, "bob")
    assert by_itself(desk) == 1
    new = desk.file_case(assignee="alice", card=THE_SAME)
    said = opens(alice, new)
    assert "There may be a conflict with a colleague" in said
    assert "bob" in said
    for secret in ("Кошкин", "Анн", "0001742", theirs.hex()):
        assert secret not in said
    assert "Кошкиной" in opens(alice, new)
    other = desk.file_case(assignee="alice", card=OTHER)
    assert "Сомов" in opens(alice, other)
    with desk.house.database.read() as session:
        rows = session.execute(
            select(JournalRow.actor, JournalRow.case).where(JournalRow.act == "team-check")
        ).all()
    assert [tuple(row) for row in rows] == [("bob", None), ("alice", new), ("alice", other)]


def test_a_question_holds_nobody_up_while_marks_are_unlocked(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, alice = joins(desk, "bob"), joins(desk, "alice")
    taken(desk, bob, "bob")
    assert by_itself(desk) == 1
    unlock, unlocked = teamcheck._marks, []

    def while_others_write(strongbox: Strongbox, row: Mark) -> set[bytes]:
        with desk.house.database.write():
            unlocked.append(row.case)
        return unlock(strongbox, row)

    monkeypatch.setattr(teamcheck, "_marks", while_others_write)
    assert "There may be a conflict" in opens(alice, desk.file_case(assignee="alice", card=THE_SAME))
    assert len(unlocked) == 1
    # What was told of since is not overlooked.
    monkeypatch.setattr(teamcheck, "_marks", unlock)
    monkeypatch.setattr(teamcheck, "open_ahead", lambda *_: {})
    assert "There may be a conflict" in opens(alice, desk.file_case(assignee="alice", card=THE_SAME))


def test_only_who_takes_part_is_compared_and_whoever_leaves_takes_everything_along(desk: DeskHouse) -> None:
    bob, alice = desk.sign_in("bob"), joins(desk, "alice")
    case, mine = taken(desk, bob, "bob"), taken(desk, alice, "alice", OTHER)
    assert by_itself(desk) == 1
    assert "Кошкиной" in opens(alice, desk.file_case(assignee="alice", card=THE_SAME))
    new = desk.file_case(assignee="bob", card=OTHER).hex()
    said = bob.do(f"/case/{new}/alike", f"/case/{new}/alike").text
    assert "you take no part in the team check" in said
    assert bob.do("/account", "/account/team-check", compares="yes").status_code == 303
    assert "once a colleague who does has signed in" in bob.page("/account")
    assert by_itself(desk) == 1
    assert "You take part." in bob.page("/account")
    # A card that grew is told of again.
    with desk.house.database.write() as session:
        session.execute(update(Mark).where(Mark.case == case).values(cards=0))
    assert by_itself(desk) == 1
    assert bob.do("/account", "/account/team-check", compares="no").status_code == 303
    assert by_itself(desk) == 0
    assert set(kept(desk)) == {mine}
    with desk.house.database.read() as session:
        assert set(session.scalars(select(MarkKey.staff))) == {"alice"}
    # Who has asked twenty times today is told that nothing was compared.
    desk.hub.counters.team_checks["alice", desk.house.now.date()] = TEAM_CHECKS_A_DAY
    late = desk.file_case(assignee="alice", card=ANNA)
    assert "your twenty questions of today are asked" in opens(alice, late)
    assert "Кошкина" in opens(alice, late)


def test_mallory_with_the_disk_finds_no_mark_and_none_outlives_its_case(desk: DeskHouse) -> None:
    bob, alice = joins(desk, "bob"), joins(desk, "alice")
    cases = [taken(desk, bob, "bob") for _ in range(2)]
    assert by_itself(desk) == 2
    key = key_of(desk, "bob")
    assert key is not None
    marks = crosscheck.marks(key, Traces(phones=frozenset({"9130001742"})))
    rows = kept(desk)
    assert set(rows) == set(cases)
    assert len(set(rows.values())) == 2
    assert {len(one) for one in rows.values()} == {len(next(iter(rows.values())))}
    assert all(mark not in row for row in rows.values() for mark in marks)
    # With all of the hub's keys too: marks, which are of no phone while the desks' key is not known.
    strongbox = desk.house.strongbox
    with desk.house.database.read() as session:
        found = {mark for row in session.scalars(select(Mark)) for mark in teamcheck._marks(strongbox, row)}
        sealed_keys = [row.sealed for row in session.scalars(select(MarkKey))]
    assert set(marks) <= found
    assert len(found) > len(cases) * (MARKS - 4)
    assert all(key[1] not in one for one in sealed_keys)
    # They go over to the next epoch, and go with their case.
    house = desk.house
    old = house.strongbox.epoch.number
    epoch.rotate(house.database, house.strongbox, lambda: None, house.now)
    assert all(rows[one] != locked for one, locked in kept(desk).items())
    with house.database.read() as session:
        assert session.scalar(select(func.count()).where(Mark.epoch == old)) == 0
    assert "bob" in opens(alice, desk.file_case(assignee="alice", card=THE_SAME))
    for case in cases:
        erasure.erase(
            house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
            mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
        )  # fmt: skip
    assert kept(desk) == {}


def test_once_a_holder_is_gone_the_desks_make_another_key_and_tell_anew(desk: DeskHouse) -> None:
    bob, _dora, _alice = joins(desk, "bob"), joins(desk, "dora"), joins(desk, "alice")
    taken(desk, bob, "bob")
    by_itself(desk)
    first = key_of(desk, "bob")
    assert first is not None
    assert key_of(desk, "dora") == first
    desk.house.revoke("dora")
    by_itself(desk)
    second = key_of(desk, "alice")
    assert second is not None
    assert second[0] > first[0]
    assert second[1] != first[1]
    assert key_of(desk, "bob") == second
    with desk.house.database.read() as session:
        assert list(session.scalars(select(Mark.number))) == [second[0]]
        assert {one.staff for one in session.scalars(select(MarkKey))} == {"alice", "bob"}
    said = opens(desk.sign_in("alice"), desk.file_case(assignee="alice", card=THE_SAME))
    assert "bob" in said


def test_no_key_counts_that_mallory_put_there(desk: DeskHouse) -> None:
    joins(desk, "alice")
    key = key_of(desk, "alice")
    assert key is not None
    carol = desk.house.actor("carol")
    with desk.house.database.write() as session:
        row = session.scalars(select(MarkKey)).one()
        forged = MarkKey(
            number=key[0] + 1, staff="alice", key=row.key, made_by="alice", made_with=row.made_with,
            sealed=row.sealed, signature=row.signature,
        )  # fmt: skip
        session.add(forged)
        other = MarkKey(
            number=key[0] + 2, staff="alice", key=row.key, made_by="carol", made_with=carol.number,
            sealed=row.sealed, signature=b"",
        )  # fmt: skip
        other.signature = carol.signing.sign("subrosa/mark-key", markkeys._claim(other))
        session.add(other)
    assert key_of(desk, "alice") == key


def ask(desk: DeskHouse, who: str, case: bytes, told: Told, purpose: str, n: int | None) -> Answered | None:
    """Ask the keeper as the desk of *who* could, whatever its pages would."""
    house, key = desk.house, Identity.generate()
    with house.database.write() as session:
        request = teamcheck.tell(
            session, house.actor(who), key, GrantRef(case, keys.IDENTITY, 0), told, house.roster,
            purpose=purpose, now=house.now, journal=n,
        )  # fmt: skip
        (row,) = session.scalars(select(Request).where(Request.id == request))
        assert all(mark.hex().encode() not in row.body for mark in told.marks)
    keeper.answer_requests(house.database, house.strongbox, house.anchor, desk.hub.counters, house.now)
    with house.database.read() as session:
        return asking.collect(session, request, key)


def noted(desk: DeskHouse, who: str, case: bytes) -> int:
    with desk.house.database.write() as session:
        by = desk.house.actor(who)
        return journal.write(session, "team-check", by=by, day=desk.house.now.date(), case=case).n


def refusal(answered: Answered | None) -> set[str]:
    assert answered is not None
    assert not answered.ask
    assert not answered.grants
    return set(answered.refused.values())


def test_a_desk_that_asks_what_it_likes_is_refused(desk: DeskHouse) -> None:
    bob = joins(desk, "bob")
    joins(desk, "alice")
    case = taken(desk, bob, "bob")
    by_itself(desk)
    desk.hub.end()
    desk.hub.counters = Counters()
    key = key_of(desk, "alice")
    assert key is not None
    told = Told(key[0], 1, crosscheck.marks(key, Traces(phones=frozenset({"9130001742"}))))
    new, tip = desk.file_case(assignee="alice", card=THE_SAME), desk.file_case("editors", card=ANNA)
    row = noted(desk, "alice", new)
    # Of somebody else's case, of a tip, of one that is spoken for, without a row, with a row used before.
    assert refusal(ask(desk, "alice", case, told, asking.MARKS, None)) == {"no-grant"}
    assert refusal(ask(desk, "alice", new, told, asking.MARKS, None)) == {"not-yours"}
    assert refusal(ask(desk, "carol", tip, told, asking.TEAM, noted(desk, "carol", tip))) <= {
        "no-grant", "not-yours",
    }  # fmt: skip
    assert refusal(ask(desk, "bob", case, told, asking.TEAM, noted(desk, "bob", case))) == set()
    assert refusal(ask(desk, "alice", new, told, asking.TEAM, None)) == {"no-journal"}
    assert refusal(ask(desk, "alice", new, told, asking.TEAM, noted(desk, "bob", new))) == {"no-journal"}
    assert refusal(ask(desk, "dora", new, told, asking.TEAM, noted(desk, "dora", new))) == {"not-yours"}
    answered = ask(desk, "alice", new, told, asking.TEAM, row)
    assert answered is not None
    assert answered.ask == ("bob",)
    assert refusal(ask(desk, "alice", new, told, asking.TEAM, row)) == {"no-journal"}
    nothing, day = Told(key[0], 1, (bytes(MARK_SIZE),)), desk.house.now.date()
    desk.hub.counters.team_checks["alice", day] = TEAM_CHECKS_A_DAY - 1
    for wanted in (set(), {"too-many"}):
        assert refusal(ask(desk, "alice", new, nothing, asking.TEAM, noted(desk, "alice", new))) == wanted
    with desk.house.database.write() as session:
        session.execute(update(Case).where(Case.id == new).values(status="open"))
    assert refusal(ask(desk, "alice", new, told, asking.TEAM, noted(desk, "alice", new))) == {"not-yours"}


def test_marks_are_unlocked_for_who_takes_part_and_so_often_a_day_whatever_comes_of_it(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins(desk, "alice")
    by_itself(desk)
    key = key_of(desk, "alice")
    assert key is not None
    told, new = Told(key[0], 1, (bytes(MARK_SIZE),)), desk.file_case(assignee="alice", card=THE_SAME)
    unlocked: list[int] = []

    def count(*_: object) -> teamcheck.Opened:
        unlocked.append(1)
        return {}

    monkeypatch.setattr(teamcheck, "open_ahead", count)
    desk.hub.counters = Counters()
    assert refusal(ask(desk, "dora", new, told, asking.TEAM, None))
    assert unlocked == [], "she takes no part"
    for _ in range(TEAM_CHECKS_A_DAY + 2):
        assert refusal(ask(desk, "alice", new, told, asking.TEAM, None)) == {"no-journal"}
    assert len(unlocked) == TEAM_CHECKS_A_DAY
    desk.hub.counters = Counters()
    desk.hub.counters.opened["alice", desk.house.now.date()] = TEAM_CHECKS_A_DAY
    assert refusal(ask(desk, "alice", new, told, asking.TEAM, noted(desk, "alice", new))) == set()


def test_marks_of_one_person_agree_however_the_name_is_written() -> None:
    key = (1, b"k" * 32)
    names = ({"анн", "кошкин"}, {"анн", "кошкин", "сергеевн"})
    one, other = (crosscheck.marks(key, Traces(names=frozenset({frozenset(name)}))) for name in names)
    assert set(one) < set(other)
    assert len(other) == len(list(itertools.combinations(names[1], 2)))
    assert not set(one) & set(
        crosscheck.marks((1, b"o" * 32), Traces(names=frozenset({frozenset(names[0])})))
    )
