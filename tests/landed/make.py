"""
Freeze a small house of this program's version, to be brought up by every later one.

``python -m tests.landed.make FOLDER`` writes the second medium of a house in which Alice holds two cases, and
``keys.json`` with what opens it. The keys protect nobody: the house never took a word from a person.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from casework.database import connect, create_tables
from crypto.xwing import Identity
from subrosa import backup
from tests.databases import SENTINEL
from tests.house import build
from tests.test_backup import escrow_of, settings_for
from tests.test_keeper import file_case


def freeze(target: Path) -> None:
    """Write the medium of a new house to *target*, which does not exist yet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, SENTINEL)
        house = build(database, folder, {"alice": {"lawyer"}, "olga": {"coordinator"}})
        cases = [file_case(house, "legal", "alice")[0].hex() for _ in range(2)]
        escrow_key = Identity.generate()
        settings = settings_for(folder / "there", house, "sqlite:///h.db")
        backup.back_up(settings, database, house.strongbox, escrow_of(house, folder, escrow_key), house.now)
        database.close()
        shutil.copytree(folder / "medium", target)
        alice = house.staff["alice"]
        body = {
            "at": house.now.isoformat(),
            "cases": cases,
            "escrow": escrow_key.seed.hex(),
            "root": house.root.public.hex(),
            "alice": [alice.identity.seed.hex(), alice.signing.seed.hex()],
        }
        (target / "keys.json").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))
