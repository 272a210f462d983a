"""Mallory at the tipster's side: stolen rows, borrowed buttons, old states, a phrase in two hands."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import func, select, update

from bot import link
from casework.tables import Case, Link, Mailbox
from crypto import handle as handles
from crypto import phrase
from intake import state as states
from intake.state import State
from tests.house import House
from tests.phone import Phone, cases, read, reply


def test_a_link_row_laid_under_another_chat_opens_nothing(house: House) -> None:
    """Mallory who writes the database cannot put Tess's conversation into her own chat."""
    tess, mallory = State(case="11" * 16, filed=True), State(language="en")
    today = house.now.date()
    with house.database.write() as session:
        link.put(session, house.strongbox, 1, tess, today)
        link.put(session, house.strongbox, 2, mallory, today)
    with house.database.write() as session:
        one, two = session.scalars(select(Link)).all()
        bytes_of_one, bytes_of_two = one.locked, two.locked
        session.execute(update(Link).where(Link.tag == one.tag).values(locked=bytes_of_two))
        session.execute(update(Link).where(Link.tag == two.tag).values(locked=bytes_of_one))
    with house.database.read() as session:
        assert link.read(session, house.strongbox, 1) is None
        assert link.read(session, house.strongbox, 2) is None


def test_a_state_of_another_version_is_forgotten_and_the_words_are_kept(sqlite_house: House) -> None:
    """Older, newer, broken: a new thread begins, and the old case stays as it is."""
    tess = Phone(sqlite_house)
    tess.write("первое")
    assert tess.link is not None
    known = json.loads(tess.link)
    strange = [
        json.dumps(known | {"version": states.VERSION + 1}),
        json.dumps({name: value for name, value in known.items() if name != "version"}),
        json.dumps(known | {"a field of tomorrow": 1}),
        "not json",
        "[]",
    ]
    for number, text in enumerate(strange, 2):
        tess.link = text.encode()
        assert tess.write("ещё")[0] == "Получено и запечатано."
        assert len(cases(sqlite_house)) == number


def test_a_state_written_yesterday_is_read_today(sqlite_house: House) -> None:
    """What a state has learnt since does not cost anybody their thread."""
    tess = Phone(sqlite_house)
    tess.write("первое")
    assert tess.link is not None
    known = json.loads(tess.link)
    tess.link = json.dumps({k: v for k, v in known.items() if k not in ("greeted", "heard_of")}).encode()
    tess.write("второе")
    assert len(cases(sqlite_house)) == 1


def test_a_phrase_in_two_hands_is_one_case_and_each_hand_may_go(house: House) -> None:
    """Mother and son on two phones: both write to the case, both read the answer, one forgets her chat."""
    mother, son = Phone(house), Phone(house, chat=9)
    mother.write("нас держат")
    mother.press("u.now")
    mother.press("p.show")
    shown = str(getattr(mother.screen[-1].reply, "params", {})["words"]).splitlines()
    words = " ".join(line.split(". ")[1] for line in shown)
    son.write(words)
    son.write("я тоже здесь")
    (case,) = cases(house)
    assert [one["text"] for one in read(house, "alice", case.id, "message")] == ["нас держат", "я тоже здесь"]
    reply(house, "alice", case.id, "держитесь")
    assert son.write(words)[0] == "держитесь"
    assert mother.write(words)[0] == "держитесь"
    mother.press("forget.yes")
    assert son.write("ещё")[0] == "Получено и запечатано."
    assert len(cases(house)) == 1


def test_a_phrase_that_may_be_guessed_leads_nowhere_and_writes_nothing(sqlite_house: House) -> None:
    """Wrong phrases change no row: there is nothing to fill, and nothing to learn."""
    told = Phone(sqlite_house)
    told.write("x")
    mallory = Phone(sqlite_house, chat=666)

    def rows() -> tuple[int, int]:
        with sqlite_house.database.read() as session:
            counted = [
                session.scalar(select(func.count()).select_from(table)) or 0 for table in (Case, Mailbox)
            ]
        return counted[0], counted[1]

    before = rows()
    whole = phrase.generate(lambda size: bytes(range(size))).words("ru")
    for attempt in (whole, whole[::-1], (*whole[:9], "жщжщжщ"), whole[:8]):
        assert "Получено" not in mallory.write(" ".join(attempt))[0]
    assert mallory.tap_data(handles.Handle(b"\x07" * 32).data("open"))[0].startswith("Эта кнопка больше не")
    assert rows() == before


def test_a_button_of_tess_in_anothers_hand_is_her_thread_and_no_more(sqlite_house: House) -> None:
    """A handle is a bearer secret, like the phrase; it leads to one case and to no other chat's choices."""
    tess, other = Phone(sqlite_house), Phone(sqlite_house, chat=9)
    tess.write("первое")
    tess.press("u.now")
    other.write("моё")
    assert tess.state is not None
    assert tess.state.handle is not None
    assert other.state is not None
    mine = other.state
    other.tap_data(handles.Handle(bytes.fromhex(tess.state.handle)).data("menu"))
    assert other.state is not None
    assert other.state.case == tess.state.case
    assert other.state.mailbox is None
    assert replace(mine, case=None).clearing == other.state.clearing
