"""What every test may use: real input beside the checkout, and the databases to hold claims on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from casework.database import Database
from tests import tour
from tests.house import House, build

pytest_plugins = ["tests.databases", "tests.gatehouse"]

# The same choices each time: what is red is red by the change at hand. `make explore` draws anew.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("repeatable")

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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with what may take longest, so that no worker waits at the end for another's last test.

    What stands behind the first cannot be taken off its worker any more, so that is a short one.
    """
    items.sort(key=_patience, reverse=True)
    if len(items) > 2 and _patience(items[0]):
        items.insert(1, items.pop())


def _patience(item: pytest.Item) -> float:
    """Return how long a test says that it may take, in seconds; nothing where it says nothing."""
    marker = item.get_closest_marker("timeout")
    return 0.0 if marker is None else float(marker.args[0])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder whose pictures a run renews."""
    parser.addoption("--tour", default=None, help="renew the pictures of the documents in this folder")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to keep pictures, if asked."""
    tour.begin(config.getoption("--tour"))


def pytest_sessionfinish() -> None:
    """List the pictures that were kept."""
    tour.finish()
