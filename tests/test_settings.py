"""The configuration is refused as a whole when anything in it is unknown, ill-typed or missing."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from subrosa import configuration
from subrosa.errors import SettingsError
from subrosa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]


def test_the_example_holds_every_setting_with_its_default() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert text == configuration.example()
    loaded = configuration.load(ROOT / "config.example.toml")
    hints = get_type_hints(Settings)
    for section in fields(Settings):
        if section.name == "path":
            continue
        for one in fields(hints[section.name]):
            value = getattr(getattr(loaded, section.name), one.name)
            if isinstance(value, Path):
                assert value == ROOT / one.default
            elif one.name != "url":
                assert value == one.default
            assert one.metadata["why"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[hub]\nstate = 'x'\n", "hub.state"),
        ("[nonsense]\n", "nonsense"),
        ("[desk]\nport = 'eighty'\n", "desk.port"),
        ("[desk]\nport = true\n", "desk.port"),
        ("[house]\npractice = 1\n", "house.practice"),
        ("[roster]\nroots = 'x'\n", "roster.roots"),
        ("[roster]\nroots = [1]\n", "roster.roots"),
        ("[register]\nbatch_hours = [24]\n", "register.batch_hours"),
        ("hub = 3\n", "hub"),
        ("[hub\n", "TOML"),
    ],
)
def test_what_is_unknown_or_of_the_wrong_type_is_named(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "subrosa.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=names):
        configuration.load(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        configuration.load(tmp_path / "none.toml")
    assert caught.value.hint is not None
    assert "subrosa init" in caught.value.hint


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "subrosa.toml"
    path.write_text(
        "[hub]\nstate_dir = 'deep/state'\n[database]\nurl = 'sqlite:///db/h.db'\n", encoding="utf-8"
    )
    settings = configuration.load(path)
    assert settings.hub.state_dir == tmp_path / "deep/state"
    assert settings.database.url == f"sqlite:////{str(tmp_path / 'db/h.db').lstrip('/')}"


def test_a_root_key_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "subrosa.toml"
    path.write_text("[roster]\nroots = ['abc']\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        _ = configuration.load(path).anchor
    path.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError):
        _ = configuration.load(path).anchor
