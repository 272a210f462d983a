"""
Bytes too many for memory, on their way to rows: in a file without a name, locked under a key without a copy.

The file is unlinked from the start and its key lies in memory alone, so what a crash or a thief leaves of it
is noise that nothing can open. It is gone with the object.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crypto import lock
from crypto.context import named

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# One part: what is in memory of it at once, and one row of a sealed file.
PART = 256 * 1024


class Spill:
    """Write all of it, :meth:`end` it, then read it as often as needed. Reads may be in another thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  lives as long as we do
        self._key = lock.Key.generate(0)
        self._rest = bytearray()
        self._lengths: list[int] = []  # of the locked parts
        self._digest = hashlib.sha256()
        self._size = 0

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def __len__(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def __repr__(self) -> str:
        return "<Spill>"

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that was written."""
        return self._digest.hexdigest()

    def beside(self) -> Spill:
        """Make another one in the same folder."""
        return Spill(self._folder)

    def write(self, data: bytes, /) -> None:
        """
        Add *data*.

        Raises:
            OSError: the disk is full or broken.
        """
        self._digest.update(data)
        self._size += len(data)
        self._rest += data
        while len(self._rest) >= PART:
            self._lock(bytes(self._rest[:PART]))
            del self._rest[:PART]

    def end(self) -> None:
        """Write what is left in memory; nothing may be added afterwards."""
        if self._rest:
            self._lock(bytes(self._rest))
            self._rest.clear()

    def parts(self) -> Iterator[bytes]:
        """Return all of it from its beginning, in parts of :data:`PART` and a last one."""
        return map(self._part, range(len(self._lengths)))

    def source(self) -> io.BufferedReader:
        """Return all of it as a file to read from."""
        return io.BufferedReader(Joined(self.parts()), PART)

    def ends(self, size: int) -> tuple[bytes, bytes]:
        """Return the first and the last *size* bytes, of at most one part."""
        count = len(self._lengths)
        first = self._part(0) if count else b""
        last = b"".join(map(self._part, range(max(count - 2, 0), count)))
        return first[:size], last[-size:]

    def _part(self, n: int) -> bytes:
        at = sum(self._lengths[:n])
        locked = os.pread(self._file.fileno(), self._lengths[n], at)
        return lock.unlock(self._key, locked, named("spill", n))

    def _lock(self, part: bytes) -> None:
        locked = lock.lock(self._key, part, named("spill", len(self._lengths)))
        left = memoryview(locked)
        while left:
            left = left[self._file.write(left) :]
        self._lengths.append(len(locked))


class Joined(io.RawIOBase):
    """Reads parts one after the other as if they were one file."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._part = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer, /) -> int:
        into = memoryview(room).cast("B")
        while not self._part:
            try:
                self._part = memoryview(next(self._parts))
            except StopIteration:
                return 0
        size = min(len(into), len(self._part))
        into[:size] = self._part[:size]
        self._part = self._part[size:]
        return size
