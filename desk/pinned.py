"""
The journal's heads this desk saw, kept in ``<keyring_dir>/journal.seen``, one a line, oldest first.

The hub's own memory is no help against whoever holds the hub; every desk therefore looks for itself, whenever
it sweeps. What it finds wrong stands on every page until a person has looked at it: a restored house is
accepted there, a fork is not; only removing the file by hand ends that alarm, after heads were compared with
colleagues.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from casework import heads
from casework.database import Database
from casework.heads import Head, Judgement
from casework.strongbox import write_file
from crypto.roster import Anchor

log = logging.getLogger("subrosa.desk")

SEEN = "journal.seen"


class Pinned:
    """What this desk knows of the journal: the heads it saw, and what it found last."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SEEN
        self._lock = threading.Lock()
        self.judgement: Judgement | None = None

    def __repr__(self) -> str:
        return "<Pinned>"

    @property
    def alarm(self) -> Judgement | None:
        """Return what a person must look at, or none."""
        found = self.judgement
        return None if found is None or found.state == "goes on" else found

    def look(self, database: Database, anchor: Anchor) -> Judgement:
        """
        Hold the journal against what was seen, and remember its head if it goes on from there.

        Raises:
            CryptoError: a roster is not signed by the root keys.
            OSError, ValueError: what was seen cannot be read: as good as a fork, and said so in the log.
        """
        with self._lock:
            seen = self._read()
            with database.read() as session:
                found = heads.judge(session, anchor, seen)
            if found.state == "goes on":
                self._remember(seen, found)
            elif self.judgement is None or self.judgement.state != found.state:
                log.error("journal.alarm %s %d", found.state.replace(" ", "_"), found.row)
            self.judgement = found
            return found

    def accept_restored(self, database: Database, anchor: Anchor) -> bool:
        """Go on from a restored journal, after a person looked at it; false when it is not that."""
        with self._lock:
            seen = self._read()
            with database.read() as session:
                found = heads.judge(session, anchor, seen)
            if found.restore is None:
                return False
            self._remember([*(head for head in seen if head.n < found.row), found.restore], found)
            self.judgement = Judgement("goes on", 0, 0, found.newest)
            return True

    def _remember(self, seen: list[Head], found: Judgement) -> None:
        if found.newest is not None and found.newest not in seen:
            kept = heads.keep(seen, found.newest)
            write_file(self._path, "".join(f"{head.write()}\n" for head in kept).encode("ascii"))

    def _read(self) -> list[Head]:
        try:
            lines = self._path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []
        return [Head.read(line) for line in lines]
