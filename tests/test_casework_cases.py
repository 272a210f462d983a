"""What staff do with a case: who may, in which state, at which version, and what the journal keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import (
    assigning,
    cases,
    clocks,
    journal,
    keys,
    lives,
    merging,
    notices,
    permits,
    proposing,
    releases,
)
from casework.database import Database
from casework.errors import CaseworkError, NotAllowedError, NotFoundError, StaleError, WrongStateError
from casework.permits import Acting
from casework.rosters import Staffing
from casework.tables import Case, Clock, Item, JournalRow, Notice, Recusal, StaffState
from tests.cases import DIGEST, acts, as_, begin, put, written
from tests.house import House

Do = Callable[[Session, bytes, int, Acting], Case]


def _merge(session: Session, case: bytes, version: int, acting: Acting) -> Case:
    other = Case(
        id=keys.new_id(),
        kind="legal",
        team="legal",
        status="new",
        urgency="normal",
        language="ru",
        opened=acting.day,
        touched=acting.day,
        version=1,
    )
    session.add(other)
    session.flush()
    return merging.merge(session, case, version, other.id, acting)


# Every act of staff on a case: how it is done, and the word it leaves in the journal.
ACTS: dict[str, tuple[str, Do]] = {
    "accept": ("accept", lambda s, c, v, a: cases.accept(s, c, v, "bob", a)),
    "give-back": ("give-back", lambda s, c, v, a: cases.give_back(s, c, v, "conflict", a)),
    "decline": ("decline", lambda s, c, v, a: cases.decline(s, c, v, "out_of_scope", a)),
    "spam": ("spam", cases.mark_spam),
    "assign": (
        "assign",
        lambda s, c, v, a: assigning.assign(s, c, v, "bob", "alice", a, written(c, "handover")),
    ),
    "note": ("note", lambda s, c, v, a: cases.note(s, c, v, written(c, "note"), a)),
    "reply": ("reply", lambda s, c, v, a: cases.reply(s, c, v, written(c, "reply"), a)),
    "ask": ("ask", lambda s, c, v, a: cases.ask_back(s, c, v, written(c, "reply"), a)),
    "wait-authority": ("wait", lambda s, c, v, a: cases.wait(s, c, v, "authority", a)),
    "wait-us": ("wait", lambda s, c, v, a: cases.wait(s, c, v, "us", a)),
    "close": ("close", lambda s, c, v, a: cases.close(s, c, v, "helped", a)),
    "reopen": ("reopen", cases.reopen),
    "merge": ("merge", _merge),
}
# Acts that bring in two people name the second in a row of its own.
SECOND = {"accept": ("second",), "assign": ("second",)}
# Acts that have a test file of their own, or that no person does.
ELSEWHERE = {"brief", "split", "lend", "pass-up", "mute", "unmute", "file", "hear", "erase"}


def state_for(act: str) -> str:
    """Return a state in which Alice may do *act*."""
    states = [at for (at, name) in lives.CASE if name == act]
    return "accepted" if "accepted" in states else states[0]


def test_no_act_of_a_case_is_left_out_here() -> None:
    assert {act for _state, act in lives.CASE} == set(ACTS) | ELSEWHERE
    assert set(permits.WHO) == set(ACTS) | ELSEWHERE
    assert {word for word, _do in ACTS.values()} <= journal.ACTS


@pytest.mark.parametrize("act", ACTS)
def test_every_act_leaves_its_signed_row_in_the_journal(act: str, house: House) -> None:
    word, do = ACTS[act]
    state = state_for(act)
    with house.database.write() as session:
        case = put(session, house, status=state)
        do(session, case, 1, as_(house, "alice"))
    with house.database.write() as session:
        assert acts(session, case) == [word, *SECOND.get(act, ())]
        rows = session.scalars(select(JournalRow).order_by(JournalRow.n)).all()
        for row in rows:
            assert (row.actor, row.number, row.day) == ("alice", 1, house.now.date())
        assert journal.countersign(session, house.strongbox.signing, house.roster) == len(rows)
        assert journal.verify_chain(session, house.anchor) == rows[-1].head
        taken = session.get_one(Case, case)
        assert (taken.status, taken.version) == (lives.CASE[state, act], 2)


@pytest.mark.parametrize("act", ACTS)
def test_no_act_happens_in_a_state_its_table_does_not_name(act: str, house: House) -> None:
    _word, do = ACTS[act]
    for state in lives.CASE_STATES:
        if (state, act) in lives.CASE:
            continue
        with house.database.write() as session:
            case = put(session, house, status=state)
        with pytest.raises(CaseworkError), house.database.write() as session:
            do(session, case, 1, as_(house, "alice"))
        with house.database.read() as session:
            assert (session.get_one(Case, case).status, acts(session, case)) == (state, [])


@pytest.mark.parametrize("act", ACTS)
def test_a_stale_form_changes_nothing(act: str, sqlite_house: House) -> None:
    house = sqlite_house
    _word, do = ACTS[act]
    state = state_for(act)
    with house.database.write() as session:
        case = put(session, house, status=state)
        do(session, case, 1, as_(house, "alice"))
    with pytest.raises(CaseworkError) as caught, house.database.write() as session:
        do(session, case, 1, as_(house, "alice"))
    assert isinstance(caught.value, StaleError | NotFoundError | WrongStateError | NotAllowedError)
    with house.database.read() as session:
        assert len(acts(session, case)) == 1 + len(SECOND.get(act, ()))


STRANGERS = {
    "dan": "an editor before a lawyer's case",
    "erin": "a custodian before a lawyer's case",
    "mallory": "nobody",
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", STRANGERS)
def test_for_whom_a_case_is_not_it_is_not_there(act: str, who: str, sqlite_house: House) -> None:
    house = sqlite_house
    _word, do = ACTS[act]
    state = state_for(act)
    with house.database.write() as session:
        case = put(session, house, status=state)
    if who == "mallory":
        stranger = as_(house, "alice")
        forged = journal.Actor("mallory", 1, stranger.by.signing)
        acting = Acting(forged, stranger.staffing, stranger.now)
    else:
        acting = as_(house, who)
    with pytest.raises((NotFoundError, NotAllowedError)), house.database.write() as session:
        do(session, case, 1, acting)
    with house.database.read() as session:
        assert acts(session, case) == []


@pytest.mark.parametrize("act", ["note", "reply", "ask", "close", "wait-us", "merge", "assign"])
def test_bob_who_is_not_on_an_accepted_case_does_nothing_to_it(act: str, sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        case = put(session, house, status="open", second=None)
    with pytest.raises(NotFoundError), house.database.write() as session:
        ACTS[act][1](session, case, 1, as_(house, "bob"))
    with house.database.read() as session, pytest.raises(NotFoundError):
        permits.see(session, case, as_(house, "bob"))


def test_bob_may_take_what_was_proposed_to_alice_but_not_decline_it(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
    for act in ("decline", "give-back", "spam", "merge"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            ACTS[act][1](session, case, 1, as_(house, "bob"))
    with house.database.write() as session:
        cases.accept(session, case, 1, "alice", as_(house, "bob"))


@pytest.mark.parametrize("act", ACTS)
def test_the_suspended_do_nothing(act: str, sqlite_house: House) -> None:
    house = sqlite_house
    state = state_for(act)
    with house.database.write() as session:
        case = put(session, house, status=state)
        session.get_one(StaffState, "alice").suspended_until = house.now + timedelta(hours=1)
    acting = as_(house, "alice")
    with pytest.raises(NotAllowedError), house.database.write() as session:
        ACTS[act][1](session, case, 1, acting)


def test_the_revoked_do_nothing_though_they_are_still_signed_in(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
    house.revoke("alice")
    with pytest.raises(NotAllowedError), house.database.write() as session:
        cases.close(session, case, 1, "helped", as_(house, "alice"))


def test_alices_name_under_another_key_does_nothing(sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        case = put(session, house, status="open")
    alice, bob = as_(house, "alice"), house.staff["bob"]
    for number, key in ((1, bob.signing), (2, alice.by.signing)):
        acting = Acting(journal.Actor("alice", number, key), alice.staffing, alice.now)
        with pytest.raises(NotAllowedError), house.database.write() as session:
            cases.close(session, case, 1, "helped", acting)


def test_two_lawyers_accept_at_once_and_one_of_them_hears_it(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house)
    with house.database.write() as session:
        cases.accept(session, case, 1, None, as_(house, "alice"))
    with pytest.raises(CaseworkError), house.database.write() as session:
        cases.accept(session, case, 1, None, as_(house, "bob"))
    with house.database.read() as session:
        assert session.get_one(Case, case).assignee == "alice"


def test_many_desks_acting_at_once_each_get_an_answer_and_the_journal_one_chain(house: House) -> None:
    with house.database.write() as session:
        fought_over = put(session, house)
        own = {who: put(session, house, status="open") for who in ("alice", "bob")}
    acting = {who: as_(house, who) for who in own}

    def work(who: str) -> str:
        try:
            with house.database.write() as session:
                cases.accept(session, fought_over, 1, None, acting[who])
            outcome = who
        except CaseworkError:
            outcome = "late"
        for version in range(1, 9):
            with house.database.write() as session:
                cases.note(session, own[who], version, written(own[who], "note"), acting[who])
        return outcome

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(work, own))
    assert outcomes.count("late") == 1
    with house.database.read() as session:
        assert session.get_one(Case, fought_over).assignee in outcomes
        assert len(acts(session)) == 17
        journal.verify_chain(session, house.anchor)


def test_accepting_stops_the_accept_clock_starts_the_reply_clock_and_quiets_the_notices(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, urgency="now")
        notices.tell(session, notices.URGENT, ["alice", "bob"], case, house.now)
        cases.accept(session, case, 1, "bob", as_(house, "alice"))
    with house.database.read() as session:
        assert [clock.kind for clock in session.scalars(select(Clock))] == [clocks.REPLY]
        assert session.scalars(select(Notice)).all() == []


@pytest.mark.parametrize("second", ["alice", "carol", "olga", "mallory"])
def test_a_second_is_another_living_member_of_the_team(second: str, sqlite_house: House) -> None:
    house = sqlite_house
    with house.database.write() as session:
        case = put(session, house)
    with pytest.raises(NotAllowedError), house.database.write() as session:
        cases.accept(session, case, 1, second, as_(house, "alice"))


def test_the_stand_in_is_proposed_as_second_else_whoever_carries_least(sqlite_house: House) -> None:
    staffing = sqlite_house.staffing()
    stood_in = Staffing(staffing.roster, staffing.on_duty, staffing.living, {}, {"alice": "bob"})
    alone = Staffing(staffing.roster, staffing.on_duty, staffing.living - {"bob"}, {}, {})
    with sqlite_house.database.write() as session:
        case = session.get_one(Case, put(session, sqlite_house))
        assert proposing.propose_second(session, case, "alice", staffing, {}) == "bob"
        assert proposing.propose_second(session, case, "alice", stood_in, {"bob": 99}) == "bob"
        assert proposing.propose_second(session, case, "alice", alone, {}) is None
        # Not even as somebody's stand-in: a second holds all keys of a case.
        session.add(Recusal(case=case.id, staff="bob"))
        session.flush()
        assert proposing.propose_second(session, case, "alice", staffing, {}) is None
        assert proposing.propose_second(session, case, "alice", stood_in, {}) is None


def test_a_case_given_back_goes_to_somebody_else_and_its_clock_runs_on(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
        before = session.get_one(Clock, (case, clocks.ACCEPT)).due
        cases.give_back(session, case, 1, "conflict", as_(house, "alice", hours=3))
    with house.database.read() as session:
        taken = session.get_one(Case, case)
        assert (taken.assignee, taken.reason_code, taken.status) == ("bob", "conflict", "new")
        assert session.get_one(Clock, (case, clocks.ACCEPT)).due == before
        assert session.scalars(select(Notice.staff)).all() == ["bob"]


def test_a_case_nobody_else_can_take_is_named_to_the_coordinator(house: House) -> None:
    with house.database.write() as session:
        session.get_one(StaffState, "bob").on_duty = False
        case = put(session, house, assignee="alice")
    with house.database.write() as session:
        cases.give_back(session, case, 1, "full", as_(house, "alice"))
    with house.database.read() as session:
        assert session.get_one(Case, case).assignee is None
        assert session.scalars(select(Notice.staff)).all() == ["olga"]


def test_an_accepted_case_goes_over_only_with_a_handover_note(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open", second=None)
    with pytest.raises(NotAllowedError), house.database.write() as session:
        assigning.assign(session, case, 1, "bob", None, as_(house, "alice"), written(case, "note"))
    with house.database.write() as session:
        assigning.assign(session, case, 1, "bob", "alice", as_(house, "alice"), written(case, "handover"))
        assert session.scalars(select(Item.kind)).all() == ["handover"]
    with house.database.read() as session:
        taken = session.get_one(Case, case)
        assert (taken.assignee, taken.second) == ("bob", "alice")


def test_a_coordinator_gives_an_accepted_case_only_to_its_second(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
        alone = put(session, house, status="open", second=None)
    with house.database.write() as session:
        assigning.assign(session, case, 1, "bob", None, as_(house, "olga"))
    with pytest.raises(NotAllowedError), house.database.write() as session:
        assigning.assign(session, alone, 1, "bob", None, as_(house, "olga"))


def test_nobody_of_another_team_is_assigned(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house)
    for to in ("carol", "erin", "olga", "mallory"):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            assigning.assign(session, case, 1, to, None, as_(house, "olga"))


def test_what_is_written_belongs_to_the_case_it_is_written_to(house: House) -> None:
    with house.database.write() as session:
        case, other = put(session, house, status="open"), put(session, house, status="open")
    foreign = written(other, "note")
    change = written(case, "note")
    change.change(Case, {"id": case}, assignee="mallory")
    drop = written(case, "note")
    drop.drop(Case, id=other)
    grant = written(case, "note")
    grant.add(StaffState, staff="mallory")
    for rows in (foreign, change, drop, grant):
        with pytest.raises(NotAllowedError), house.database.write() as session:
            cases.note(session, case, 1, rows, as_(house, "alice"))
    with house.database.read() as session:
        assert session.scalars(select(Item)).all() == []


def test_an_ended_case_has_no_clock_no_notice_and_a_day_it_goes(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
        clocks.restart(session, case, clocks.REPLY, house.now)
        notices.tell(session, notices.REPLY, ["alice"], case, house.now)
        cases.close(session, case, 1, "helped", as_(house, "alice"))
    with house.database.read() as session:
        taken = session.get_one(Case, case)
        assert taken.erase_on == house.now.date() + timedelta(days=365)
        assert session.scalars(select(Clock)).all() == []
        assert session.scalars(select(Notice)).all() == []
    with house.database.write() as session:
        cases.reopen(session, case, 2, as_(house, "alice"))
        assert session.get_one(Case, case).erase_on is None
        assert session.scalars(select(Clock.kind)).all() == [clocks.REPLY]


def test_what_is_merged_leads_to_the_case_it_went_into_also_twice(house: House) -> None:
    with house.database.write() as session:
        first, second, third = (put(session, house, status="open") for _n in range(3))
        merging.merge(session, first, 1, second, as_(house, "alice"))
        merging.merge(session, second, 1, third, as_(house, "alice"))
        followed = merging.follow(session, first)
        assert followed is not None
        assert followed.id == third
        for row in session.scalars(select(JournalRow)):
            assert row.subject in (second, third)


def test_a_case_is_merged_only_into_one_the_same_person_sees(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, status="open")
        tip = put(session, house, team="editors", status="open")
        hidden = put(session, house, status="open", assignee="bob", second=None)
        closed = put(session, house, status="closed")
    for into, why in ((tip, NotFoundError), (hidden, NotFoundError), (case, NotFoundError)):
        with pytest.raises(why), house.database.write() as session:
            merging.merge(session, case, 1, into, as_(house, "alice"))
    with pytest.raises(WrongStateError), house.database.write() as session:
        merging.merge(session, case, 1, closed, as_(house, "alice"))


def test_the_reason_of_an_act_stands_in_the_journal_only_as_a_salted_hash(house: House) -> None:
    reason = journal.Reason.make("знаком с командиром")
    with house.database.write() as session:
        case = put(session, house, assignee="alice")
        cases.give_back(session, case, 1, "conflict", as_(house, "alice"), written(case, "reason"), reason)
        row = session.scalars(select(JournalRow)).one()
        assert row.reason == reason.digest
        assert journal.Reason.make("знаком с командиром").digest != reason.digest


def test_loads_count_what_people_answer_for(house: House) -> None:
    with house.database.write() as session:
        for state in ("new", "open", "waiting_us", "closed", "declined"):
            put(session, house, status=state, assignee="alice")
        put(session, house)
        assert proposing.loads(session) == {"alice": 3}


PEOPLE = ("alice", "bob", "carol", "olga")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE)), max_size=14))
def test_no_sequence_of_acts_leads_outside_the_table(
    sqlite_house: House, steps: list[tuple[str, str]]
) -> None:
    _walk(sqlite_house, steps)


@pytest.mark.full
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE)), max_size=40))
def test_no_long_sequence_of_acts_leads_outside_the_table(
    sqlite_house: House, steps: list[tuple[str, str]]
) -> None:
    _walk(sqlite_house, steps)


def _walk(house: House, steps: list[tuple[str, str]]) -> None:
    """Play *steps* on a new case; each either follows the table and is journalled, or changes nothing."""
    with house.database.write() as session:
        case = put(session, house)
    done: list[str] = []
    for act, who in steps:
        before = _look(house.database, case)
        try:
            with house.database.write() as session:
                ACTS[act][1](session, case, before[1], as_(house, who))
        except CaseworkError:
            assert _look(house.database, case) == before
            continue
        after = _look(house.database, case)
        assert after == (lives.CASE[before[0], act], before[1] + 1)
        done += [ACTS[act][0], *(SECOND.get(act, ()) if after[0] in lives.ACTIVE else ())]
    with house.database.read() as session:
        assert acts(session, case) == done


def _look(database: Database, case: bytes) -> tuple[str, int]:
    with database.read() as session:
        found = session.get_one(Case, case)
        return found.status, found.version


def test_a_declined_case_cannot_be_released(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house, team="editors", status="new", assignee="carol")
        cases.decline(session, case, 1, "unsafe", as_(house, "carol"))
    with pytest.raises(NotAllowedError), house.database.write() as session:
        begin(session, house, case)
    with house.database.read() as session, pytest.raises(NotFoundError):
        releases.check_releasable(session, case, DIGEST, [], house.staffing(), house.now)
