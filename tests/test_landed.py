"""What landed once stays readable: an upgraded house has every table of a new one, and opens what it held."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from casework import keeper, keys
from casework.database import SCHEMA, Database, connect
from casework.strongbox import Strongbox
from casework.tables import Base, Grant, Item, SealingKey
from crypto import keyring
from crypto.keyring import Staff
from crypto.signature import SigningKey
from crypto.xwing import Identity
from subrosa import backup, configuration, schema
from subrosa.settings import Settings
from tests.house import NOON

LANDED = sorted((Path(__file__).parent / "landed").glob("[0-9]*"))


def test_an_upgraded_house_has_the_tables_of_a_new_one(database_url: str) -> None:
    database = connect(database_url)
    with schema.as_of(database, 1) as session:
        session.execute(text("INSERT INTO house VALUES (1, 1, :s, 0)"), {"s": b"sentinel"})
        schema.bring_up(session)
    with database.engine.connect() as connection:
        options = {"compare_type": True, "include_name": lambda name, *_: name != "alembic_version"}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
    database.close()


@pytest.mark.parametrize("landed", LANDED, ids=[path.name for path in LANDED])
def test_a_house_that_landed_is_still_opened(landed: Path, tmp_path: Path, database_url: str) -> None:
    frozen = json.loads((landed / "keys.json").read_text())
    roots = (frozen["root"],)
    path = tmp_path / "subrosa.toml"
    path.write_text(configuration.example({"roster.roots": roots, "database.url": database_url}))
    settings, now = configuration.load(path), datetime.fromisoformat(frozen["at"])
    backup.restore(settings, landed, Identity.from_seed(bytes.fromhex(frozen["escrow"])), now)
    database = connect(database_url)
    try:
        assert schema.version(database) == SCHEMA
        read = [_read_message(database, settings, bytes.fromhex(case), frozen) for case in frozen["cases"]]
        assert read == ["тихо, канарейка"] * len(frozen["cases"])
    finally:
        database.close()


def _read_message(database: Database, settings: Settings, case: bytes, frozen: dict[str, Any]) -> str:
    """Open the first message of *case* as Alice does."""
    seeds = [bytes.fromhex(seed) for seed in frozen["alice"]]
    alice = Staff("alice", 1, Identity.from_seed(seeds[0]), SigningKey.from_seed(seeds[1]))
    strongbox = Strongbox.load(settings.hub.state_dir, settings.hub.runtime_dir, NOON)
    with database.read() as session:
        grant = session.get_one(Grant, (case, keys.CONTENT, 0, alice.staff, alice.number))
        inner = keeper.unlock_grant(grant, strongbox)
        item = session.scalars(select(Item).where(Item.case == case, Item.kind == "message")).one()
        key = keys.public_of(session.get_one(SealingKey, (case, keys.CONTENT, 0)))
    seed = keyring.open_grant(alice, inner, keys.grant_context(key, alice.staff))
    return str(keys.open_item(item, Identity.from_seed(seed))["text"])
