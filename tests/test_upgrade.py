"""An upgrade loses no grant, opens the sentinel before and after, and is rolled back whole when it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from bot.errors import SecondHubError
from bot.guard import sole_hub
from casework import keys
from casework.asking import READ, GrantRef
from casework.database import SCHEMA
from casework.errors import SchemaMismatchError
from casework.tables import Grant
from subrosa import configuration, schema
from subrosa.settings import Settings
from tests.house import House
from tests.test_keeper import ask, file_case

NEXT = SCHEMA + 1
GOOD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{next}", "{last}", None, None
def upgrade():
    # The copy-and-swap that SQLite needs for most changes, with every table that hangs on this one.
    again = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("case", recreate=again) as batch:
        batch.add_column(sa.Column("colour", sa.String(), nullable=True))
"""
LOSES = (
    GOOD
    + """    op.execute('DELETE FROM "grant"')
"""
)
BREAKS = (
    GOOD
    + """    op.execute("SELECT nonsense FROM nowhere")
"""
)
BLINDS = (
    GOOD
    + """    op.execute("UPDATE house SET sentinel = substr(sentinel, 1, 40)")
"""
)


def migrations(folder: Path, body: str) -> Path:
    """Copy the migrations and add one more."""
    shutil.copytree(schema.MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    name = f"{NEXT:04d}_next.py"
    text_ = body.format(next=schema.revision_of(NEXT), last=schema.revision_of(SCHEMA))
    (folder / "migrations" / "versions" / name).write_text(text_)
    return folder / "migrations"


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    """Write the configuration of the house, and stamp its database as a new one is."""
    schema._stamp(house.database)
    state = house.strongbox.families["epoch"].path.parent
    values = {
        "roster.roots": (house.root.public.hex(),),
        "hub.state_dir": str(state),
        "hub.runtime_dir": str(state.parent / "runtime"),
        "database.url": house.database.engine.url.render_as_string(hide_password=False),
    }
    path = tmp_path / "subrosa.toml"
    path.write_text(configuration.example(values), encoding="utf-8")
    return configuration.load(path)


@pytest.fixture(autouse=True)
def _no_pg_dump(monkeypatch: pytest.MonkeyPatch, house: House, tmp_path: Path) -> None:
    """The server under test speaks a newer dialect than the machine's own dump tool."""
    if not house.database.is_sqlite:
        monkeypatch.setattr(schema, "copy", lambda *_: tmp_path / "copied elsewhere")


def test_an_upgrade_keeps_every_grant_and_key(house: House, settings: Settings, tmp_path: Path) -> None:
    cases = [file_case(house, "legal", "alice")[0] for _ in range(3)]
    with house.database.read() as session:
        before = {bytes(one) for one in session.scalars(select(Grant.locked))}
    done = schema.upgrade(
        settings,
        house.database,
        house.strongbox,
        house.now,
        migrations=migrations(tmp_path, GOOD),
        target=NEXT,
    )
    assert (done.before, done.after, done.grants) == (SCHEMA, NEXT, len(before))
    assert schema.version(house.database) == NEXT
    columns = {column["name"] for column in inspect(house.database.engine).get_columns("case")}
    assert "colour" in columns
    with house.database.engine.begin() as connection:
        after = {bytes(one) for (one,) in connection.execute(text('SELECT locked FROM "grant"'))}
        connection.execute(text("UPDATE house SET schema_number = :n"), {"n": SCHEMA})
    assert after == before
    answered = ask(house, "alice", [GrantRef(cases[0], keys.CONTENT, 0)], READ)
    assert answered is not None
    assert len(answered.grants) == 1


@pytest.mark.parametrize(
    "harm", [LOSES, BREAKS, BLINDS], ids=["loses grants", "fails", "blinds the sentinel"]
)
def test_a_harmful_upgrade_is_rolled_back_whole(
    house: House, settings: Settings, tmp_path: Path, harm: str
) -> None:
    file_case(house, "legal", "alice")
    with house.database.read() as session:
        before = sorted(bytes(one) for one in session.scalars(select(Grant.locked)))
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, nothing may have changed
        schema.upgrade(
            settings, house.database, house.strongbox, house.now,
            migrations=migrations(tmp_path, harm), target=NEXT,
        )  # fmt: skip
    assert schema.version(house.database) == SCHEMA
    columns = {column["name"] for column in inspect(house.database.engine).get_columns("case")}
    assert "colour" not in columns
    with house.database.read() as session:
        assert sorted(bytes(one) for one in session.scalars(select(Grant.locked))) == before


def test_an_upgrade_waits_for_no_running_hub(house: House, settings: Settings, tmp_path: Path) -> None:
    with sole_hub(settings.hub.state_dir), pytest.raises(SecondHubError):
        schema.upgrade(
            settings, house.database, house.strongbox, house.now,
            migrations=migrations(tmp_path, GOOD), target=NEXT,
        )  # fmt: skip
    assert schema.version(house.database) == SCHEMA


def test_a_newer_database_is_left_alone(house: House, settings: Settings) -> None:
    with house.database.engine.begin() as connection:
        connection.execute(text("UPDATE house SET schema_number = 99"))
    with pytest.raises(SchemaMismatchError):
        schema.upgrade(settings, house.database, house.strongbox, house.now)


def test_there_is_a_migration_to_this_programs_version() -> None:
    assert schema.head() == schema.revision_of(SCHEMA)
