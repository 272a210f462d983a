"""
The files of one staff member at this desk: the locked keyring, and the sign-in code's secret sealed to it.

    <keyring_dir>/<staff>.keyring    locked by the passphrase
    <keyring_dir>/<staff>.totp       sealed to the staff member's own key

The code is a check of the desk against somebody who overheard a passphrase. It does not protect against a
thief of these files: whoever has both and the passphrase computes it.
"""

from __future__ import annotations

from pathlib import Path

import pyotp

from casework.strongbox import write_file
from crypto import context
from crypto.keyring import Staff
from crypto.roster import STAFF_ID
from crypto.sealed import open_sealed, seal

ISSUER = "Subrosa"


def enrol(folder: Path, locked: bytes, staff: Staff) -> str:
    """Write the files of a new staff member and return the secret for their code app."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = pyotp.random_base32()
    where = context.named("totp", staff.staff)
    write_file(_path(folder, staff.staff, "keyring"), locked)
    write_file(_path(folder, staff.staff, "totp"), seal(secret.encode(), [staff.identity.recipient], where))
    return secret


def put_aside(folder: Path, staff: str, number: int) -> None:
    """Keep the files of key *number* beside the new ones: a passphrase may yet be found."""
    for suffix in ("keyring", "totp"):
        path = _path(folder, staff, suffix)
        if path.exists():
            path.rename(_path(folder, staff, f"{suffix}.{number}"))


def find(folder: Path, name: str) -> bytes | None:
    """Return the locked keyring of *name*, or none when there is no such name here."""
    if not STAFF_ID.match(name):
        return None
    try:
        return _path(folder, name, "keyring").read_bytes()
    except OSError:
        return None


def replace(folder: Path, staff: str, locked: bytes) -> None:
    """Put a keyring under a new passphrase in the old one's place."""
    write_file(_path(folder, staff, "keyring"), locked)


def copy(folder: Path, target: Path, staff: str, locked: bytes) -> None:
    """
    Put *locked*, the same keys under another passphrase, into *target*, with the code's secret beside it.

    Raises:
        FileExistsError: *target* holds files of this person already.
        OSError: there is no secret to copy.
    """
    secret = _path(folder, staff, "totp").read_bytes()
    for suffix in ("keyring", "totp"):
        if _path(target, staff, suffix).exists():
            raise FileExistsError
    write_file(_path(target, staff, "keyring"), locked)
    write_file(_path(target, staff, "totp"), secret)


def read_secret(folder: Path, staff: Staff) -> str:
    """
    Return the secret of the sign-in code.

    Raises:
        OSError: there is none; a keyring without one cannot sign in.
        CryptoError: it is not this person's.
    """
    sealed = _path(folder, staff.staff, "totp").read_bytes()
    return open_sealed(sealed, staff.identity, context.named("totp", staff.staff)).decode("ascii")


def provisioning_uri(staff: str, secret: str) -> str:
    """Return the address a code app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff, issuer_name=ISSUER)


def _path(folder: Path, staff: str, suffix: str) -> Path:
    return folder / f"{staff}.{suffix}"
