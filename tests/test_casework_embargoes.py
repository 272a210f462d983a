"""A text waits for something that has no day: one named person is asked every week, and alone lifts it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import keys, releases
from casework.errors import NotAllowedError, NotReleasableError, StaleError
from casework.tables import Draft, Notice, StaffState
from crypto.errors import CryptoError
from tests.cases import acts, approved, as_, begin, put, release
from tests.house import House

WORDS = "after he has left the unit"


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


@pytest.fixture
def draft(house: House) -> Draft:
    """Give an approved text of Carol's that waits until Dan says that its condition has come."""
    with house.database.write() as session:
        tip = put(session, house, team="editors", status="open")
        draft = approved(session, house, tip)
        release(session, house, draft)
        return releases.hold(session, draft.id, draft.version, b"sealed", "dan", as_(house, "carol"))


def due(house: House, **later: int) -> list[releases.Ready]:
    with house.database.write() as session:
        now = house.now + timedelta(**later)
        return releases.due_press(session, house.strongbox.press, house.staffing(), now)


def lift(house: House, draft: bytes, who: str) -> None:
    with house.database.write() as session:
        version = session.get_one(Draft, draft).version
        releases.lift_hold(session, draft, version, as_(house, who))


def asked(house: House, **later: int) -> list[str]:
    """Let a day pass and return who was asked."""
    with house.database.write() as session:
        before = set(session.scalars(select(Notice.id)))
        releases.ask_weekly(session, house.staffing(), house.now + timedelta(**later))
        return [one.staff for one in session.scalars(select(Notice)) if one.id not in before]


def test_a_held_text_waits_in_the_press_until_the_one_who_is_asked_lifts_it(
    house: House, draft: Draft
) -> None:
    assert due(house, days=20) == []
    lift(house, draft.id, "dan")
    assert [one.public_id for one in due(house)] == [draft.public_id]
    with house.database.read() as session:
        assert {"embargo", "lift-embargo"} <= set(acts(session, subject=draft.id))


@pytest.mark.parametrize("who", ["carol", "erin", "alice"])
def test_nobody_else_lifts_it(house: House, draft: Draft, who: str) -> None:
    with pytest.raises(NotAllowedError):
        lift(house, draft.id, who)
    assert due(house) == []


def test_another_condition_in_its_place_would_lift_it_and_is_refused(house: House, draft: Draft) -> None:
    with pytest.raises(NotAllowedError), house.database.write() as session:
        releases.hold(session, draft.id, draft.version, b"another", "carol", as_(house, "carol"))


def test_the_one_who_answers_is_asked_every_week_and_not_more_often(house: House, draft: Draft) -> None:
    assert asked(house, days=6) == []
    assert asked(house, days=7) == ["dan"]
    with house.database.read() as session:
        assert session.get_one(Draft, draft.id).ask_on == house.now.date() + timedelta(days=14)
    with house.database.write() as session:
        version = session.get_one(Draft, draft.id).version
        releases.not_yet(session, draft.id, version, as_(house, "dan"))
    assert due(house) == []


def test_when_the_one_who_answers_is_gone_a_coordinator_is_asked_and_lifts_it(
    house: House, draft: Draft
) -> None:
    with house.database.write() as session:
        session.get_one(StaffState, "dan").suspended_until = house.now + timedelta(days=30)
    with house.database.read() as session:
        coordinators = house.staffing().coordinators()
    assert "dan" not in house.staffing().living
    assert asked(house, days=7) == coordinators
    lift(house, draft.id, coordinators[0])
    with house.database.read() as session, pytest.raises(NotReleasableError) as refused:
        releases.check_releasable(
            session, draft.id, draft.digest or b"", ("summary",), house.staffing(), house.now
        )
    assert "held" not in refused.value.reasons  # Dan's approval lapsed with him, and that is another matter


def test_a_hold_taken_out_of_the_database_still_holds(house: House, draft: Draft) -> None:
    with house.database.write() as session:
        row = session.get_one(Draft, draft.id)
        row.condition = row.asked = row.ask_on = None
    assert due(house) == []
    with house.database.read() as session, pytest.raises(NotReleasableError) as refused:
        releases.check_releasable(
            session, draft.id, draft.digest or b"", ("summary",), house.staffing(), house.now
        )
    assert "held" in refused.value.reasons


def test_only_somebody_who_can_answer_is_asked(house: House) -> None:
    with house.database.write() as session:
        draft = begin(session, house, put(session, house, team="editors", status="open"))
        with pytest.raises(NotAllowedError):
            releases.hold(session, draft.id, draft.version, b"sealed", "erin", as_(house, "carol"))


def test_a_form_of_an_older_version_lifts_nothing(house: House, draft: Draft) -> None:
    with pytest.raises(StaleError), house.database.write() as session:
        releases.lift_hold(session, draft.id, draft.version - 1, as_(house, "dan"))


def test_the_condition_opens_with_the_drafts_own_key_and_only_as_its_own(house: House) -> None:
    key = keys.make(keys.new_id(), keys.DRAFT, 0)
    sealed = releases.seal_condition(keys.public(key), WORDS)
    assert WORDS.encode() not in sealed
    row = Draft(id=key.owner, condition=sealed)
    assert releases.open_condition(row, key.identity) == WORDS
    with pytest.raises(CryptoError):
        releases.open_condition(Draft(id=keys.new_id(), condition=sealed), key.identity)


def test_nothing_is_held_back_once_it_is_being_printed_and_it_can_still_be_taken_down(
    house: House, draft: Draft
) -> None:
    """A hub that died while it printed prints on; whoever would hold the text back hears that it is late."""
    lift(house, draft.id, "dan")
    assert due(house)
    carol = as_(house, "carol")

    def version() -> int:
        with house.database.read() as session:
            return session.get_one(Draft, draft.id).version

    day = (house.now + timedelta(days=9)).date()
    with pytest.raises(NotReleasableError, match="printing"), house.database.write() as session:
        releases.embargo(session, draft.id, version(), day, carol)
    with pytest.raises(NotReleasableError, match="printing"), house.database.write() as session:
        releases.hold(session, draft.id, version(), b"sealed", "dan", carol)
    assert [one.public_id for one in due(house)] == [draft.public_id]
    with house.database.write() as session:
        releases.order_take_down(session, draft.public_id, "safety", carol)
    assert due(house) == []
    with house.database.read() as session:
        assert releases.stranded(session) == [draft.public_id]
