"""What must stand in the journal, done once at the desk or by the hub: a row each, by name, signed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import erasure, journal, releases
from casework.actors import HUB, Actor
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Draft, Item, JournalRow
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_drafts import CARD, STORY, write

ROOMS = ("casework", "intake", "desk", "subrosa")
# What hands the name of an act to the journal: its own door, and the helpers of the rooms that do.
WRITERS = {"write", "record", "record_second", "end", "_answer", "_note"}


@dataclass
class Played:
    """One tip on its way out, and who is at their desk."""

    desk: DeskHouse
    where: str
    case: bytes
    people: dict[str, Browser]
    draft: str = ""

    def row(self) -> Draft:
        with self.desk.house.database.read() as session:
            return session.scalars(select(Draft)).one()

    def do(self, who: str, page: str, action: str, **fields: str) -> str:
        """Let *who* post the form on *page* that leads to *action*, and return where it led."""
        answer = self.people[who].do(page, action, **fields)
        assert answer.status_code in {200, 303}, (action, answer.status_code)
        return answer.headers.get("location", "")


@pytest.fixture
def played(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[Played]:
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors) as desk:
        files = (("sheet.txt", "text/plain", b"nothing"),)
        case = desk.file_case("editors", assignee="carol", text=STORY, card=CARD, files=files)
        yield Played(desk, f"/case/{case.hex()}", case, {})


def sign_in(one: Played) -> None:
    one.people = {"carol": one.desk.sign_in("carol")}


def look(one: Played) -> None:
    one.people["carol"].page(one.where)


def accept(one: Played) -> None:
    one.do("carol", one.where, f"{one.where}/accept", second="dan")


def reply(one: Played) -> None:
    one.do("carol", one.where, f"{one.where}/reply", text="Спасибо.", mode="reply")


def export(one: Played) -> None:
    with one.desk.house.database.read() as session:
        item = session.scalars(select(Item.id).where(Item.kind == "file")).one().hex()
    one.do("carol", f"{one.where}/file/{item}", f"{one.where}/file/{item}/export")


def assign(one: Played) -> None:
    one.people["dan"] = one.desk.sign_in("dan")
    one.do("carol", one.where, f"{one.where}/assign", to="dan", handover="Дальше ты.")
    one.do("dan", one.where, f"{one.where}/assign", to="carol", handover="Верну.")


def open_card(one: Played) -> None:
    one.people["erin"] = one.desk.sign_in("erin")
    one.do("erin", "/bench", f"{one.where}/card", reason="safety")


def grant(one: Played) -> None:
    one.do("erin", "/bench", f"/bench/{one.case.hex()}/release", words="Нужно позвонить.")


def unmask(one: Played) -> None:
    one.draft = one.do("carol", one.where, f"{one.where}/draft")
    page = one.people["carol"].page(one.draft)
    place = page.split('name="place" value="')[1].split('"')[0]
    one.do("carol", one.draft, f"{one.draft}/unmask", place=place)


def override(one: Played) -> None:
    blocked = "Игорь Кошкин отказался идти на позиции."
    assert write(one.people["carol"], one.draft, "freeze", body_ru=blocked).status_code == 303
    one.do("carol", one.draft, f"{one.draft}/sign")
    one.do("erin", one.draft, f"{one.draft}/check")
    why = "Он сам выступил под своим именем."
    one.do("dan", one.draft, f"{one.draft}/approve", override="1", reason=why)


def approve(one: Played) -> None:
    assert write(one.people["carol"], one.draft, "freeze").status_code == 303
    one.do("carol", one.draft, f"{one.draft}/sign")
    one.do("erin", one.draft, f"{one.draft}/check")
    one.do("dan", one.draft, f"{one.draft}/approve")


def publish(one: Played) -> None:
    one.do("dan", one.draft, f"{one.draft}/publish")
    house = one.desk.house
    with house.database.write() as session:
        (ready,) = releases.due_press(session, house.strongbox.press, house.staffing(), house.now)
        assert releases.mark_published(session, ready, Actor(HUB, 0, house.strongbox.signing), house.now)


def take_down(one: Played) -> None:
    public = one.row().public_id
    one.do("dan", "/published", f"/published/{public}/take-down", code="safety")


def erase(one: Played) -> None:
    house = one.desk.house
    erasure.erase(
        house.database,
        house.strongbox,
        one.case,
        by=Actor(HUB, 0, house.strongbox.signing),
        now=house.now,
        mirror=lambda: None,
        remember=lambda _case: None,
        escrow_days=7,
    )


# In the order of one tip's way: the act, who must stand behind its row, and how it is done.
WAY: tuple[tuple[str, str, Callable[[Played], None]], ...] = (
    ("sign-in", "carol", sign_in),
    ("open-case", "carol", look),
    ("accept", "carol", accept),
    ("reply", "carol", reply),
    ("export", "carol", export),
    ("assign", "carol", assign),
    ("open-card", "erin", open_card),
    ("grant", "erin", grant),
    ("unmask", "carol", unmask),
    ("override", "dan", override),
    ("approve", "dan", approve),
    ("publish", HUB, publish),
    ("take-down", "dan", take_down),
    ("erase", HUB, erase),
)


def test_every_act_that_must_be_known_leaves_a_signed_row(played: Played) -> None:
    house = played.desk.house
    for act, who, do in WAY:
        before = newest(played)
        do(played)
        with house.database.read() as session:
            found = select(JournalRow).where(JournalRow.n > before, JournalRow.act == act)
            assert [row for row in session.scalars(found) if row.actor == who], f"{act} left no row of {who}"
    with house.database.write() as session:
        journal.countersign(session, house.strongbox.signing, house.roster)
        assert journal.verify_chain(session, house.anchor)


def test_every_act_the_journal_knows_is_written_somewhere() -> None:
    """A word of the journal that nothing writes is a promise nobody keeps."""
    top = Path(__file__).parents[1]
    written = {
        word.value
        for room in ROOMS
        for path in (top / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and name_of(call) in WRITERS
        for word in ast.walk(call)
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    }
    assert written >= journal.ACTS, sorted(journal.ACTS - written)


def name_of(call: ast.Call) -> str:
    """Return the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def newest(played: Played) -> int:
    """Return the number of the newest row."""
    with played.desk.house.database.read() as session:
        return session.scalar(select(JournalRow.n).order_by(JournalRow.n.desc()).limit(1)) or 0
