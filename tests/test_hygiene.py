"""A process that holds keys leaves no core dump, nobody looks inside, and the units hold it to that."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SHOWN = """
import ctypes, logging, resource, sys
from subrosa import hygiene
logging.basicConfig(stream=sys.stdout, format="%(message)s")
{before}
hygiene.{what}()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
# What the system grants a unit without LimitMEMLOCK=infinity.
NO_LOCK = "resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))"


def shown(what: str, before: str = "") -> list[str]:
    """Shield a fresh process and return what it says about itself."""
    program = SHOWN.format(what=what, before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("what", ["shield", "withhold"])
def test_no_core_dump_and_nobody_looks_inside(what: str) -> None:
    assert shown(what)[-1] == "(0, 0) 0"


def test_memory_that_may_reach_the_disk_is_said_loudly() -> None:
    assert "shield.not_locked_in_memory" in shown("shield", before=NO_LOCK)
    assert "shield.not_locked_in_memory" not in shown("withhold", before=NO_LOCK)


def test_every_command_is_shielded_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    from subrosa import __main__, hygiene

    done: list[str] = []
    monkeypatch.setattr(hygiene, "withhold", lambda: done.append("withheld"))
    monkeypatch.setattr(__main__, "run", done.extend)
    with pytest.raises(SystemExit):
        __main__.main(["ran"])
    assert done == ["withheld", "ran"]


def test_nothing_of_ours_reads_or_writes_pickles() -> None:
    """They run what they hold; and a job store of the scheduler would write ids with them."""
    unsafe = re.compile(
        r"^\s*(?:import|from) (?:pickle|shelve|marshal|dill|joblib)\b"
        r"|jobstores\.(?!memory)|allow_pickle=True",
        re.MULTILINE,
    )
    rooms = ("bot", "casework", "crypto", "desk", "intake", "register", "subrosa")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 200
    assert [path.name for path in files if unsafe.search(path.read_text(encoding="utf-8"))] == []


# --- the units of docs/operations.md --------------------------------------------------------------------

UNIT = re.compile(r"^`/etc/systemd/system/(subrosa-[\w.]+)`\n\n```ini\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UNITS = dict(UNIT.findall((ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))
SERVICES = ("subrosa-hub.service", "subrosa-desk.service")
# What neither unit may lack: memory reaches no disk, no rights, no other user's files or processes.
HARDENED = (
    "LimitCORE=0", "MemorySwapMax=0", "LimitMEMLOCK=infinity", "NoNewPrivileges=yes", "ProtectSystem=strict",
    "ProtectHome=yes", "ProtectProc=invisible", "PrivateTmp=yes", "CapabilityBoundingSet=",
    "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged",
)  # fmt: skip


def values(unit: str, name: str) -> list[str]:
    """Return what *unit* says of one directive."""
    return [line.partition("=")[2] for line in UNITS[unit].splitlines() if line.startswith(f"{name}=")]


def test_hub_and_desk_run_as_users_of_their_own_and_share_the_databases_folder_only() -> None:
    hub, desk = SERVICES
    assert values(hub, "User") != values(desk, "User")
    assert values(hub, "SupplementaryGroups") == values(desk, "SupplementaryGroups") == []
    writes = [set(values(unit, "ReadWritePaths")[0].split()) for unit in SERVICES]
    assert writes[0] & writes[1] == {"/var/lib/subrosa/database"}
    assert values(hub, "InaccessiblePaths") == ["/var/lib/subrosa/keyrings"]
    assert values(desk, "InaccessiblePaths") == ["/var/lib/subrosa/state /run/subrosa"]
    assert values(hub, "RuntimeDirectoryPreserve") == ["yes"]


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_gives_up_all_it_does_not_need(unit: str) -> None:
    lines = UNITS[unit].splitlines()
    assert [one for one in HARDENED if one not in lines] == []


def test_both_forget_every_night() -> None:
    assert all(unit in values("subrosa-night.service", "ExecStart")[0] for unit in SERVICES)
    (when,) = values("subrosa-night.timer", "OnCalendar")
    assert when == "*-*-* 03:30"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
def test_systemd_reads_the_units_and_finds_little_exposed(tmp_path: Path) -> None:
    for name, text in UNITS.items():
        (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    paths = [str(tmp_path / name) for name in UNITS]
    verified = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True)
    assert not [line for line in verified.stderr.splitlines() if "subrosa-" in line]
    for unit in SERVICES:
        rated = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / unit)],
            capture_output=True,
            text=True,
        )
        assert rated.returncode == 0, rated.stdout[-400:]
