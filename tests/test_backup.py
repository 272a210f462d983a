"""A restored house opens what stood in the copy, and nothing that was erased since."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, select

from casework import canonical, epoch, erasure, journal, keys, watching
from casework.actors import HUB, Actor
from casework.asking import READ, GrantRef
from casework.database import Database, connect
from casework.permits import Acting
from casework.strongbox import NOTE, SETTLING, Strongbox
from casework.tables import Case, Clock, Grant, Item, Link, Notice, Spool
from crypto import context
from crypto.errors import CryptoError
from crypto.roster import sign
from crypto.sealed import open_sealed, seal
from crypto.signature import SigningKey
from crypto.xwing import Identity
from desk import people
from desk.pinned import Pinned
from subrosa import backup, configuration, drill, dump, erased, escrow, keycopies, keyfiles
from subrosa.commands.restore import command as restoring
from subrosa.errors import RestoreError, UnsealedError, sentence
from subrosa.escrow import Escrow
from subrosa.settings import Settings
from tests.house import House
from tests.test_keeper import ask, file_case

Members = list[tuple[tarfile.TarInfo, bytes]]


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


def test_a_house_comes_back_on_either_engine(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, database_url: str
) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    gone, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "there", house, database_url)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    erase(house, target, gone)
    assert backup.restore(settings, target.medium, escrow_key, house.now).erased_again == 1
    again, database = moved(house, settings, timedelta())
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(again, "alice", [ref], READ)
    assert answered is not None and ref in answered.grants
    with database.read() as session:
        assert session.scalars(select(Case.id)).all() == [case]
        assert journal.verify_chain(session, house.anchor)
    database.close()


def test_a_tip_still_being_written_is_filed_by_the_restore(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    case, _ = file_case(house, "legal", None)
    with house.database.write() as session:
        session.get_one(Case, case).status = "writing"
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    backup.restore(elsewhere, target.medium, escrow_key, house.now)
    again, database = moved(house, elsewhere, timedelta())
    with database.read() as session:
        assert session.get_one(Case, case).status == "new"
        assert session.scalars(select(Clock.kind).where(Clock.case == case)).all() == ["accept"]
        assert set(session.scalars(select(Notice.staff))) == {"alice", "bob"}
    answered = ask(again, "bob", [GrantRef(case, keys.CONTENT, 0)], READ)
    assert answered is not None
    assert len(answered.grants) == 1
    database.close()


def test_what_was_erased_after_the_copy_stays_erased(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    erase(house, target, case)
    restored = backup.restore(elsewhere, target.medium, escrow_key, house.now + timedelta(hours=1))
    assert restored.erased_again == 1
    again, database = moved(house, elsewhere, timedelta(hours=1))
    with database.read() as session:
        assert session.get(Case, case) is None
        assert session.scalars(select(Grant).where(Grant.owner == case)).all() == []
    assert ask(again, "alice", [], READ) is not None
    database.close()


def test_mallory_with_the_list_brings_nothing_back_and_erases_nothing(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity
) -> None:
    house = sqlite_house
    gone, lives, other = (file_case(house, "legal", "alice")[0] for _n in range(3))
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    older = set((target.medium / "dumps").iterdir())
    erase(house, target, gone)
    house.now += timedelta(minutes=15)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    # She takes the newer dump and the line away, and puts a case there that nobody erased.
    for path in set((target.medium / "dumps").iterdir()) - older:
        path.unlink()
    (target.medium / "erased").write_text(erased.write([lives, bytes(16)]))
    stick = tmp_path / "stick"
    keyfiles.write_escrow(stick, tmp_path / "public", escrow_key)
    said = ["--medium", str(target.medium), "--identity", str(stick)]
    refused = CliRunner().invoke(restoring, said, obj=settings.path)
    assert isinstance(refused.exception, UnsealedError)
    assert refused.output.split() == [lives.hex()]
    assert sentence(refused.exception).endswith(": 1")
    assert not list(settings.hub.state_dir.glob("*.key"))
    for unsealed, left in (("keep", {lives, other}), ("erase", {other})):
        there = settings_for(tmp_path / unsealed, house, "sqlite:///h.db")
        told = CliRunner().invoke(restoring, [*said, "--unsealed", unsealed], obj=there.path)
        assert told.exit_code == 0, told.output
        assert "1 erased ids were gone from the medium's list" in told.output
        database = connect(there.database.url)
        with database.read() as session:
            assert set(session.scalars(select(Case.id))) == left
        database.close()
        assert set(erased.read(there.hub.state_dir)) == {gone, bytes(16)} | ({lives} - left)


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


def erase(house: House, target: Escrow, case: bytes) -> None:
    """Erase *case* as the hub does, with the second medium in place."""
    erasure.erase(
        house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=lambda: target.copy_keys(house.strongbox.epoch.number, house.now),
        remember=target.remember_erased, escrow_days=7,
    )  # fmt: skip


def test_a_machine_lost_after_keys_were_retired_still_comes_back(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    for _n in range(2):  # two erasures and a tidy hub before the next copy of the database
        gone, _ = file_case(house, "legal", "alice")
        erase(house, target, gone)
        house.now += SETTLING
        epoch.keep_up(house.database, house.strongbox, lambda: None, house.now)
    assert 1 not in house.strongbox.epochs
    backup.restore(elsewhere, target.medium, escrow_key, house.now)
    again, database = moved(house, elsewhere, timedelta())
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(again, "alice", [ref], READ)
    assert answered is not None and ref in answered.grants
    database.close()


def test_a_dump_is_of_one_moment(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    file_case(house, "legal", "alice")
    tables = dump.tables()

    def while_somebody_writes() -> Iterator[object]:
        for table in tables:
            if table.name == "item":
                file_case(house, "legal", "alice")
            yield table

    with monkeypatch.context() as patch:
        patch.setattr(dump, "tables", while_somebody_writes)
        backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    backup.restore(elsewhere, target.medium, escrow_key, house.now)
    again, database = moved(house, elsewhere, timedelta())
    with database.read() as session:
        assert len(session.scalars(select(Case)).all()) == 1
        assert len(session.scalars(select(Item)).all()) == 2
    assert again
    database.close()


def forge(target: Escrow, escrow_key: Identity, change: str) -> None:
    """Put a dump of Mallory's in place of the newest: she has the medium and the public escrow key."""
    (path,) = (target.medium / "dumps").glob("*.age")
    where = context.named("escrow", "dump")
    plain = open_sealed(path.read_bytes(), escrow_key, where)
    if change == "a row":
        plain = plain.replace(b'"assignee":"alice"', b'"assignee":"mallory"')
    elif change == "no signature":
        plain = plain[: plain.rindex(b'{"hub"')]
    elif change == "her signature":
        plain = plain[: plain.rindex(b'{"hub"')]
        plain += canonical.dumps({"hub": SigningKey.generate().sign("subrosa/dump", b"").hex()}) + b"\n"
    if change == "a later name":
        path.rename(path.with_name("20260401T000000Z.age"))
    else:
        path.write_bytes(seal(plain, [target.recipient], where))


