"""Documents filled from the sealed case: dated by law, as text, and as a file that tells nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select

from casework import documents
from casework.database import Database
from casework.documents import BLANK, Paragraph
from casework.tables import JournalRow
from desk import docx
from tests.deskhouse import DeskHouse, open_desk

WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path) as opened:
        yield opened


def texts(body: bytes) -> list[str]:
    """Return the paragraphs a word processor would show."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        for part in archive.namelist():
            ET.fromstring(archive.read(part))
        tree = ET.fromstring(archive.read("word/document.xml"))
    return ["".join(run.text or "" for run in one.iter(f"{WORDS}t")) for one in tree.iter(f"{WORDS}p")]


def test_a_lawyer_fills_a_report_from_the_parties_and_takes_it_as_text_and_as_a_file(
    desk: DeskHouse, tmp_path: Path
) -> None:
    alice, carol = desk.sign_in("alice"), desk.sign_in("carol")
    where = f"/case/{desk.file_case(assignee='alice').hex()}"
    alice.do(where, f"{where}/accept", second="bob")
    alice.do(f"{where}/people", f"{where}/party", role="client", name="рядовой Отказов О. О.", about="")
    alice.do(f"{where}/people", f"{where}/party", role="commander", name="п-к Комбатов <К&К>", about="")
    listed = alice.page(f"{where}/papers")
    assert "Law as of 31 Dec 2024" in listed and "no lawyer has checked this yet" in listed
    page = f"{where}/papers/refusal_report"
    assert "от рядовой Отказов О. О." in alice.page(page)
    fields = {"f_name": "рядовой Отказов О. О.", "f_commander": "п-к Комбатов <К&К>", "f_date": "10.03.2026"}
    reason = "Первая причина.\r\nВторая: {commander} > приказ = угроза."
    assert alice.do(page, page, f_reason=reason, **fields).status_code == 303
    assert "begun" in alice.page(f"{where}/papers")
    taken = alice.do(page, f"{page}/docx")
    assert taken.status_code == 200
    assert taken.headers["content-disposition"].endswith("refusal_report.docx")
    found = texts(taken.content)
    assert "от рядовой Отказов О. О." in found and "п-к Комбатов <К&К>" in found
    assert f"Командиру {BLANK}" in found  # nothing was filled in, so nothing is guessed
    assert found.index("Вторая: {commander} > приказ = угроза.") == found.index("Первая причина.") + 1
    assert alice.do(page, f"{page}/docx").content == taken.content
    with desk.house.database.read() as session:
        assert list(session.scalars(select(JournalRow.act))).count("export") == 2
    assert carol.get(page).status_code == 403
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "Отказов".encode() not in disk and b"refusal_report" not in disk


def test_bob_who_is_not_on_the_case_fills_and_takes_nothing(desk: DeskHouse) -> None:
    alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
    where = f"/case/{desk.file_case(assignee='alice').hex()}"
    alice.do(where, f"{where}/accept", second="")
    page = f"{where}/papers/refusal_report"
    mine = {**bob.form("/account", "/account/duty"), "version": alice.form(page, page)["version"]}
    for answer in (bob.get(f"{where}/papers"), bob.get(page)):
        assert answer.status_code == 404
    assert bob.post(page, {**mine, "once": "keep"}).status_code == 404
    assert bob.post(f"{page}/docx", {**mine, "once": "take"}).status_code == 404
    assert alice.get(f"{where}/papers/no_such_paper").status_code == 404


def test_every_document_names_its_law_and_fills_without_a_gap() -> None:
    found = documents.load()
    assert {"refusal_report", "prosecutor_complaint", "civil_service", "registration_number"} <= set(found)
    for one in found.values():
        assert one.law_as_of >= date(2024, 1, 1) and one.basis
        text = documents.as_text(one.fill({}))
        assert BLANK in text and "{" not in text


def test_a_file_survives_any_words_and_tells_no_program_person_or_hour() -> None:
    body = docx.write([Paragraph("a\x00b\x1f ]]> \ud7ff\ufffe 🙂", "right"), Paragraph("")])
    assert texts(body) == ["ab ]]> \ud7ff 🙂", ""]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
