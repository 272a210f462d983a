"""
Copies on the second medium: when each was taken, what is in it, and the hub's word that it is ours.

A name ends in the time of the copy. Whoever can write the medium can seal a copy of their own: the hub's
signature over bytes and time says which are ours. That an older one stands in place of a newer it does not
say.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO

from casework import canonical
from crypto.errors import CryptoError
from crypto.sealed import open_stream
from crypto.signature import SigningKey, verify
from crypto.xwing import Identity
from subrosa.errors import RestoreError

_STAMP = "%Y%m%dT%H%M%SZ"

# What the hub signs a copy as: one that is moved to the place of another kind is not believed.
DUMP = "dump"
RECORDS = "records"
# Nobody signs a picture: it is named by its hash in a signed record.
PICTURES = "pictures"


def oldest_first(folder: Path) -> list[Path]:
    """Return the copies in *folder*, oldest first."""
    return sorted(folder.glob("*.age"), key=lambda path: (stamp_of(path), path.name))


def newest(folder: Path) -> Path:
    """
    Return the newest copy in *folder*.

    Raises:
        RestoreError: there is none.
    """
    found = oldest_first(folder)
    if not found:
        raise RestoreError(f"no copy in {folder.name}")
    return found[-1]


def stamped(when: datetime) -> str:
    """Write *when* as names of copies say it."""
    return when.strftime(_STAMP)


def stamp_of(path: Path) -> datetime:
    """Read from its name when a copy was taken."""
    stamp = path.stem.rsplit("-", 1)[-1]
    return datetime.strptime(f"{stamp}+0000", f"{_STAMP}%z")


def open_into(path: Path, identity: Identity, where: bytes, folder: Path) -> IO[bytes]:
    """
    Open the copy at *path* into a file without a name in *folder*, to be read from its start.

    Raises:
        CryptoError: it is not for this escrow key, or damaged.
    """
    plain = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  it is the caller's to close
    try:
        with path.open("rb") as source:
            open_stream(source, plain, identity, where)
    except BaseException:
        plain.close()
        raise
    plain.seek(0)
    return plain


def signed_line(plain: IO[bytes], kind: str, now: datetime, hub: SigningKey) -> bytes:
    """Return the last line of a copy of *kind*: the hub's signature over all before it, and over when."""
    plain.seek(0)
    digest = hashlib.file_digest(plain, "sha256").digest()  # type: ignore[arg-type]
    plain.seek(0, os.SEEK_END)
    return canonical.dumps({"hub": hub.sign(f"subrosa/{kind}", _claim(kind, digest, now)).hex()}) + b"\n"


def check_signed(plain: IO[bytes], kind: str, taken: datetime, hub: bytes) -> None:
    """
    Check that the hub signed this copy as one of *kind*, for the time its name says.

    Raises:
        RestoreError: it did not.
    """
    digest, last = hashlib.sha256(), b""
    plain.seek(0)
    for line in plain:
        digest.update(last)
        last = line
    plain.seek(0)
    try:
        signature = bytes.fromhex(canonical.loads(last.rstrip(b"\n"))["hub"])
        verify(hub, f"subrosa/{kind}", _claim(kind, digest.digest(), taken), signature)
    except (CryptoError, KeyError, TypeError, ValueError):
        raise RestoreError(f"the copy of the {kind} is not signed by the hub of this house") from None


def _claim(kind: str, digest: bytes, taken: datetime) -> bytes:
    return canonical.dumps({kind: digest.hex(), "taken": taken.strftime(_STAMP)})
