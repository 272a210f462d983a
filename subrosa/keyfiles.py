"""Keys that lie off the machine: one line of text each, with a word that says what it is."""

from __future__ import annotations

from pathlib import Path

from casework.strongbox import write_file
from crypto.errors import CryptoError
from crypto.signature import SigningKey
from crypto.xwing import Identity, Recipient
from subrosa.errors import UsageError

ROOT = "subrosa-root-key-1"
ESCROW = "subrosa-escrow-key-1"
ESCROW_RECIPIENT = "subrosa-escrow-recipient-1"
RECOVERY_RECIPIENT = "subrosa-recovery-recipient-1"

_CARRY = "# Carry this file to a stick, and wipe it here. It must not lie on the machine it protects.\n"


def write_root(path: Path, root: SigningKey) -> None:
    """Write a root key."""
    write_file(path, f"{_CARRY}{ROOT} {root.seed.hex()}\n".encode())


def read_root(path: Path) -> SigningKey:
    """
    Read a root key.

    Raises:
        UsageError: the file holds none.
    """
    return SigningKey.from_seed(_read(path, ROOT, 32))


def write_escrow(path: Path, recipient: Path, escrow: Identity) -> None:
    """Write the operator's escrow key to *path*, and its public half to *recipient*."""
    write_file(path, f"{_CARRY}{ESCROW} {escrow.seed.hex()}\n".encode())
    write_escrow_recipient(recipient, escrow.recipient)


def write_escrow_recipient(path: Path, recipient: Recipient) -> None:
    """Write the public half of the operator's escrow key."""
    write_file(path, f"{ESCROW_RECIPIENT} {recipient.raw.hex()}\n".encode())


def read_escrow(path: Path) -> Identity:
    """
    Read the operator's escrow key.

    Raises:
        UsageError: the file holds none.
    """
    return Identity.from_seed(_read(path, ESCROW, 32))


def read_escrow_recipient(path: Path) -> Recipient:
    """
    Read the public half of the operator's escrow key.

    Raises:
        UsageError: the file holds none.
    """
    try:
        return Recipient.parse(_read(path, ESCROW_RECIPIENT, 1216))
    except CryptoError:
        raise UsageError(f"{path.name} is not an escrow recipient") from None


def write_recovery_recipient(path: Path, recipient: Recipient) -> None:
    """Write the public half of a recovery key, for the next roster."""
    write_file(path, f"{RECOVERY_RECIPIENT} {recipient.raw.hex()}\n".encode())


def read_recovery_recipient(path: Path) -> Recipient:
    """
    Read the public half of a recovery key.

    Raises:
        UsageError: the file holds none.
    """
    try:
        return Recipient.parse(_read(path, RECOVERY_RECIPIENT, 1216))
    except CryptoError:
        raise UsageError(f"{path.name} is not a recovery recipient") from None


def _read(path: Path, word: str, size: int) -> bytes:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path.name} cannot be read") from None
    for line in lines:
        name, _, value = line.partition(" ")
        if name == word:
            try:
                secret = bytes.fromhex(value)
            except ValueError:
                break
            if len(secret) == size:
                return secret
    raise UsageError(f"{path.name} holds no {word}")
