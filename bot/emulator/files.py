"""Files on the stand-in's shelf: in memory, named by an id per bot, fetched by a link good for an hour."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from random import Random
from typing import Any

from bot.emulator.clock import Clock
from bot.emulator.errors import bad_request

MAX_DOWNLOAD = 20 * 1024 * 1024  # bytes; getFile refuses more
MAX_UPLOAD = 50 * 1024 * 1024  # bytes a bot may send
LINK_LIFE = 3600  # seconds a download link is good for


@dataclass(slots=True)
class StoredFile:
    """One file with the names a bot knows it by."""

    file_id: str
    unique_id: str
    bot_id: int
    name: str
    mime_type: str
    content: bytes
    path: str
    link_until: int = 0

    def __repr__(self) -> str:
        return f"<StoredFile {len(self.content)} bytes>"

    def names(self) -> dict[str, Any]:
        """Return the fields every file object of the Bot API begins with."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.content)}


class Shelf:
    """Keep files and hand them out by id or by link."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._by_unique_id: dict[str, StoredFile] = {}

    def put(self, bot_id: int, folder: str, name: str, mime_type: str, content: bytes) -> StoredFile:
        """Keep *content* for one bot under a fresh id."""
        number = len(self._by_id) + 1
        suffix = PurePosixPath(name).suffix or ".bin"
        unique_id = "AQAD" + hashlib.sha256(content + number.to_bytes(8)).hexdigest()[:12]
        file_id = f"BQAC{self._random.getrandbits(256):064x}{number:x}"
        path = f"{folder}/file_{number}{suffix}"
        stored = StoredFile(file_id, unique_id, bot_id, name, mime_type, content, path)
        self._by_id[file_id] = self._by_path[path] = self._by_unique_id[unique_id] = stored
        return stored

    def link(self, bot_id: int, file_id: str) -> dict[str, Any]:
        """
        Answer getFile: the file's names and a path to fetch it by for the next hour.

        Raises:
            ApiError: no such file for this bot, or it is larger than a bot may fetch.
        """
        stored = self.get(bot_id, file_id)
        if len(stored.content) > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        stored.link_until = self._clock.now() + LINK_LIFE
        return {**stored.names(), "file_path": stored.path}

    def get(self, bot_id: int, file_id: str) -> StoredFile:
        """
        Return the file *bot_id* knows as *file_id*.

        Raises:
            ApiError: it knows none.
        """
        if not file_id:
            raise bad_request("file_id not specified")
        stored = self._by_id.get(file_id)
        if stored is None or stored.bot_id != bot_id:
            raise bad_request("invalid file_id")
        return stored

    def fetch(self, bot_id: int, path: str) -> bytes | None:
        """Return the bytes behind a link, or None where the link is foreign, unknown or too old."""
        stored = self._by_path.get(path)
        if stored is None or stored.bot_id != bot_id or stored.link_until < self._clock.now():
            return None
        return stored.content

    def show(self, unique_id: str) -> StoredFile | None:
        """Return a file for the practice phone, which may see all that was sent to it."""
        return self._by_unique_id.get(unique_id)
