"""Opening a house from its settings: what most commands need before anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from casework.database import Database, check_schema, connect
from casework.strongbox import Strongbox
from subrosa import configuration
from subrosa.errors import NoHouseError
from subrosa.settings import Settings


def now() -> datetime:
    """Return the time: the one place where the command line asks for it."""
    return datetime.now(UTC)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the settings as its first argument; ``--config`` may stand before or after its name."""

    @click.option(
        "--config",
        "own",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        help="The configuration of the house.",
    )
    @click.pass_context
    def wrapped(ctx: click.Context, /, own: Path | None, **values: Any) -> Any:
        return ctx.invoke(command, configuration.load(own or ctx.obj), **values)

    wrapped.__doc__ = command.__doc__
    wrapped.__name__ = command.__name__
    wrapped.__click_params__ = [  # type: ignore[attr-defined]
        *getattr(command, "__click_params__", []),
        *wrapped.__click_params__,  # type: ignore[attr-defined]
    ]
    return wrapped


def find_database(settings: Settings) -> Database:
    """
    Connect to the database of the house, of whatever version; never make one.

    Raises:
        NoHouseError: there is no file of that name.
    """
    url = make_url(settings.database.url)
    # SQLite would lay an empty file there, which then looks like a house that lost everything.
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NoHouseError
    return connect(settings.database.url)


def open_database(settings: Settings) -> Database:
    """
    Connect to the database of the house and check its version.

    Raises:
        NoHouseError: it is not there.
        SchemaMismatchError: it is of another version, or holds no house.
    """
    database = find_database(settings)
    with database.read() as session:
        check_schema(session)
    return database


def open_strongbox(settings: Settings, moment: datetime) -> Strongbox:
    """
    Read the hub's keys.

    Raises:
        KeyMissingError: one of them is not there or damaged.
    """
    return Strongbox.load(settings.hub.state_dir, settings.hub.runtime_dir, moment)
