"""A restored house opens what stood in the copy, and nothing that was erased since."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import erasure, journal, keys
from casework.actors import HUB, Actor
from casework.asking import READ, GrantRef
from casework.database import Database, connect
from casework.strongbox import Strongbox
from casework.tables import Case, Grant, Item, Link, Spool
from crypto.errors import CryptoError
from crypto.xwing import Identity
from subrosa import backup, configuration, keyfiles
from subrosa.errors import RestoreError
from subrosa.escrow import Escrow
from subrosa.settings import Settings
from tests.house import House
from tests.test_keeper import ask, file_case


@pytest.fixture
def escrow_key() -> Identity:
    """Make the operator's key, which lies off the machine."""
    return Identity.generate()


def escrow_of(house: House, folder: Path, escrow_key: Identity) -> Escrow:
    """Give the house a second medium."""
    medium = folder / "medium"
    medium.mkdir(exist_ok=True)
    return Escrow(medium, house.strongbox.families["epoch"].path.parent, escrow_key.recipient)


def settings_for(folder: Path, house: House, url: str) -> Settings:
    """Write the configuration of a house to restore into."""
    folder.mkdir(parents=True)
    text = configuration.example({"roster.roots": (house.root.public.hex(),), "database.url": url})
    (folder / "subrosa.toml").write_text(text, encoding="utf-8")
    return configuration.load(folder / "subrosa.toml")


@pytest.fixture
def elsewhere(tmp_path: Path, house: House) -> Iterator[Settings]:
    """Name an empty house on another machine."""
    return settings_for(tmp_path / "elsewhere", house, "sqlite:///database/house.db")


def moved(house: House, settings: Settings, now_plus: timedelta) -> tuple[House, Database]:
    """Return the house as it stands after a restore."""
    database = connect(settings.database.url)
    box = Strongbox.load(settings.hub.state_dir, settings.hub.runtime_dir, house.now + now_plus)
    again = House(
        database, box, house.staff, house.root, house.roster, house.anchor, house.recovery,
        house.now + now_plus,
    )  # fmt: skip
    return again, database


def test_a_lost_machine_comes_back(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    case, made = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    copy = backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    assert copy.is_green
    late, _ = file_case(house, "legal", "alice")
    restored = backup.restore(elsewhere, target.medium, escrow_key, house.now + timedelta(minutes=9))
    assert restored.lost_from == house.now
    again, database = moved(house, elsewhere, timedelta(minutes=9))
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(again, "alice", [ref], READ)
    assert answered is not None and ref in answered.grants
    with database.read() as session:
        assert session.get(Case, late) is None
        assert journal.verify_chain(session, house.anchor)
        item = session.scalars(select(Item).where(Item.kind == "message")).one()
    assert keys.open_item(item, made[keys.CONTENT].identity)["text"] == "тихо, канарейка"
    database.close()


def test_what_was_erased_after_the_copy_stays_erased(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    erasure.erase(
        house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=lambda: None, remember=target.remember_erased, escrow_days=7,
    )  # fmt: skip
    restored = backup.restore(elsewhere, target.medium, escrow_key, house.now + timedelta(hours=1))
    assert restored.erased_again == 1
    again, database = moved(house, elsewhere, timedelta(hours=1))
    with database.read() as session:
        assert session.get(Case, case) is None
        assert session.scalars(select(Grant).where(Grant.owner == case)).all() == []
    assert ask(again, "alice", [], READ) is not None
    database.close()


def test_mallory_with_the_medium_opens_nothing(house: House, tmp_path: Path, escrow_key: Identity) -> None:
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "hers", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    body = b"".join(path.read_bytes() for path in target.medium.rglob("*") if path.is_file())
    for plain in (case, case.hex().encode(), b"legal", b"alice", house.strongbox.epoch.secret):
        assert plain not in body
    with pytest.raises(CryptoError):
        backup.restore(settings, target.medium, Identity.generate(), house.now)


def test_the_spool_key_is_never_copied(house: House, tmp_path: Path, escrow_key: Identity) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    with house.database.write() as session:
        session.add(
            Spool(update_id=1, state="new", tag=b"t" * 16, taken=house.now, day=house.now.date(), spool=1,
                  locked=b"canary")
        )  # fmt: skip
        session.add(Link(tag=b"t" * 16, key=1, locked=b"canary", expires=house.now.date()))
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    before = house.strongbox.spool.secret
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    backup.restore(settings, target.medium, escrow_key, house.now)
    again, database = moved(house, settings, timedelta())
    assert again.strongbox.spool.secret != before
    with database.read() as session:
        assert session.scalars(select(Spool)).all() == []
        assert session.scalars(select(Link)).all() == []
    database.close()


def test_a_copy_is_not_green_when_an_epoch_it_names_is_missing(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    copy = target.copy_database(house.database, {99}, house.now)
    assert not copy.is_green
    assert elsewhere


def test_old_copies_are_removed_and_the_newest_never(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    for days in range(10):
        backup.back_up(elsewhere, house.database, house.strongbox, target, house.now + timedelta(days=days))
    assert len(list((target.medium / "dumps").glob("*.age"))) == elsewhere.escrow.keep_days + 1
    target.prune(timedelta(days=7), house.now + timedelta(days=900))
    assert len(list((target.medium / "dumps").glob("*.age"))) == 1


@pytest.mark.parametrize("harm", ["cut", "flip", "none"])
def test_a_damaged_copy_restores_nothing(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings, harm: str
) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    (dump,) = (target.medium / "dumps").glob("*.age")
    body = bytearray(dump.read_bytes())
    if harm == "cut":
        dump.write_bytes(body[:-20])
    elif harm == "flip":
        body[-1] ^= 1
        dump.write_bytes(body)
    else:
        shutil.rmtree(target.medium / "dumps")
    with pytest.raises((CryptoError, RestoreError)):
        backup.restore(elsewhere, target.medium, escrow_key, house.now)
    assert not list(elsewhere.hub.state_dir.glob("*.key"))


def test_a_house_with_keys_is_not_restored_over(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    backup.restore(elsewhere, target.medium, escrow_key, house.now)
    with pytest.raises(RestoreError):
        backup.restore(elsewhere, target.medium, escrow_key, house.now)


def test_keys_off_the_machine_are_told_apart(tmp_path: Path) -> None:
    from crypto.signature import SigningKey
    from subrosa.errors import UsageError

    keyfiles.write_root(tmp_path / "root.key", SigningKey.generate())
    with pytest.raises(UsageError):
        keyfiles.read_escrow(tmp_path / "root.key")
