"""The rooms that are seldom seen, in a browser; and that no page is left that nobody looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from playwright.async_api import Browser

from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Published
from desk import words
from register import entry as entries
from register import records
from register.entry import Entry, Quote, Source, Update
from tests import test_desk_looks, tour
from tests.deskhouse import DeskHouse
from tests.test_desk_door import CAST
from tests.test_desk_looks import SHOTS, Served, look, serving, watch

browser = test_desk_looks.browser

DESK = words.CATALOGUES.parent
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "tour"
STAYS = Entry.new(
    title={"ru": "Морские пехотинцы отказались"}, body={"ru": "Группа отказалась вернуться в мае."},
    item_type="refusal_group", branch="marines", month="2026-05",
)  # fmt: skip
TWIN = msgspec.structs.replace(
    Entry.new(title={"ru": "То же самое"}, body={"ru": "О том же отказе."}, item_type="refusal_group"),
    quotes=(Quote(text="Мы не поедем.", attributed_as="один из них", language="ru"),),
    sources=(Source(outlet="Учебный вестник", day=date(2026, 5, 3)),),
    updates=(Update(text={"ru": "Двоих уволили."}, kind="follow_up", day=date(2026, 6, 1)),),
)


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[Served]:
    with serving(sqlite_database, tmp_path, detectors, CAST) as desk:
        yield desk


def test_every_page_of_the_desk_is_looked_at() -> None:
    """In each width and theme and by axe: a template that no row of the tour shows fails here."""
    shown = {name for page in DESK.rglob("*.py") for name in re.findall(r'"(\w+)\.html"', page.read_text())}
    assert shown == {template for template, _line in tour.DESK.values()}
    looks = "".join(page.read_text() for page in Path(__file__).parent.glob("test_desk*looks*.py"))
    assert [name for name in tour.DESK if f'"{name}"' not in looks] == []


def test_every_picture_of_the_tour_is_listed_and_they_are_small() -> None:
    listed = set(re.findall(r"\]\(([\w/.-]+\.png)\)", (PICTURES / "README.md").read_text()))
    kept = {one.relative_to(PICTURES).as_posix(): one.stat().st_size for one in PICTURES.rglob("*.png")}
    assert kept.keys() == listed | {f"{name}.png" for name in tour.FRONT}
    assert sum(kept.values()) < 8_000_000  # bytes


def publish(desk: DeskHouse, folder: Path, *public: Entry) -> None:
    day = desk.house.now.date()
    for one in public:
        records.put(folder, one, day)
        with desk.house.database.write() as session:
            digest = bytes.fromhex(entries.fingerprint(one))
            session.add(Published(public_id=one.id, digest=digest, day=day, state="published"))


def photo() -> bytes:
    """Take a photo of nobody."""
    taken = BytesIO()
    Image.new("RGB", (600, 450), (120, 140, 110)).save(taken, "JPEG")
    return taken.getvalue()


@pytest.mark.full
@pytest.mark.browser
async def test_the_rooms_that_are_seldom_seen_hold_together(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    desk, wrong = served.desk, list[str]()
    publish(desk, tmp_path / "records", STAYS, TWIN)
    voice, seen = ("голос.ogg", "audio/ogg", b"0" * 9000), ("казарма.jpg", "image/jpeg", photo())
    case = f"{served.url}/case/{desk.file_case(assignee='alice', files=(voice,)).hex()}"
    tip = f"{served.url}/case/{desk.file_case('editors', assignee='carol', files=(seen,)).hex()}"
    alice = await served.sign_in(browser, "alice", scripts=True)
    strange = watch(alice, served.url)
    await alice.goto(case)
    await alice.click("form[action$='/accept'] button")
    await alice.click("text=голос.ogg")
    wrong += await look(alice, "file-voice", "file")
    await alice.goto(case)
    await alice.click("summary:has-text('Дать консультанту')")
    await alice.click("form[action$='/lend'] button")
    vera = await served.sign_in(browser, "vera", scripts=True)
    await vera.goto(case)
    wrong += await look(vera, "case-lent", "case")
    carol = await served.sign_in(browser, "carol", scripts=True)
    await carol.goto(tip)
    await carol.click("form[action$='/accept'] button")
    await carol.click("form[action$='/draft'] button")
    await carol.click("button[name=item]")
    for corner in ((120, 90), (300, 260)):
        await carol.click("input[type=image] >> visible=true", position={"x": corner[0], "y": corner[1]})
    wrong += await look(carol, "picture", "picture")
    await carol.goto(f"{served.url}/published/{TWIN.id}/merge?into={STAYS.id}")
    wrong += await look(carol, "merge", "merge")
    await alice.goto(f"{served.url}/account")
    await alice.fill("#passphrase", desk.passphrases["alice"])
    await alice.click("form[action='/account/passphrase'] button")
    wrong += await look(alice, "passphrase", "account")
    waiting = f"{served.url}/case/{desk.file_case(assignee='alice').hex()}"
    await alice.goto(waiting)
    desk.hub.end()
    await alice.click("form[action$='/accept'] button")
    await alice.click("form[action='/sign-out'] button")
    wrong += await look(alice, "sign-out", "sign-out")
    desk.file_case(assignee="bob")
    bob = await served.sign_in(browser, "bob", scripts=True)
    await bob.goto(f"{served.url}/queue")
    wrong += await look(bob, "hub-silent", "queue")
    assert not wrong, "\n".join(wrong)
    assert not strange, strange
