"""What the hub prints: one thing that cannot be printed stops no other, and nothing outlives its consent."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from PIL import Image
from sqlalchemy import select

from casework import keys, releases
from casework.errors import NotFoundError
from casework.journal import Reason
from casework.tables import Case, Draft, Manifest, Press, Published
from casework.tables import House as HouseRow
from crypto.signature import SigningKey
from register import bundle, lists, records
from register import entry as entries
from register.entry import Entry, Picture, Source
from register.errors import BrokenRecordsError
from register.settings import SiteSettings
from subrosa.chores import Chores
from subrosa.printing import Printer
from tests.cases import as_, put
from tests.house import House


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


@pytest.fixture
def chores(house: House, tmp_path: Path) -> Chores:
    return chores_of(house, tmp_path)


def chores_of(house: House, tmp_path: Path) -> Chores:
    """Return the chores of a hub that prints into *tmp_path*."""
    settings = SiteSettings(base_url="https://register.example", languages=("ru",))
    printer = Printer(tmp_path / "records", tmp_path / "site", settings, SigningKey.generate())
    nothing = cast("Any", None)
    house_settings = cast("Any", SimpleNamespace(register=SimpleNamespace(channel="", batch_hours=())))
    return Chores(
        house_settings, house.database, house.strongbox, house.anchor, nothing, printer, lambda: house.now
    )


def told(**changes: Any) -> Entry:
    return Entry.new(title={"ru": "Отказался ехать"}, body={"ru": "Он отказался."}, **changes)


HASTE = releases.Haste(Reason.make("it cannot wait"), b"sealed")


def send(
    house: House,
    entry: Entry,
    public_id: str | None = None,
    shown: dict[str, bytes] | None = None,
    uses: tuple[str, ...] = ("summary",),
    due: date | None = None,
) -> bytes:
    """Take *entry* through two people and both halves to the press; return its case."""
    public = entries.dumps(entry)
    digest = hashlib.sha256(public).digest()
    carol, dan, erin = (as_(house, name) for name in ("carol", "dan", "erin"))
    with house.database.write() as session:
        tip = put(session, house, team="editors", status="open")
        draft = releases.new_draft(session, keys.new_id(), tip, public_id or entry.id, b"sealed", carol)
        releases.freeze(session, draft.id, draft.version, digest, carol)
        releases.record_verdict(session, draft.id, digest, "editor", "pass", b"", carol)
        releases.record_verdict(session, draft.id, digest, "holder", "pass", b"", erin)
        releases.sign_as_author(session, draft.id, draft.version, digest, carol)
        releases.approve(session, draft.id, draft.version, digest, dan)
        press = house.strongbox.press.recipient
        session.get_one(Case, tip).may_picture = True
        releases.send_to_press(
            session, draft.id, draft.version, public, uses, press, dan, due, haste=HASTE, shown=shown or {}
        )
    return tip


def is_shown(chores: Chores, entry: Entry) -> bool:
    """Tell whether the register shows *entry*, in its records and on its pages."""
    record = records.get(chores.printer.records, entry.id)
    pages = [path for path in chores.printer.output.rglob("*.html") if "Он отказался" in path.read_text()]
    is_kept = record is not None and not record.is_tombstone
    assert is_kept == bool(pages)
    return is_kept


def state_of(house: House, public_id: str) -> str | None:
    with house.database.read() as session:
        row = session.get(Published, public_id)
        return None if row is None else row.state


def test_what_is_released_is_printed_and_noted(house: House, chores: Chores) -> None:
    entry = told()
    send(house, entry)
    chores.publish()
    assert is_shown(chores, entry)
    assert state_of(house, entry.id) == "published"


@pytest.mark.parametrize("step", ["take_in_list", "build"])
def test_consent_taken_back_after_a_crash_leaves_no_public_record(
    step: str, house: House, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = told()
    tip = send(house, entry)

    def die(self: Chores, *_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        # The hub dies once the register holds the text, before or after its pages were written.
        broken.setattr(Printer, "build", die) if step == "take_in_list" else broken.setattr(
            releases, "mark_published", die
        )
        with pytest.raises(KeyboardInterrupt):
            chores.publish()
    with house.database.write() as session:
        session.get_one(Case, tip).may_summarise = False
    chores.publish()
    assert not is_shown(chores, entry)
    assert state_of(house, entry.id) == "retracted"


def test_a_text_under_anothers_id_goes_back_and_overwrites_nothing(house: House, chores: Chores) -> None:
    first, other = told(), told()
    send(house, first)
    chores.publish()
    stolen = Entry.new(title={"ru": "Другое"}, body={"ru": "Совсем другое."})
    send(house, msgspec.structs.replace(stolen, id=first.id), public_id=other.id)
    chores.publish()
    chores.publish()
    assert is_shown(chores, first)
    with house.database.read() as session:
        assert {row.status for row in session.query(Draft)} == {"published", "review"}


def unreadable(_house: House) -> bytes:
    return b"no list"


def unpublishable(_house: House) -> bytes:
    return lists.pack([told(), told(sources=[Source(outlet="x", url="javascript:1")])])


@pytest.mark.parametrize("make", [unreadable, unpublishable])
def test_a_list_that_cannot_be_printed_is_withdrawn_and_holds_up_nothing(
    make: Callable[[House], bytes], house: House, chores: Chores
) -> None:
    body = make(house)
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
    entry = told()
    send(house, entry)
    chores.publish()
    assert is_shown(chores, entry)
    with house.database.read() as session:
        assert session.get_one(Manifest, digest).state == "withdrawn"
        assert len(list(records.read_all(chores.printer.records))) == 1


def test_an_entry_of_a_list_is_taken_down_by_one_person(house: House, chores: Chores) -> None:
    entry, stays = told(), told()
    with house.database.write() as session:
        body = lists.pack([entry, stays])
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
    chores.publish()
    with house.database.write() as session:
        releases.order_take_down(session, entry.id, "safety", as_(house, "alice"))
    chores.take_down()
    assert (state_of(house, entry.id), state_of(house, stays.id)) == ("retracted", "published")
    record = records.get(chores.printer.records, entry.id)
    assert record is not None
    assert record.is_tombstone


def test_an_entry_of_a_list_can_be_taken_down_while_the_site_is_being_made(
    house: House, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = told()
    with house.database.write() as session:
        digest = releases.land_manifest(session, lists.pack([entry]), house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))
    build = Printer.build

    def order_meanwhile(self: Printer, *args: Any) -> Any:
        monkeypatch.setattr(Printer, "build", build)
        order(house, entry)
        chores.take_down()
        return self.build(*args)

    monkeypatch.setattr(Printer, "build", order_meanwhile)
    chores.publish()
    assert not is_shown(chores, entry)
    assert state_of(house, entry.id) == "retracted"
    with house.database.read() as session:
        assert session.get_one(Manifest, digest).state == "public"


def test_the_number_of_an_issue_never_goes_back_though_site_and_state_are_lost(
    house: House, chores: Chores
) -> None:
    def draw(seen: int) -> int:
        with house.database.write() as session:
            return releases.draw_issue(session, seen)

    chores.printer = replace(chores.printer, issue=draw)
    entry = told()
    send(house, entry)
    chores.publish()
    before = chores.printer.build(house.now).number
    assert before is not None
    for path in chores.printer.output.parent.glob("*site*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    # The house too may be a restored one that is some issues behind.
    with house.database.write() as session:
        session.get_one(HouseRow, 1).issue = max(1, before - 1)
    after = chores.printer.build(house.now).number
    assert after is not None
    assert after > before
    assert bundle.verify(chores.printer.output, chores.printer.key.public, at_least=before).number == after


def test_an_order_against_what_is_no_id_holds_up_no_other(house: House, chores: Chores) -> None:
    entry = told()
    send(house, entry)
    chores.publish()
    with house.database.write() as session:
        odd = releases.new_draft(session, keys.new_id(), None, "aaaa-not-an-id", b"", as_(house, "carol"))
        releases.freeze(session, odd.id, odd.version, bytes(32), as_(house, "carol"))
        for public_id in (odd.public_id, entry.id):
            releases.order_take_down(session, public_id, "safety", as_(house, "alice"))
    chores.take_down()
    assert not is_shown(chores, entry)
    with house.database.read() as session:
        assert releases.due_take_downs(session, house.staffing()).valid == ()


def spoil(chores: Chores) -> None:
    """Leave a record that nobody can read."""
    (chores.printer.records / "zz").mkdir(parents=True)
    (chores.printer.records / "zz" / "zzzzzzzzzz.json").write_bytes(b"{")


def order(house: House, *entries: Entry) -> None:
    with house.database.write() as session:
        for one in entries:
            releases.order_take_down(session, one.id, "safety", as_(house, "alice"))


def test_a_record_nobody_can_read_keeps_no_other_entry_up(house: House, chores: Chores) -> None:
    """Each order is carried out and noted; only the site's own chore goes on saying what is broken."""
    first, second = told(), told()
    for one in (first, second):
        send(house, one)
    chores.publish()
    spoil(chores)
    order(house, first, second)
    chores.take_down()
    assert not is_shown(chores, first)
    assert not is_shown(chores, second)
    assert {state_of(house, one.id) for one in (first, second)} == {"retracted"}
    with house.database.read() as session:
        assert releases.due_take_downs(session, house.staffing()).valid == ()
    with pytest.raises(BrokenRecordsError):
        chores.refresh()


