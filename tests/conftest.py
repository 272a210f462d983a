"""What every test may use: real input beside the checkout, and the databases to hold claims on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import (  # noqa: F401
    _postgres_house,
    _sqlite_house,
    database,
    database_url,
    postgres,
    sqlite_database,
)

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real input beside the checkout, or skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real input is not beside this checkout")
    return SHARED
