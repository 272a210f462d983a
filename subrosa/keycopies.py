"""
Copies of the hub's keys: a tar of all key files but ``spool.key``, of what the hub remembers, and of the ids
of what was erased.

Without ``spool.key`` nothing in flight can be restored; that is meant.
"""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casework import canonical
from casework.families import read_file
from casework.strongbox import MEMORY, STATE
from crypto import context
from crypto.errors import CryptoError
from crypto.sealed import open_stream
from crypto.xwing import Identity
from subrosa import copies, erased
from subrosa.errors import RestoreError

FOLDER = "keys"
CONTEXT = context.named("escrow", "keys")
NOT_COPIED = frozenset({"spool"})
KEYS = frozenset(f"{name}.key" for name in STATE if name not in NOT_COPIED)
# Far more than a house of many years packs; whoever can write the medium can seal a copy of any size.
LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class KeysCopy:
    """What one copy of the keys held, by the names of the files."""

    keys: dict[str, bytes] = field(repr=False)
    memory: dict[str, bytes] = field(repr=False)
    erased: list[bytes] = field(repr=False)  # ids; none in a copy made before the list was sealed


def pack(state_dir: Path) -> tuple[bytes, int]:
    """Pack the key files that are copied; return them with the newest epoch on file."""
    packed, newest = io.BytesIO(), 0
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in STATE:
            if name in NOT_COPIED:
                continue
            body = read_file(state_dir / f"{name}.key")
            if name == "epoch":
                newest = max(int(number) for number in canonical.loads(body)["keys"])
            _add(archive, f"{name}.key", body)
        for name in (*MEMORY, erased.FILE):
            with suppress(FileNotFoundError):
                _add(archive, name, (state_dir / name).read_bytes())
    return packed.getvalue(), newest


def open_newest(medium: Path, identity: Identity) -> KeysCopy:
    """
    Open the newest copy of the hub's keys.

    Raises:
        RestoreError: there is none, or it holds what no house packs.
        CryptoError: it is not for this escrow key, or damaged.
    """
    found = _unpack(copies.newest(medium / FOLDER), identity)
    return KeysCopy(
        {name: body for name, body in found.items() if name in KEYS},
        {name: body for name, body in found.items() if name in MEMORY},
        erased.parse(found.get(erased.FILE, b"")),
    )


def add_epochs(
    medium: Path, identity: Identity, epoch_key: bytes, wanted: set[int]
) -> tuple[bytes, set[int]]:
    """
    Add to the file *epoch_key* the epochs in *wanted* that only older copies hold.

    A dump may be older than the newest copy of the keys, and an erasure in between has retired the epoch its
    grants are under. Returns the file, and which of *wanted* no copy holds.

    Raises:
        RestoreError: a copy holds what no house packs.
        CryptoError: a copy is not for this escrow key, or damaged.
    """
    keys = _numbered(epoch_key)
    for path in reversed(copies.oldest_first(medium / FOLDER)):
        missing = {str(number) for number in wanted} - keys.keys()
        if not missing:
            break
        older = _numbered(_unpack(path, identity)["epoch.key"])
        keys |= {number: older[number] for number in missing & older.keys()}
    return canonical.dumps({"keys": keys}), {number for number in wanted if str(number) not in keys}


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(body)
    archive.addfile(member, io.BytesIO(body))


def _numbered(body: bytes) -> dict[str, Any]:
    try:
        return dict(canonical.loads(body)["keys"])
    except (CryptoError, KeyError, TypeError, ValueError):
        raise _not_ours() from None


def _unpack(path: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open the copy at *path*; sealed to the operator it may be anybody's, so only a house's names are taken.

    Raises:
        RestoreError: it holds what no house packs, or lacks a key.
        CryptoError: it is not for this escrow key, or damaged.
    """
    if path.stat().st_size > LARGEST:
        raise _not_ours()
    plain = io.BytesIO()
    with path.open("rb") as source:
        open_stream(source, plain, identity, CONTEXT)
    plain.seek(0)
    try:
        # "r:" reads no compression: a small copy must not unfold into a large one.
        with tarfile.open(fileobj=plain, mode="r:") as archive:
            found = _read_members(archive)
    except (tarfile.TarError, OSError, UnicodeError, ValueError):
        raise _not_ours() from None
    if not found.keys() >= KEYS:
        raise _not_ours()
    return found


def _read_members(archive: tarfile.TarFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in archive:
        is_ours = member.name in KEYS or member.name in (*MEMORY, erased.FILE)
        # A sparse member says a size of its own, far beyond what lies there.
        is_plain = member.isfile() and not member.issparse() and 0 <= member.size <= LARGEST
        body = archive.extractfile(member) if is_ours and is_plain and member.name not in found else None
        if body is None:
            raise _not_ours()
        found[member.name] = body.read()
    return found


def _not_ours() -> RestoreError:
    return RestoreError("the copy of the keys is not one that a house makes: take it off the medium")