@pytest.mark.parametrize("change", ["a row", "no signature", "her signature", "a later name"])
def test_mallory_with_the_medium_restores_nothing_of_hers(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, change: str
) -> None:
    house = sqlite_house
    file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    forge(target, escrow_key, change)
    with pytest.raises(RestoreError):
        backup.restore(settings, target.medium, escrow_key, house.now)
    assert not list(settings.hub.state_dir.glob("*.key"))
    database = connect(settings.database.url)
    assert inspect(database.engine).get_table_names() == []
    database.close()


def plant(target: Escrow, members: Members, mode: str = "w") -> None:
    """Seal a newer copy of the keys: whoever has the medium and the public escrow key can."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for member, body in members:
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    path = target.folder("keys") / "99999999-20990101T000000Z.age"
    path.write_bytes(seal(packed.getvalue(), [target.recipient], keycopies.CONTEXT))


def kinds_of_forged(target: Escrow, victim: Path) -> Iterator[tuple[Members, str]]:
    """Yield members of a copy of the keys as no house packs them, and how to open the tar."""
    with tarfile.open(fileobj=io.BytesIO(keycopies.pack(target.state_dir)[0])) as archive:
        real = [(member.name, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]

    def made(*more: tarfile.TarInfo, left_out: str = "") -> Members:
        whole = [(tarfile.TarInfo(name), body) for name, body in real if name != left_out]
        return whole + [(one, b"hers" if one.isreg() else b"") for one in more]

    linked = tarfile.TarInfo("newest.roster")
    linked.type, linked.linkname = tarfile.SYMTYPE, str(victim)
    sparse = tarfile.TarInfo("newest.roster")
    sparse.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.map": "0,4", "GNU.sparse.size": str(1 << 40)}
    for name in ("../escrow.recipient", "../../.profile", str(victim), "spool.key", "a/hub.key", "hub.key"):
        yield made(tarfile.TarInfo(name)), "w"
    yield made(linked, left_out=linked.name), "w"
    yield made(sparse, left_out=sparse.name), "w"
    yield made(left_out="epoch.key"), "w"
    yield made(), "w:gz"


@pytest.mark.parametrize("is_drill", [False, True])
def test_a_forged_copy_of_the_keys_writes_no_file(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, is_drill: bool
) -> None:
    house = sqlite_house
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next" / "house", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    settings.hub.state_dir.mkdir(parents=True)
    lies = set(tmp_path.rglob("*"))
    for members, mode in kinds_of_forged(target, tmp_path / "victim"):
        plant(target, members, mode)
        if is_drill:
            steps = drill.rehearse(settings, target.medium, escrow_key, house.now)
            assert [(step.name, step.is_kept) for step in steps] == [("copy", False)]
            assert "not one that a house makes" in steps[0].text
        else:
            with pytest.raises(RestoreError, match="not one that a house makes"):
                backup.restore(settings, target.medium, escrow_key, house.now)
        (planted,) = set(tmp_path.rglob("*")) - lies
        assert planted.is_relative_to(target.medium)
    planted.unlink()
    backup.restore(settings, target.medium, escrow_key, house.now)


def test_a_copy_of_the_keys_larger_than_any_house_packs_is_not_opened(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = escrow_of(sqlite_house, tmp_path, escrow_key)
    target.copy_keys(1, sqlite_house.now)
    keycopies.open_newest(target.medium, escrow_key)
    monkeypatch.setattr(keycopies, "LARGEST", 1000)
    monkeypatch.setattr(keycopies, "open_stream", None)
    with pytest.raises(RestoreError, match="not one that a house makes"):
        keycopies.open_newest(target.medium, escrow_key)


def test_a_restored_house_makes_no_copies_for_somebody_else(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity
) -> None:
    house = sqlite_house
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    stick, recipient = tmp_path / "stick", settings.escrow.recipient_file
    keyfiles.write_escrow(stick, tmp_path / "public", escrow_key)
    keyfiles.write_escrow_recipient(recipient, Identity.generate().recipient)
    said = ["--medium", str(target.medium), "--identity", str(stick)]
    refused = CliRunner().invoke(restoring, said, obj=settings.path)
    assert isinstance(refused.exception, RestoreError)
    assert "not of the escrow key you gave" in str(refused.exception)
    assert not settings.hub.state_dir.exists()
    recipient.unlink()
    assert CliRunner().invoke(restoring, said, obj=settings.path).exit_code == 0
    assert keyfiles.read_escrow_recipient(recipient) == escrow_key.recipient


def test_the_medium_never_holds_a_plain_dump(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    asked: list[Path] = []
    plain = escrow.tempfile.TemporaryFile
    monkeypatch.setattr(
        escrow.tempfile, "TemporaryFile", lambda **at: (asked.append(Path(at["dir"])), plain(**at))[1]
    )
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    assert asked
    assert all(not folder.is_relative_to(target.medium) for folder in asked)


def test_an_erasure_while_the_medium_is_away_is_brought_there_later(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity
) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    target.medium.rename(tmp_path / "unplugged")
    target.medium.write_bytes(b"")  # nothing can be made below a file
    erase(house, target, case)
    with house.database.read() as session:
        assert session.get(Case, case) is None
    target.medium.unlink()
    (tmp_path / "unplugged").rename(target.medium)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    assert erased.read(target.medium) == [case]
    assert target.copy_erased() == 0
    assert (target.medium / "erased").stat().st_mode & 0o077 == 0


def test_the_copies_do_not_tell_the_minute_of_an_erasure(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity
) -> None:
    house = sqlite_house
    house.now += timedelta(minutes=23, seconds=42)
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    erase(house, target, case)
    (path,) = (target.medium / "keys").glob("*.age")
    assert path.name == "00000002-20260310T120000Z.age"
    assert path.stat().st_mtime == house.now.replace(minute=0, second=0).timestamp()
    assert target.epochs() == {2}


def test_a_restore_cut_short_leaves_no_key_that_a_hub_would_start_with(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    settings = settings_for(tmp_path / "next", house, "sqlite:///h.db")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    erase(house, target, case)
    monkeypatch.setattr(backup, "_erase_again", lambda *_args: (_ for _ in ()).throw(OSError("cut")))
    with pytest.raises(OSError, match="cut"):
        backup.restore(settings, target.medium, escrow_key, house.now)
    monkeypatch.undo()
    assert not list(settings.hub.state_dir.glob("*.key"))
    with pytest.raises(RestoreError, match="house already"):
        backup.restore(settings, target.medium, escrow_key, house.now)
    for path in (settings.hub.state_dir.parent).glob("h.db*"):
        path.unlink()
    assert backup.restore(settings, target.medium, escrow_key, house.now).erased_again == 1
    assert (settings.hub.state_dir / "restored.json").exists()
    assert not settings.hub.state_dir.with_name("state.restoring").exists()


def test_a_line_cut_short_brings_no_erased_case_back(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the middle of an id; the next one must not be glued to its half."""
    target = escrow_of(sqlite_house, tmp_path, escrow_key)
    first, second = bytes(range(16)), bytes(range(16, 32))
    write, calls = os.write, [0]

    def short(handle: int, data: bytes) -> int:
        calls[0] += 1
        if calls[0] > 1:
            raise OSError(errno.ENOSPC, "full")
        return write(handle, bytes(data[:7]))

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="full"):
        target.remember_erased(first)
    monkeypatch.undo()
    assert erased.damaged_lines(target.state_dir) == 1
    target.remember_erased(second)
    assert erased.read(target.state_dir) == [second] == erased.read(target.medium)
    target.remember_erased(first)
    assert erased.read(target.medium) == [second, first]
    assert erased.damaged_lines(target.state_dir) == 0, (
        "the torn beginning of an id that is there harms nothing"
    )


