"""``subrosa upgrade``: bring the database to this program's version."""

from __future__ import annotations

import click

from subrosa import schema
from subrosa.opening import find_database, now, open_strongbox, with_settings
from subrosa.settings import Settings


@click.command("upgrade")
@with_settings
def command(settings: Settings) -> None:
    """
    Bring the database to this program's version. Stop the hub first.

    The database is copied first; what does not come out as it went in is rolled back.
    """
    moment = now()
    strongbox = open_strongbox(settings, moment)
    done = schema.upgrade(settings, find_database(settings), strongbox, moment)
    if done.copy is None:
        click.echo(f"nothing to do: the database is at version {done.after}")
        return
    click.echo(f"upgraded from version {done.before} to {done.after}")
    click.echo(f"live grants before: {done.grants}, after: {done.grants}")
    click.echo(f"the copy from before: {done.copy} (remove it when all is well)")
