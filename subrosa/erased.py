"""
The list of erased cases: ids that must never come back, one a line, only ever appended to.

It lies in ``state_dir`` and on the second medium. A restore leaves out what either names.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "erased"
_ID = re.compile(r"[0-9a-f]{32}")


def write(cases: Iterable[bytes]) -> str:
    """Write *cases* as lines of the list."""
    return "".join(f"{case.hex()}\n" for case in cases)


def read(folder: Path) -> list[bytes]:
    """Return the ids that must never come back; lines that are none are passed over, and the log says so."""
    ids, damaged = _read(folder)
    if damaged:
        log.error("erased.damaged_lines %d", damaged)
    return ids


def damaged_lines(folder: Path) -> int:
    """Return how many lines are no id of an erased case, nor the torn beginning of one that is there."""
    return _read(folder)[1]


def append(folder: Path, cases: Iterable[bytes]) -> None:
    """
    Append *cases* to the list in *folder*, all of them, synced, readable by its owner only.

    A line that was cut short before, by a full disk or a power cut, is left to itself.
    """
    handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        end = os.fstat(handle).st_size
        begin = "" if end == 0 or os.pread(handle, 1, end - 1) == b"\n" else "\n"
        rest = memoryview((begin + write(cases)).encode("ascii"))
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(folder: Path) -> tuple[list[bytes], int]:
    try:
        lines = (folder / FILE).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return [], 0
    whole = [line for line in lines if _ID.fullmatch(line)]
    torn = [line for line in lines if not _ID.fullmatch(line)]
    damaged = sum(not any(id_.startswith(line) for id_ in whole) for line in torn)
    return [bytes.fromhex(line) for line in whole], damaged