def test_a_disk_that_takes_little_at_a_time_gets_whole_ids(
    sqlite_house: House, tmp_path: Path, escrow_key: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, write = escrow_of(sqlite_house, tmp_path, escrow_key), os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data[:5])))
    target.remember_erased(bytes(16))
    assert erased.read(target.state_dir) == erased.read(target.medium) == [bytes(16)]


def test_damaged_ids_stop_no_backup_and_no_restore_and_are_told(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    case, _ = file_case(house, "legal", "alice")
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    for folder in (target.medium, target.state_dir):
        (folder / "erased").write_bytes(b"\x00\xffabc\n" + b"ab" * 20)
    erase(house, target, case)
    backup.back_up(
        elsewhere, house.database, house.strongbox, target, house.now - timedelta(hours=1)
    )  # the newest dump is still the one from before the erasure
    assert "erased.damaged_lines 2" in caplog.text
    restored = backup.restore(elsewhere, target.medium, escrow_key, house.now)
    assert (restored.erased_again, restored.damaged) == (1, 2)


def test_desks_accept_a_restore_that_lost_nothing_but_erasures(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    cases = [file_case(house, "legal", "alice")[0] for _n in range(3)]
    pinned = Pinned(tmp_path)
    target = escrow_of(house, tmp_path, escrow_key)
    with house.database.write() as session:
        journal.write(session, "note", by=house.actor("alice"), day=house.now.date())
    pinned.look(house.database, house.anchor)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    for case in cases:
        erase(house, target, case)
    pinned.look(house.database, house.anchor)
    assert backup.restore(elsewhere, target.medium, escrow_key, house.now).erased_again == 3
    _again, database = moved(house, elsewhere, timedelta())
    assert pinned.look(database, house.anchor).state == "restored"
    assert pinned.accept_restored(database, house.anchor)
    assert pinned.look(database, house.anchor).state == "goes on"
    database.close()


def test_a_restore_brings_nobody_back_who_was_out_by_then(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    """The hub mirrors what it remembers of people: a roster and two suspensions newer than the dump."""
    target = escrow_of(house, tmp_path, escrow_key)
    with house.database.write() as session:
        journal.write(session, "note", by=house.actor("alice"), day=house.now.date())
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    for by, staff in (("alice", "dan"), ("bob", "dan"), ("alice", "erin")):
        with house.database.write() as session:
            people.suspend(session, staff, Acting(house.actor(by), house.staffing(), house.now))
    house.revoke("carol")
    with house.database.read() as session:
        watching.watched(session, house.strongbox, house.anchor, house.now)
    house.book().renew(b"c" * 16, "content", 4)
    house.strongbox.see_renewed()
    target.copy_keys(house.strongbox.epoch.number, house.now)

    restored = backup.restore(elsewhere, target.medium, escrow_key, house.now)
    assert (restored.people.roster, restored.people.suspended) == (2, 2)
    assert restored.people.is_older, "three acts were seen that the dump does not know"
    again, database = moved(house, elsewhere, timedelta())
    out = {"carol", "dan", "erin"}

    def living(house: House) -> frozenset[str]:
        with house.database.read() as session:
            return watching.watched(session, house.strongbox, house.anchor, house.now).living

    assert living(again) == again.staffing().living == set(house.staff) - out, "to hub and desks"
    assert again.strongbox.parties.floor(b"c" * 16, "content") == 4, "nor what they held before"
    with database.read() as session:
        journal.verify_chain(session, house.anchor)
        assert not again.book().is_broken
    with database.write() as session:
        people.lift(session, "dan", Acting(again.actor("olga"), again.staffing(), again.now))
    assert "dan" in living(again), "whoever may lift it lifts it after the restore too"
    with database.write() as session:
        people.suspend(session, "dan", Acting(again.actor("bob"), again.staffing(), again.now))
    again.now += timedelta(days=3)
    assert living(again) == set(house.staff) - {"carol"}, "one voice ends by itself"
    database.close()


def test_a_roster_the_pinned_roots_did_not_sign_restores_nothing(
    house: House, tmp_path: Path, escrow_key: Identity, elsewhere: Settings
) -> None:
    target = escrow_of(house, tmp_path, escrow_key)
    backup.back_up(elsewhere, house.database, house.strongbox, target, house.now)
    roster = replace(house.roster, version=2, previous=house.roster.digest)
    (target.state_dir / NOTE).write_bytes(sign(roster, SigningKey.generate()))
    target.copy_keys(house.strongbox.epoch.number, house.now)
    with pytest.raises(RestoreError, match="pinned roots"):
        backup.restore(elsewhere, target.medium, escrow_key, house.now)
    assert not (elsewhere.path.parent / "database").exists(), "nothing was laid out yet"
