"""What every test may use: real input beside the checkout, and the databases to hold claims on."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.database import Database
from tests.house import House, build

pytest_plugins = ["tests.databases", "tests.gatehouse"]

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real input beside the checkout, or skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real input is not beside this checkout")
    return SHARED


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """Lay out a house with the whole cast, on either database."""
    return build(database, tmp_path)


@pytest.fixture
def sqlite_house(sqlite_database: Database, tmp_path: Path) -> House:
    """Lay out a house on SQLite only, where the engine does not matter."""
    return build(sqlite_database, tmp_path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder whose pictures a run renews."""
    parser.addoption("--tour", default=None, help="renew the pictures of the documents in this folder")
