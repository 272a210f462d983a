"""What is public comes back with a restore as it was last: nothing withdrawn, nothing forged."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from bot import channel
from casework import releases
from casework.database import Database, connect
from casework.tables import ChannelPost, Published
from crypto import context
from crypto.sealed import open_sealed, seal
from crypto.signature import SigningKey
from crypto.xwing import Identity
from register import entry as entries
from register import pictures, records
from register.entry import Entry
from register.settings import SiteSettings
from subrosa import backup, configuration, shelved
from subrosa.chores import Chores
from subrosa.errors import RestoreError
from subrosa.escrow import Escrow
from subrosa.printing import Printer
from subrosa.settings import Settings
from tests.cases import as_
from tests.house import House
from tests.test_printing import pictured, send, told


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


@pytest.fixture
def escrow_key() -> Identity:
    return Identity.generate()


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    values = {
        "roster.roots": (house.root.public.hex(),),
        "database.url": house.database.engine.url.render_as_string(hide_password=False),
    }
    (tmp_path / "subrosa.toml").write_text(configuration.example(values), encoding="utf-8")
    loaded = configuration.load(tmp_path / "subrosa.toml")
    loaded.escrow.medium.mkdir()
    return loaded


@pytest.fixture
def target(house: House, settings: Settings, escrow_key: Identity) -> Escrow:
    return Escrow(settings.escrow.medium, house.strongbox.families["epoch"].path.parent, escrow_key.recipient)


@pytest.fixture
def chores(house: House, settings: Settings, target: Escrow, tmp_path: Path) -> Chores:
    """What a hub does by itself, with a second medium."""
    printer = Printer(settings.register.records_dir, tmp_path / "site", SiteSettings(), SigningKey.generate())
    return Chores(settings, house.database, house.strongbox, house.anchor, target, printer, lambda: house.now)


def elsewhere(settings: Settings, name: str = "elsewhere") -> Settings:
    """Name an empty house on another machine."""
    folder = settings.path.parent / name
    folder.mkdir()
    return replace(
        settings,
        path=folder / "subrosa.toml",
        database=replace(settings.database, url=f"sqlite:///{folder / 'house.db'}"),
        hub=replace(settings.hub, state_dir=folder / "state", runtime_dir=folder / "runtime"),
        register=replace(settings.register, records_dir=folder / "records"),
    )


def published(house: House, chores: Chores, **changes: Any) -> Entry:
    """Let an entry pass two people and both halves, and publish it."""
    entry = told(**changes)
    send(house, entry)
    chores.publish()
    return entry


def shelved_entry(house: House, chores: Chores) -> Entry:
    """Keep an entry as published, without the way there."""
    entry = told()
    records.put(chores.printer.records, entry, house.now.date())
    return entry


def taken_down(house: House, chores: Chores, entry: Entry) -> None:
    with house.database.write() as session:
        releases.order_take_down(session, entry.id, "safety", as_(house, "alice"))
    chores.take_down()


def opened(settings: Settings) -> Database:
    return connect(settings.database.url)


def test_a_restore_brings_the_register_back_and_nothing_that_was_taken_down_since_the_copy(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity
) -> None:
    stays, goes = published(house, chores), published(house, chores)
    with house.database.write() as session:
        channel.announce(session, goes.id, house.now)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    taken_down(house, chores, goes)
    chores.copy_records()
    house.now += timedelta(minutes=9)
    place = elsewhere(settings)
    restored = backup.restore(place, target.medium, escrow_key, house.now)
    assert restored.public == 2
    there = {record.id: record.is_tombstone for record in records.read_all(place.register.records_dir)}
    assert there == {stays.id: False, goes.id: True}
    database = opened(place)
    with database.read() as session:
        assert session.get_one(Published, stays.id).state == "published"
        assert session.get_one(Published, goes.id).state == "retracted"
        assert session.get_one(ChannelPost, goes.id).state == "leaving"
        assert shelved.missing(session, place.register.records_dir) == 0
    database.close()


def test_a_name_corrected_away_does_not_return(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity
) -> None:
    entry = shelved_entry(house, chores)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    records.put(
        chores.printer.records,
        msgspec.structs.replace(entry, title={"ru": "Один отказался"}),
        house.now.date(),
    )
    chores.copy_records()
    place = elsewhere(settings)
    backup.restore(place, target.medium, escrow_key, house.now)
    record = records.get(place.register.records_dir, entry.id)
    assert record is not None and record.entry is not None
    assert record.entry.title == {"ru": "Один отказался"}


def test_words_that_were_withdrawn_lie_in_no_older_copy(
    house: House, target: Escrow, chores: Chores, escrow_key: Identity
) -> None:
    entry = shelved_entry(house, chores)
    chores.copy_records()
    house.now += timedelta(hours=5)
    records.retract(chores.printer.records, entry.id, house.now.date(), "safety")
    chores.copy_records()
    (copy,) = (target.medium / "records").iterdir()
    plain = open_sealed(copy.read_bytes(), escrow_key, context.named("escrow", "records"))
    assert entry.id.encode() in plain
    assert "отказался" not in plain.decode()


def test_what_did_not_change_is_not_copied_again_and_a_medium_that_is_away_gets_it_later(
    house: House, settings: Settings, target: Escrow, chores: Chores, tmp_path: Path
) -> None:
    chores.copy_records()
    assert not (target.medium / "records").exists()
    shelved_entry(house, chores)
    target.medium.rename(tmp_path / "unplugged")
    target.medium.write_bytes(b"")  # nothing can be made below a file
    chores.copy_records()
    target.medium.unlink()
    (tmp_path / "unplugged").rename(target.medium)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    (copy,) = (target.medium / "records").iterdir()
    before = copy.read_bytes()
    chores.copy_records()
    assert copy.read_bytes() == before


@pytest.mark.parametrize("change", ["a word", "no signature", "her signature", "a dump's", "a later name"])
def test_mallory_with_the_medium_publishes_nothing(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity, change: str
) -> None:
    shelved_entry(house, chores)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    (path,) = (target.medium / "records").iterdir()
    where = context.named("escrow", "records")
    plain = open_sealed(path.read_bytes(), escrow_key, where)
    if change == "a word":
        plain = plain.replace("Он отказался".encode(), "Он согласился".encode())
    elif change == "no signature":
        plain = plain[: plain.rindex(b'{"hub"')]
    elif change == "her signature":
        plain = plain[: plain.rindex(b'{"hub"')] + b'{"hub":"' + SigningKey.generate().sign("subrosa/records", b"").hex().encode() + b'"}\n'  # fmt: skip  # noqa: E501
    elif change == "a dump's":
        (dump,) = (target.medium / "dumps").iterdir()
        plain = open_sealed(dump.read_bytes(), escrow_key, context.named("escrow", "dump"))
    if change == "a later name":
        path.rename(path.with_name("00000001-20260401T000000Z.age"))
    else:
        path.write_bytes(seal(plain, [target.recipient], where))
    place = elsewhere(settings)
    with pytest.raises(RestoreError):
        backup.restore(place, target.medium, escrow_key, house.now)
    assert not place.register.records_dir.exists()
    assert not list(place.hub.state_dir.glob("*.key"))


def test_what_lies_there_already_stays_where_it_tells_more(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity
) -> None:
    one, two, three = (shelved_entry(house, chores) for _ in range(3))
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    place = elsewhere(settings)
    shutil.copytree(settings.register.records_dir, place.register.records_dir)
    folder, day = place.register.records_dir, house.now.date()
    records.retract(folder, one.id, day, "safety")
    records.put(folder, msgspec.structs.replace(two, title={"ru": "Другое"}), day)
    (folder / three.id[:2] / f"{three.id}.json").write_bytes(b"{")
    backup.restore(place, target.medium, escrow_key, house.now)
    kept = {record.id: record for record in records.read_all(folder)}
    assert kept[one.id].is_tombstone
    assert kept[two.id].is_corrected
    assert kept[three.id].entry is not None
    assert entries.fingerprint(cast("Entry", kept[three.id].entry)) == entries.fingerprint(three)


@pytest.mark.parametrize("harm", ["one broken", "one gone", "all gone"])
def test_what_the_machine_lost_stays_in_the_copies_and_is_said(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity, harm: str
) -> None:
    whole, lost, goes = (shelved_entry(house, chores) for _ in range(3))
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    folder = settings.register.records_dir
    if harm == "all gone":
        shutil.rmtree(folder)
    elif harm == "one gone":
        (folder / lost.id[:2] / f"{lost.id}.json").unlink()
    else:
        (folder / lost.id[:2] / f"{lost.id}.json").write_bytes(b"\xff{")
    records.retract(folder, goes.id, house.now.date(), "safety")
    house.now += timedelta(hours=1)
    for _n in range(2):  # it is said until somebody mends it
        with pytest.raises(shelved.RecordsLostError):
            backup.back_up(settings, house.database, house.strongbox, target, house.now)
    place = elsewhere(settings)
    assert backup.restore(place, target.medium, escrow_key, house.now).public == 3
    kept = {one.id: one.is_tombstone for one in records.read_all(place.register.records_dir)}
    assert kept == {whole.id: False, lost.id: False, goes.id: True}
    shutil.copytree(place.register.records_dir, folder, dirs_exist_ok=True)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    assert len(list((target.medium / "records").iterdir())) == 1


def test_a_picture_comes_back_with_its_entry_and_leaves_the_medium_with_it(
    house: House, settings: Settings, target: Escrow, chores: Chores, escrow_key: Identity
) -> None:
    entry, shown = pictured()
    send(house, entry, shown=shown, uses=("summary", "picture"))
    chores.publish()
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    (name,) = shown
    copied = settings.escrow.medium / "pictures" / f"{entry.id}-{name}.age"
    assert shown[name] not in copied.read_bytes()
    other = elsewhere(settings)
    backup.restore(other, settings.escrow.medium, escrow_key, house.now)
    assert pictures.read(other.register.records_dir, entry.id, name) == shown[name]
    chores.printer.withdraw(entry.id, "safety", house.now)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    assert not copied.exists()
