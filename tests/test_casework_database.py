"""The two engines keep the same promises."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from casework.database import Database, connect
from casework.errors import SchemaMismatchError
from casework.tables import House, StaffState


def test_a_write_is_kept_and_a_read_changes_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(StaffState(staff="alice"))
    with database.read() as session:
        session.add(StaffState(staff="mallory"))
        session.flush()
    with database.read() as session:
        assert list(session.scalars(select(StaffState.staff))) == ["alice"]


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as session:
            session.add(StaffState(staff="alice"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.read() as session:
        assert session.scalars(select(StaffState)).first() is None


def test_an_older_program_cannot_write_into_a_newer_house(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE house SET schema_number = 99"))
    with pytest.raises(SchemaMismatchError), database.write():
        pass
    with database.read() as session:
        assert session.scalar(select(House.schema_number)) == 99


def test_a_database_without_a_house_is_refused(database_url: str) -> None:
    database = connect(database_url)
    with pytest.raises(SchemaMismatchError), database.write():
        pass
    database.close()


def test_an_error_of_the_database_carries_no_parameter(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:word)"), {"word": "канарейка"})
    assert "канарейка" not in str(caught.value)
    assert "parameters hidden" in str(caught.value)