def test_an_entry_that_cannot_be_taken_away_holds_up_no_other(house: House, chores: Chores) -> None:
    first, second = sorted((told(), told()), key=lambda one: one.id)
    for one in (first, second):
        send(house, one)
    chores.publish()
    page = chores.printer.output / "ru" / "entries" / f"{first.id}.html"
    page.unlink()
    page.mkdir()
    order(house, first, second)
    with pytest.raises(OSError, match="directory"):
        chores.take_down()
    assert state_of(house, second.id) == "retracted"
    assert state_of(house, first.id) == "published"
    page.rmdir()
    chores.take_down()
    assert state_of(house, first.id) == "retracted"


def test_a_record_nobody_can_read_keeps_no_text_from_being_noted(house: House, chores: Chores) -> None:
    spoil(chores)
    entry = told()
    send(house, entry)
    chores.publish()
    assert state_of(house, entry.id) == "published"
    order(house, entry)
    chores.take_down()
    assert state_of(house, entry.id) == "retracted"


def test_the_tombstone_of_what_was_told_twice_leads_to_the_entry_that_stays(
    house: House, chores: Chores
) -> None:
    twice, stays = told(), told()
    for one in (twice, stays):
        send(house, one)
    chores.publish()
    alice = as_(house, "alice")
    for into in (twice.id, "0000000000"):
        with pytest.raises(NotFoundError), house.database.write() as session:
            releases.order_take_down(session, twice.id, "duplicate", alice, into)
    with house.database.write() as session:
        releases.order_take_down(session, twice.id, "duplicate", alice, stays.id)
    chores.take_down()
    page = (chores.printer.output / "ru" / "entries" / f"{twice.id}.html").read_text()
    assert f'href="{stays.id}.html"' in page
    assert "Он отказался" not in page
    data = json.loads((chores.printer.output / "data" / "entries" / f"{twice.id}.json").read_bytes())
    assert data["merged_into"] == stays.id
    # The link is part of what is signed.
    with house.database.write() as session:
        releases.order_take_down(session, stays.id, "duplicate", alice).into = twice.id
        assert releases.due_take_downs(session, house.staffing()).forged == 1


def pictured() -> tuple[Entry, dict[str, bytes]]:
    """Return an entry that shows a picture, and the picture by its name."""
    body = BytesIO()
    Image.new("RGB", (8, 6)).save(body, "JPEG")
    name = hashlib.sha256(body.getvalue()).hexdigest()
    picture = Picture(sha256=name, width=8, height=6, alt={"ru": "Казарма"})
    return msgspec.structs.replace(told(), pictures=(picture,)), {name: body.getvalue()}


def test_a_picture_whose_use_is_not_named_is_printed_by_no_hub(house: House, chores: Chores) -> None:
    entry, shown = pictured()
    send(house, entry, shown=shown)
    chores.publish()
    assert records.get(chores.printer.records, entry.id) is None
    with house.database.read() as session:
        assert session.scalars(select(Press)).one().why == "no_consent"


def test_an_entry_that_comes_without_its_picture_goes_back(house: House, chores: Chores) -> None:
    entry, _shown = pictured()
    send(house, entry, uses=("summary", "picture"))
    chores.publish()
    assert records.get(chores.printer.records, entry.id) is None
    with house.database.read() as session:
        assert session.scalars(select(Press)).one().why == "unreadable"
