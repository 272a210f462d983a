"""
What the hub says about itself: a small file in ``runtime_dir`` that ``doctor`` reads.

Not in the database, because the most important thing to say is that the database is gone. Codes and
instants only.
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


class Health:
    """The state of each part of the hub: ``ok``, or a code why not."""

    def __init__(self, runtime_dir: Path, clock: Callable[[], datetime]) -> None:
        self._path = runtime_dir / FILE
        self._clock = clock
        self._parts: dict[str, dict[str, str]] = {}

    def ok(self, part: str) -> None:
        """Say that *part* works."""
        self._say(part, "ok")

    def trouble(self, part: str, code: str) -> None:
        """Say that *part* does not work, and why."""
        self._say(part, code)

    def _say(self, part: str, state: str) -> None:
        if self._parts.get(part, {}).get("state") == state:
            return
        log.log(logging.INFO if state == "ok" else logging.WARNING, "%s.%s", part, state)
        self._parts[part] = {"state": state, "since": self._clock().isoformat(timespec="seconds")}
        try:
            write_file(self._path, json.dumps(self._parts, sort_keys=True).encode())
        except OSError:
            log.warning("health.unwritten")


def read(runtime_dir: Path) -> dict[str, dict[str, str]]:
    """Return what the hub last said: part → ``state`` and ``since``; nothing when it never ran."""
    try:
        parts: dict[str, dict[str, str]] = json.loads((runtime_dir / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return parts
