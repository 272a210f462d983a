"""The figures: a month is counted once, small cells are gone for good, and nobody slips in others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from casework import canonical, releases, rows, statistics
from casework.database import Database
from casework.tables import Slip, Tally
from crypto import context
from crypto.sealed import seal
from tests.deskhouse import DeskHouse, open_desk


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def put_slips(desk: DeskHouse, month: str, **counts: int) -> None:
    batch = rows.Rows()
    olga = desk.house.staff["olga"].identity.recipient
    for topic, count in counts.items():
        for _ in range(count):
            statistics.add_slip(batch, [olga], month, {"kind": "legal", "topic": topic})
    with desk.house.database.write() as session:
        rows.write(session, [batch])


def slips(desk: DeskHouse) -> int:
    with desk.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Slip)) or 0


def test_a_month_that_is_over_is_counted_once_and_its_slips_go(desk: DeskHouse) -> None:
    put_slips(desk, "2026-02", refusal=9, discharge=7, missing=2)
    put_slips(desk, "2026-03", refusal=3)
    olga = desk.sign_in("olga")
    assert "2026-03" not in olga.page("/figures")
    assert olga.do("/figures", "/figures/close", month="2026-02").status_code == 303
    page = olga.page("/figures")
    assert "18" in page
    assert slips(desk) == 3
    tokens = olga.form("/account", "/account/duty")
    for month, once in (("2026-02", "again"), ("2026-03", "early"), ("2025-01", "never")):
        status = olga.post("/figures/close", {**tokens, "month": month, "once": once}).status_code
        assert status in (404, 409), month


def test_small_cells_are_hidden_in_page_table_and_what_is_kept(desk: DeskHouse) -> None:
    put_slips(desk, "2026-02", refusal=9, discharge=7, missing=2)
    olga = desk.sign_in("olga")
    olga.do("/figures", "/figures/close", month="2026-02")
    table = olga.get("/figures/table").text.splitlines()
    assert "2026-02,filed,topic,refusal,9" in table
    assert "2026-02,filed,topic,missing,<5" in table
    assert "2026-02,filed,topic,discharge,<5" in table, "or the hidden one would follow from the total"
    assert "2026-02,filed,total,,18" in table


def test_a_closed_case_is_counted_by_what_its_cover_says(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice", cover={"topic": "refusal", "region": "RU-SVE"})
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    alice.do(where, f"{where}/accept", second="")
    assert alice.do(where, f"{where}/close", outcome="helped").status_code == 303
    with desk.house.database.read() as session:
        slip = session.scalars(select(Slip)).one()
    facts = statistics.open_slip(slip, desk.house.staff["olga"].identity)
    assert facts == {"kind": "legal", "outcome": "helped", "region": "RU-SVE", "topic": "refusal"}


def put_answers(desk: DeskHouse, month: str, *hours: float) -> None:
    batch = rows.Rows()
    for one in hours:
        statistics.add_answer(batch, [desk.house.staff["olga"].identity.recipient], month, one)
    with desk.house.database.write() as session:
        rows.write(session, [batch])


def test_the_first_answer_and_no_later_one_leaves_a_slip_of_hours_alone(desk: DeskHouse) -> None:
    case = desk.file_case(assignee="alice")
    desk.house.now += timedelta(hours=8)
    alice = desk.sign_in("alice")
    where = f"/case/{case.hex()}"
    alice.do(where, f"{where}/accept", second="")
    assert slips(desk) == 0
    for text in ("Добрый день.", "И ещё одно."):
        assert alice.do(where, f"{where}/reply", text=text).status_code == 303
    with desk.house.database.read() as session:
        slip = session.scalars(select(Slip)).one()
    assert statistics.open_slip(slip, desk.house.staff["olga"].identity) == {"hours": "12"}


def test_a_coordinator_tells_readers_what_slips_say_and_nobody_else_does(desk: DeskHouse) -> None:
    put_slips(desk, "2026-02", refusal=9)
    put_answers(desk, "2026-02", 1, 3, 7, 20, 900)
    desk.file_case()  # somebody waits, fewer than five
    olga = desk.sign_in("olga")
    assert "Nothing was told yet" in olga.page("/figures")
    olga.do("/figures", "/figures/close", month="2026-02")
    assert "Half of them came within 12 hours" in olga.page("/figures")
    assert "2026-02,filed,total,,9" in olga.get("/figures/table").text
    tokens = olga.form("/account", "/account/duty")
    assert olga.post("/figures/tell", {**tokens, "month": "2026-01", "once": "no such"}).status_code == 404
    alice = desk.sign_in("alice")
    form = {**alice.form("/account", "/account/duty"), "month": "2026-02"}
    assert alice.post("/figures/tell", form).status_code == 403
    assert olga.do("/figures", "/figures/tell", month="2026-02").status_code == 303
    with desk.house.database.read() as session:
        told = releases.told_figures(session, desk.house.staffing())
    assert told is not None
    assert (told.month, told.hours, told.waiting, told.staff) == ("2026-02", 12, 0, "olga")
    assert "Told by olga" in olga.page("/figures")


def test_of_fewer_than_five_first_answers_nothing_is_said(desk: DeskHouse) -> None:
    put_answers(desk, "2026-02", 1, 3, 7, 20)
    olga = desk.sign_in("olga")
    olga.do("/figures", "/figures/close", month="2026-02")
    page = olga.page("/figures")
    assert "too few to say" in page
    assert "/figures/tell" not in page
    tokens = olga.form("/account", "/account/duty")
    assert olga.post("/figures/tell", {**tokens, "month": "2026-02"}).status_code == 404


def test_figures_nobody_of_the_house_signed_are_not_shown(desk: DeskHouse) -> None:
    figures = {"unread": 0, **{part: {"total": 777, "fields": {}} for part in ("filed", "closed")}}
    said = {"by": "olga", "number": 1, "figures": figures, "signature": "00" * 64}
    olga = desk.house.staff["olga"].identity.recipient
    forged = seal(canonical.dumps(said), [olga], context.named("tally", "2026-01"))
    with desk.house.database.write() as session:
        session.add(Tally(month="2026-01", sealed=forged))
    assert "777" not in desk.sign_in("olga").page("/figures")


def test_a_value_in_the_table_is_no_formula(desk: DeskHouse) -> None:
    put_slips(desk, "2026-02", **{"=1+1": 6})
    olga = desk.sign_in("olga")
    olga.do("/figures", "/figures/close", month="2026-02")
    desk.house.now += timedelta(minutes=1)
    assert "'=1+1,6" in olga.get("/figures/table").text
