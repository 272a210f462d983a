"""What a person types at the shell and no argument may carry: arguments are read by every other process."""

from __future__ import annotations

from pathlib import Path

import click

from subrosa.errors import UsageError

PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    "from_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the passphrase; default: ask on the terminal.",
)


def passphrase(from_file: Path | None) -> str:
    """
    Return the passphrase in *from_file*, or the one typed at the terminal, unseen.

    Raises:
        UsageError: the file is empty or no text.
    """
    if from_file is None:
        typed: str = click.prompt("passphrase", hide_input=True, err=True)
        return typed
    try:
        read = from_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        read = ""
    if not read:
        raise UsageError("the passphrase file holds none")
    return read
