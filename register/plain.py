"""
What lies in a folder that strangers filled: plain files count, and nothing else is opened.

A link leads out of the folder, a pipe never ends, a device is no file. A folder is only a way to files; an
empty one is nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotPlainError(OSError):
    """This is no plain file."""


def found(folder: Path) -> dict[str, bool]:
    """
    Return the path of everything in *folder* that is no folder, with whether it is a plain file.

    A folder that does not let itself be listed stands among these: a server may give out what lies in it.
    """
    told: dict[str, bool] = {}

    def note(error: OSError) -> None:
        told[os.path.relpath(error.filename, folder)] = False

    # Names of folders that lead elsewhere are among the folders; nobody walks into them.
    for place, folders, names in os.walk(folder, onerror=note):
        for name in (*folders, *names):
            path = f"{place}/{name}"
            mode = os.lstat(path).st_mode
            if not stat.S_ISDIR(mode):
                told[os.path.relpath(path, folder)] = stat.S_ISREG(mode)
    return told


def opened(path: Path) -> BinaryIO:
    """
    Open a plain file to read it.

    Raises:
        OSError: there is nothing, or nothing that can be read.
        NotPlainError: it is something else.
    """
    # Not to wait: whoever opens a pipe waits for somebody who writes.
    return os.fdopen(_open(path), "rb")


def _open(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotPlainError from None
        raise
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise NotPlainError


def shown(path: str) -> str:
    """Return *path* as text that can be written anywhere, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
