"""The doctor sees a hub that is gone and copies nobody makes; a demo removes its own house only."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.health import Health
from casework.strongbox import write_file
from crypto.xwing import Identity
from subrosa import keyfiles
from subrosa.checkups import Level
from subrosa.checkups.files import check_folders
from subrosa.checkups.outside import LATE, SILENT, STALE, check_hub, check_medium
from subrosa.demo import stage
from subrosa.settings import Settings
from tests.house import NOON


def settings(folder: Path) -> Settings:
    for name in ("runtime", "medium"):
        (folder / name).mkdir()
    keyfiles.write_escrow(folder / "escrow.key", folder / "escrow.recipient", Identity.generate())
    named = SimpleNamespace(
        path=folder / "subrosa.toml",
        hub=SimpleNamespace(runtime_dir=folder / "runtime", state_dir=folder / "state"),
        escrow=SimpleNamespace(medium=folder / "medium", recipient_file=folder / "escrow.recipient"),
    )
    return cast("Settings", named)


def test_a_folder_that_a_reboot_took_comes_back_with_the_hub_and_keys_only_from_a_copy(
    tmp_path: Path,
) -> None:
    house = settings(tmp_path)
    house.hub.runtime_dir.rmdir()
    lost = {one.name: one.hint for one in check_folders(house, NOON) if one.level is Level.RED}
    assert lost == {
        "runtime_dir": "start the hub: it makes it",
        "state_dir": "subrosa init, or subrosa restore",
    }


def test_a_hub_that_stopped_or_died_is_red_whatever_it_said_last(tmp_path: Path) -> None:
    house = settings(tmp_path)
    assert [one.level for one in check_hub(house, NOON)] == [Level.WARN]
    health = Health(house.hub.runtime_dir, lambda: NOON)
    health.ok("intake")
    health.beat()
    assert [one.level for one in check_hub(house, NOON + SILENT)] == [Level.OK]
    (gone,) = check_hub(house, NOON + SILENT + timedelta(seconds=1))
    assert gone.level is Level.RED
    assert "not there since" in gone.text
    health.trouble("intake", "cannot_store")
    assert [one.level for one in check_hub(house, NOON)] == [Level.RED]


def test_a_copy_is_late_after_an_hour_and_red_after_two_days(tmp_path: Path) -> None:
    house = settings(tmp_path)

    def level(now: datetime) -> Level:
        return next(iter(check_medium(house, now))).level

    assert level(NOON) is Level.RED
    (tmp_path / "medium" / "dumps").mkdir(exist_ok=True)
    write_file(tmp_path / "medium" / "dumps" / f"{NOON:%Y%m%dT%H%M%SZ}.age", b"a copy")
    assert level(NOON + LATE) is Level.OK
    assert level(NOON + LATE + timedelta(minutes=1)) is Level.WARN
    assert level(NOON + STALE + timedelta(minutes=1)) is Level.RED


def test_the_demo_removes_a_practice_house_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    stage._clear(folder)
    (folder / "of-the-last-play").touch()
    stage._clear(folder)
    assert [path.name for path in folder.iterdir()] == [stage.MARK]
    (tmp_path / "real" / "offline").mkdir(parents=True)
    (tmp_path / "real" / "offline" / "root.key").touch()
    with pytest.raises(stage.ForeignFolderError):
        stage._clear(tmp_path / "real")
    assert (tmp_path / "real" / "offline" / "root.key").exists()
