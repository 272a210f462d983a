"""A process that holds keys leaves no core dump, and no other process of its user looks inside."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
