"""A drill says whether the copies would bring the house back, touches nothing, and leaves nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from casework import erasure
from casework.actors import HUB, Actor
from casework.strongbox import JOURNAL
from casework.tables import Grant, JournalRow
from crypto.xwing import Identity
from subrosa import backup, configuration, drill
from subrosa.checkups import Finding, Level
from subrosa.checkups.database import check_database
from subrosa.checkups.files import check_keys
from subrosa.checkups.outside import check_drill
from subrosa.escrow import Escrow
from subrosa.settings import Settings
from tests.house import House
from tests.test_keeper import file_case

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # where the engine does not matter


@pytest.fixture
def escrow_key() -> Identity:
    """Make the operator's key, which lies off the machine."""
    return Identity.generate()


@pytest.fixture
def target(house: House, escrow_key: Identity, settings: Settings) -> Escrow:
    """Give the house a second medium with one copy of two cases."""
    settings.escrow.medium.mkdir()
    target = Escrow(settings.escrow.medium, settings.hub.state_dir, escrow_key.recipient)
    for team in ("legal", "editors"):
        file_case(house, team, None)
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    return target


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    """Write the configuration of the house."""
    values = {
        "roster.roots": (house.root.public.hex(),),
        "database.url": house.database.engine.url.render_as_string(hide_password=False),
    }
    (tmp_path / "subrosa.toml").write_text(configuration.example(values), encoding="utf-8")
    return configuration.load(tmp_path / "subrosa.toml")


def play(house: House, settings: Settings, escrow_key: Identity) -> dict[str, bool]:
    """Hold a drill and return which promises were kept."""
    steps = drill.rehearse(settings, settings.escrow.medium, escrow_key, house.now)
    assert not list(settings.hub.state_dir.parent.glob("*.drill"))
    return {step.name: step.is_kept for step in steps}


def test_a_whole_copy_passes_and_the_house_is_untouched(
    house: House, settings: Settings, target: Escrow, escrow_key: Identity
) -> None:
    before = {path: path.read_bytes() for path in settings.hub.state_dir.glob("*.key")}
    assert target.newest() == house.now
    kept = play(house, settings, escrow_key)
    assert kept == dict.fromkeys(("copy", "sentinel", "erased", "journal", "grants", "records"), True)
    assert {path: path.read_bytes() for path in settings.hub.state_dir.glob("*.key")} == before
    assert drill.last(settings.hub.state_dir) == house.now.date()


def test_an_erasure_after_the_copy_is_part_of_the_drill(
    house: House, settings: Settings, target: Escrow, escrow_key: Identity
) -> None:
    case, _ = file_case(house, "legal", "alice")
    backup.back_up(settings, house.database, house.strongbox, target, house.now)
    before = {path: path.read_bytes() for path in (target.medium / "keys").iterdir()}
    erasure.erase(
        house.database, house.strongbox, case, by=Actor(HUB, 0, house.strongbox.signing), now=house.now,
        mirror=lambda: target.copy_keys(house.strongbox.epoch.number, house.now),
        remember=target.remember_erased, escrow_days=7,
    )  # fmt: skip
    assert all(play(house, settings, escrow_key).values())
    # Its clear list was emptied: the sealed one still knows.
    (settings.escrow.medium / "erased").write_text("")
    assert all(play(house, settings, escrow_key).values())
    # The medium was away when it was erased: no list there knows, and the drill says so.
    for path in set((target.medium / "keys").iterdir()) - before.keys():
        path.unlink()
    for path, body in before.items():
        path.write_bytes(body)
    assert not play(house, settings, escrow_key)["erased"]


@ON_SQLITE
@pytest.mark.parametrize("harm", ["none there", "cut", "another key"])
def test_a_copy_that_brings_nothing_back_fails_and_is_not_noted(
    house: House, settings: Settings, target: Escrow, escrow_key: Identity, harm: str
) -> None:
    (path,) = (target.medium / "dumps").glob("*.age")
    if harm == "none there":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    key = Identity.generate() if harm == "another key" else escrow_key
    assert play(house, settings, key) == {"copy": False}
    assert drill.last(settings.hub.state_dir) is None


@ON_SQLITE
def test_grants_that_the_restore_lost_are_missed(
    house: House,
    settings: Settings,
    target: Escrow,
    escrow_key: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert target
    whole = backup._erase_again

    def lossy(place, database, *rest):  # type: ignore[no-untyped-def]
        with database.write() as session:
            session.execute(delete(Grant).where(Grant.staff == "bob"))
        return whole(place, database, *rest)

    monkeypatch.setattr(backup, "_erase_again", lossy)
    kept = play(house, settings, escrow_key)
    assert (kept["grants"], kept["sentinel"], kept["journal"]) == (False, True, True)


@ON_SQLITE
def test_the_doctor_asks_for_a_drill_every_thirty_days(
    house: House, settings: Settings, target: Escrow, escrow_key: Identity
) -> None:
    def level(days: int) -> Level:
        (finding,) = check_drill(settings, house.now + timedelta(days=days))
        return finding.level

    assert target
    assert level(0) is Level.WARN
    play(house, settings, escrow_key)
    assert [level(days) for days in (0, 30, 31)] == [Level.OK, Level.OK, Level.WARN]
    (settings.hub.state_dir / drill.RECORD).write_text("{")
    assert level(0) is Level.WARN


@ON_SQLITE
def test_the_doctor_says_that_the_journal_does_not_hold_and_what_to_do(
    house: House, settings: Settings
) -> None:
    def look() -> Finding:
        return next(one for one in check_database(settings, house.now) if one.name == "journal")

    house.put_on(b"c" * 16, "alice", "bob")
    house.book()
    assert look().level is not Level.RED
    with house.database.write() as session:
        row = session.get_one(JournalRow, 2)
        row.actor = "bob"
    assert (look().level, look().text.split(":")[0]) == (Level.RED, "row 2 was changed after it was written")
    with house.database.write() as session:
        session.execute(delete(JournalRow))
    house.put_on(b"c" * 16, "bob", "alice")
    assert look().level is Level.RED and look().text.startswith("from row 1 on it is not the one the hub saw")
    assert "When the journal does not hold" in look().hint
    (settings.hub.state_dir / JOURNAL).write_text("2 beef\n")
    keys = [one for one in check_keys(settings, house.now) if one.name == "keys"]
    assert [one.level for one in keys] == [Level.RED] and "journal.seen" in keys[0].text


@ON_SQLITE
def test_what_a_killed_drill_left_is_gone_after_the_next(
    house: House, settings: Settings, target: Escrow, escrow_key: Identity
) -> None:
    left = settings.hub.state_dir.with_name("state.drill") / "state"
    left.mkdir(parents=True)
    (left / "epoch.key").write_bytes(b"x" * 100)
    assert target
    (finding,) = check_drill(settings, house.now)
    assert finding.level is Level.RED
    assert all(play(house, settings, escrow_key).values())
    (finding,) = check_drill(settings, house.now)
    assert finding.level is Level.OK
