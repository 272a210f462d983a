"""
Copies of the hub's keys: a tar of all key files but ``spool.key``, and of what the hub remembers.

Without ``spool.key`` nothing in flight can be restored; that is meant.
"""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from casework import canonical
from casework.families import read_file
from casework.strongbox import MEMORY, STATE
from crypto import context
from crypto.sealed import open_stream
from crypto.xwing import Identity
from subrosa import copies

FOLDER = "keys"
CONTEXT = context.named("escrow", "keys")
NOT_COPIED = frozenset({"spool"})


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
        for name in MEMORY:
            with suppress(FileNotFoundError):
                _add(archive, name, (state_dir / name).read_bytes())
    return packed.getvalue(), newest


def open_keys(medium: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open the newest copy of the hub's keys.

    Raises:
        RestoreError: there is none.
        CryptoError: it is not for this escrow key, or damaged.
    """
    found = _unpack(copies.newest(medium / FOLDER), identity)
    return {name: body for name, body in found.items() if name not in MEMORY}


def open_memory(medium: Path, identity: Identity) -> dict[str, bytes]:
    """
    Open what the hub remembered when its keys were last copied, by the names of its files.

    Raises:
        RestoreError, CryptoError: as :func:`open_keys`.
    """
    found = _unpack(copies.newest(medium / FOLDER), identity)
    return {name: body for name, body in found.items() if name in MEMORY}


def add_epochs(
    medium: Path, identity: Identity, epoch_key: bytes, wanted: set[int]
) -> tuple[bytes, set[int]]:
    """
    Add to the file *epoch_key* the epochs in *wanted* that only older copies hold.

    A dump may be older than the newest copy of the keys, and an erasure in between has retired the epoch its
    grants are under. Returns the file, and which of *wanted* no copy holds.

    Raises:
        CryptoError: a copy is not for this escrow key, or damaged.
    """
    keys: dict[str, Any] = canonical.loads(epoch_key)["keys"]
    for path in reversed(copies.oldest_first(medium / FOLDER)):
        missing = {str(number) for number in wanted} - keys.keys()
        if not missing:
            break
        older = canonical.loads(_unpack(path, identity)["epoch.key"])["keys"]
        keys |= {number: older[number] for number in missing & older.keys()}
    return canonical.dumps({"keys": keys}), {number for number in wanted if str(number) not in keys}


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(body)
    archive.addfile(member, io.BytesIO(body))


def _unpack(path: Path, identity: Identity) -> dict[str, bytes]:
    plain = io.BytesIO()
    with path.open("rb") as source:
        open_stream(source, plain, identity, CONTEXT)
    plain.seek(0)
    with tarfile.open(fileobj=plain) as archive:
        return {
            member.name: extracted.read()
            for member in archive.getmembers()
            if (extracted := archive.extractfile(member)) is not None
        }
