"""Whoever told something sees what would be public, if they chose to; without their yes it stays."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework import briefs, releases
from casework.errors import NotAllowedError, NotReleasableError
from casework.releases import wordings
from casework.tables import Draft, Item, Notice, Published, Wording
from intake.wording import find
from tests.cases import DIGEST, approved, as_, begin, freeze, judge, put, release, sign
from tests.house import House
from tests.phone import Phone, cases, read, show_text
from tests.test_casework_releases import publish, ready, reasons

OTHER = hashlib.sha256(b"another text").digest()


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


def tip_of_one_who_asks(house: House) -> bytes:
    with house.database.write() as session:
        return put(session, house, team="editors", status="open", wants_word=True)


def set_answer(house: House, answer: str) -> None:
    """Write what the hub writes when the tipster taps."""
    with house.database.write() as session:
        session.scalars(select(Wording)).one().answer = answer


def test_silence_change_and_no_are_no_and_only_yes_is_yes(house: House) -> None:
    tip = tip_of_one_who_asks(house)
    with house.database.write() as session:
        draft = approved(session, house, tip)
    assert reasons(house, draft.id) == ["no_word"], "nobody asked"
    with house.database.write() as session:
        releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
    for answer in ("asked", "change", "no"):
        set_answer(house, answer)
        assert reasons(house, draft.id) == ["no_word"]
    set_answer(house, "yes")
    assert reasons(house, draft.id) == []


def test_the_word_is_for_one_text_and_is_forgotten_with_its_case(house: House) -> None:
    tip = tip_of_one_who_asks(house)
    with house.database.write() as session:
        draft = approved(session, house, tip)
        releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
    set_answer(house, "yes")
    with house.database.write() as session:
        row = session.get_one(Draft, draft.id)
        releases.save_draft(session, draft.id, row.version, b"another", 0, as_(house, "carol"))
        assert session.scalars(select(Wording)).all() == []
        with pytest.raises(NotReleasableError):
            releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
        freeze(session, house, row)
        judge(session, house, row, editor="pass", holder="pass")
        sign(session, house, row)
    assert reasons(house, draft.id) == ["no_word"]
    with house.database.write() as session:
        releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
    set_answer(house, "yes")
    with house.database.write() as session:
        release(session, house, session.get_one(Draft, draft.id))
    assert publish(house) == [draft.public_id]
    with house.database.read() as session:
        assert session.scalars(select(Wording)).all() == []


def test_a_no_after_the_release_keeps_a_text_in_even_while_it_is_printed(house: House) -> None:
    tip = tip_of_one_who_asks(house)
    with house.database.write() as session:
        draft = approved(session, house, tip)
        releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
    set_answer(house, "yes")
    with house.database.write() as session:
        release(session, house, session.get_one(Draft, draft.id))
    (one,) = ready(house)
    set_answer(house, "no")
    with house.database.write() as session:
        assert not releases.mark_published(session, one, house.actor("olga"), house.now)
    assert ready(house) == []
    with house.database.read() as session:
        assert session.get_one(Draft, draft.id).status == "review"
        assert draft.public_id in releases.stranded(session)
        assert session.get_one(Published, draft.public_id).state == "printing"


def test_only_the_clients_lawyer_answers_for_a_client_and_under_their_name(house: House) -> None:
    with house.database.write() as session:
        origin = put(session, house, status="open", wants_word=True)
        alice, today = house.actor("alice"), house.now.date()
        brief = briefs.build("Отказались.", "Согласна.", by=alice, staffing=house.staffing(), day=today)
        case = briefs.write(session, origin, 1, brief, as_(house, "alice"))
        case.assignee, case.second, case.status = "carol", "dan", "open"
        session.flush()
        draft = begin(session, house, case.id)
        freeze(session, house, draft)
    assert case.wants_word
    assert "no_word" in reasons(house, draft.id)
    for name in ("carol", "dan", "olga", "erin"):
        with house.database.write() as session, pytest.raises(NotAllowedError):
            releases.answer_for_client(session, draft.id, DIGEST, "yes", as_(house, name))
    with house.database.write() as session, pytest.raises(NotAllowedError):
        releases.ask_source(session, draft.id, DIGEST, as_(house, "carol"))
    with house.database.write() as session, pytest.raises(NotReleasableError):
        releases.answer_for_client(session, draft.id, OTHER, "yes", as_(house, "alice"))
    with house.database.write() as session:
        releases.answer_for_client(session, draft.id, DIGEST, "yes", as_(house, "alice"))
    assert "no_word" not in reasons(house, draft.id)


def test_a_tap_answers_for_the_text_it_stood_under_and_for_no_other(house: House) -> None:
    tess = Phone(house)
    tess.write("нас держат в яме")
    tess.press("tell")
    tess.press("u.normal")
    tess.press("r.push")
    tess.press("h.any")
    tess.press("k.see")
    (case,) = cases(house)
    assert case.wants_word
    draft, digest = show_text(house, case.id, "Их держат в яме.")
    tess.ring()
    tess.tap("Открыть")
    tess.press(f"w.y.{wordings.tag(OTHER)}")
    with house.database.read() as session:
        assert session.get_one(Wording, draft).answer == "asked"
    before = len(read(house, "carol", case.id, "consent"))
    tess.tap("Да, можно")
    with house.database.read() as session:
        assert session.get_one(Wording, draft).answer == "yes"
        assert session.scalars(select(Notice.kind).where(Notice.staff == "carol")).all()
        assert session.scalars(select(Item).where(Item.kind == "consent")).all()
    (said,) = read(house, "carol", case.id, "consent")[before:]
    assert (said["word"], said["digest"]) == ("yes", digest.hex())
    tess.reboot()
    tess.tap("Нет")
    with house.database.read() as session:
        assert session.get_one(Wording, draft).answer == "no", "the button still leads to the case"


@given(st.text(max_size=24))
def test_nothing_but_our_buttons_is_an_answer(action: str) -> None:
    assert find(action) is None or action[:2] == "w."


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_fits_on_a_button(digest: bytes) -> None:
    assert find(f"w.y.{wordings.tag(digest)}") is not None
