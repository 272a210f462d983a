"""
The list of erased cases: ids that must never come back, one a line, only ever appended to.

It lies in ``state_dir``, in clear on the second medium, and in every copy of the hub's keys. Whoever can
write the medium can write its clear list, but seal no copy that holds the hub's key. A restore leaves out
what the sealed list names, and erases unasked nothing that only the clear one names.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Set
from enum import StrEnum
from pathlib import Path

from subrosa.errors import UnsealedError

log = logging.getLogger(__name__)

FILE = "erased"
_ID = re.compile(r"[0-9a-f]{32}")


class Unsealed(StrEnum):
    """What becomes of cases that the clear list alone calls erased."""

    REFUSE = "refuse"
    ERASE = "erase"
    KEEP = "keep"


def write(cases: Iterable[bytes]) -> str:
    """Write *cases* as lines of the list."""
    return "".join(f"{case.hex()}\n" for case in cases)


def parse(body: bytes) -> list[bytes]:
    """Return the ids on a list; lines that are none are passed over."""
    return _parse(body)[0]


def unite(
    sealed: Iterable[bytes], clear: Iterable[bytes], present: Set[bytes], unsealed: Unsealed
) -> list[bytes]:
    """
    Return the ids that must not come back, of both lists; *present* are the cases that the dump holds.

    Raises:
        UnsealedError: the clear list alone calls some of them erased, and *unsealed* is to refuse then.
    """
    known = dict.fromkeys(sealed)
    alone = [case for case in dict.fromkeys(clear) if case not in known]
    doubtful = [case for case in alone if case in present]
    if doubtful and unsealed is Unsealed.REFUSE:
        raise UnsealedError(doubtful)
    kept = doubtful if unsealed is Unsealed.KEEP else []
    return [*known, *(case for case in alone if case not in kept)]


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
        return _parse((folder / FILE).read_bytes())
    except FileNotFoundError:
        return [], 0


def _parse(body: bytes) -> tuple[list[bytes], int]:
    lines = body.decode("ascii", errors="replace").split()
    whole = [line for line in lines if _ID.fullmatch(line)]
    torn = [line for line in lines if not _ID.fullmatch(line)]
    damaged = sum(not any(id_.startswith(line) for id_ in whole) for line in torn)
    return [bytes.fromhex(line) for line in whole], damaged
