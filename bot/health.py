"""
What the hub says about itself: small files in ``runtime_dir`` that ``doctor`` reads.

Not in the database, because the most important thing to say is that the database is gone. Codes and
instants only. A hub that is no more says nothing, so it also says again and again that it is there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from casework.strongbox import write_file

log = logging.getLogger(__name__)

FILE = "health.json"
ALIVE = "alive"
BEAT = 20.0  # seconds from one sign of life to the next


class Health:
    """The state of each part of the hub: ``ok``, or a code why not."""

    def __init__(self, runtime_dir: Path, clock: Callable[[], datetime]) -> None:
        self._folder = runtime_dir
        self._clock = clock
        self._parts: dict[str, dict[str, str]] = {}

    def ok(self, part: str) -> None:
        """Say that *part* works."""
        self._say(part, "ok")

    def trouble(self, part: str, code: str) -> None:
        """Say that *part* does not work, and why."""
        self._say(part, code)

    def beat(self) -> None:
        """Say that the hub is there."""
        self._write(ALIVE, self._clock().isoformat(timespec="seconds").encode())

    def _say(self, part: str, state: str) -> None:
        if self._parts.get(part, {}).get("state") == state:
            return
        log.log(logging.INFO if state == "ok" else logging.WARNING, "%s.%s", part, state)
        self._parts[part] = {"state": state, "since": self._clock().isoformat(timespec="seconds")}
        self._write(FILE, json.dumps(self._parts, sort_keys=True).encode())

    def _write(self, name: str, body: bytes) -> None:
        try:
            write_file(self._folder / name, body)
        except OSError:
            log.warning("health.unwritten")


def read(runtime_dir: Path) -> dict[str, dict[str, str]]:
    """Return what the hub last said: part → ``state`` and ``since``; nothing when it never ran."""
    try:
        parts: dict[str, dict[str, str]] = json.loads((runtime_dir / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return parts


def last_beat(runtime_dir: Path) -> datetime | None:
    """Return when the hub last said that it is there; nothing when it never ran."""
    try:
        return datetime.fromisoformat((runtime_dir / ALIVE).read_text("ascii"))
    except (OSError, ValueError):
        return None
