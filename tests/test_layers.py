"""Imports point one way, and the hub never loads what opens staff-sealed things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bot", "intake", "casework", "crypto", "desk", "register", "subrosa")


def test_nobody_imports_what_the_table_forbids() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_our_package_names_resolve_to_our_files(room: str) -> None:
    package = __import__(room)
    assert package.__file__ is not None
    assert Path(package.__file__).is_relative_to(ROOT)


def loaded_by(module: str) -> list[str]:
    """Import *module* in a fresh process and return what it loaded."""
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize("module", ["bot.hub", "subrosa.commands.hub", "intake.filing", "casework.keeper"])
def test_the_hub_never_loads_staff_keyrings(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert "crypto.keyring" not in loaded
    assert not [name for name in loaded if name.split(".")[0] == "desk"]


def test_the_hub_never_loads_the_models_of_the_gate() -> None:
    loaded = loaded_by("subrosa.commands.hub")
    assert not [name for name in loaded if name.startswith(("casework.redaction", "slovnet", "navec"))]


def test_the_vault_loads_nothing_of_ours() -> None:
    loaded = loaded_by("crypto.selftest, crypto.keyring, crypto.roster, crypto.phrase")
    ours = {name.split(".")[0] for name in loaded} & set(ROOMS)
    assert ours == {"crypto"}


def test_the_command_line_imports_per_command() -> None:
    loaded = loaded_by("subrosa.__main__")
    assert not [name for name in loaded if name.startswith(("subrosa.commands", "bot", "desk", "telegram"))]
