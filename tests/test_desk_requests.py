"""Asking for something of a card: given or refused thing by thing, in the journal, and never left lying."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import cardrequests
from casework.database import Database
from casework.tables import CardRequest, JournalRow, Notice
from tests.deskhouse import Browser, DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def asked(desk: DeskHouse, carol: Browser) -> str:
    card = {"kind": "text", "text": "Канарейкина Анна, +7 913 000-17-42"}
    case = desk.file_case("editors", assignee="carol", card=card)
    where = f"/case/{case.hex()}"
    carol.do(where, f"{where}/accept", second="dan")
    answer = carol.do(where, f"{where}/card/ask", wanted="contact", reason="Уточнить дату у неё самой.")
    assert answer.status_code == 303
    return where


def acts(desk: DeskHouse) -> list[str]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(JournalRow.act).order_by(JournalRow.n)))


def test_a_custodian_gives_what_they_tick_and_the_card_stays(desk: DeskHouse) -> None:
    carol, erin = desk.sign_in("carol"), desk.sign_in("erin")
    where = asked(desk, carol)
    bench = erin.page("/bench")
    assert "Уточнить дату у неё самой." in bench
    case = where.removeprefix("/case/")
    assert erin.do("/bench", f"{where}/card", reason="other", words="carol").status_code == 303
    page = erin.page(f"{where}/card")
    item = re.search(r'name="give" value="([0-9a-f]{32})"', page)
    assert item is not None
    done = erin.do(f"{where}/card", f"/bench/{case}/answer", give=item[1], words="Только звонить.")
    assert done.status_code == 303
    read = carol.page(where)
    assert "Канарейкина Анна, +7 913 000-17-42" in read
    assert "Только звонить." in read
    assert "Уточнить" not in erin.page("/bench")
    assert [act for act in acts(desk) if "card" in act] == ["ask-card", "open-card", "answer-card"]
    assert carol.do(where, f"{where}/card/ask", wanted="name", reason="Ещё раз.").status_code == 303


def test_a_refusal_needs_words_and_opens_nothing(desk: DeskHouse) -> None:
    carol, erin = desk.sign_in("carol"), desk.sign_in("erin")
    where = asked(desk, carol)
    action = f"/bench/{where.removeprefix('/case/')}/answer"
    assert erin.do("/bench", action, words="").status_code == 422
    assert erin.do("/bench", action, words="", give="0" * 32).status_code == 409
    assert erin.do("/bench", action, words="Опасно для неё.").status_code == 303
    assert "Опасно для неё." in carol.page(where)
    assert "Канарейкина" not in carol.page(where)
    assert "open-card" not in acts(desk)


def test_a_request_nobody_answers_reaches_the_coordinators_once_a_day(desk: DeskHouse) -> None:
    asked(desk, desk.sign_in("carol"))
    house = desk.house

    def told() -> list[str]:
        with house.database.write() as session:
            cardrequests.escalate(session, house.staffing(), house.now)
            staff = sorted(session.scalars(select(Notice.staff).where(Notice.kind == "card")))
            session.query(Notice).delete()
        return staff

    assert told() == ["erin"]
    house.now += timedelta(hours=25)
    assert told() == ["olga"]
    assert told() == []
    house.now += timedelta(hours=25)
    assert told() == ["olga"]


def test_only_the_editors_of_a_tip_ask_and_nobody_forges_a_request(desk: DeskHouse) -> None:
    carol, erin = desk.sign_in("carol"), desk.sign_in("erin")
    where = asked(desk, carol)
    other = desk.file_case("editors", assignee="dan")
    form = carol.form(where, f"{where}/card/ask")
    early = carol.post(f"/case/{other.hex()}/card/ask", {**form, "wanted": "name", "reason": "Хочу."})
    assert early.status_code == 404
    with desk.house.database.write() as session:
        session.scalars(select(CardRequest)).one().staff = "dan"
    assert "Уточнить" not in erin.page("/bench")
