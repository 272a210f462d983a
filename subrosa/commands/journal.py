"""``subrosa journal``: verify the journal of acts."""

from __future__ import annotations

import json

import click

from casework import journal
from subrosa.opening import open_database, with_settings
from subrosa.settings import Settings


@click.group("journal")
def command() -> None:
    """Verify the journal of acts."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the head as JSON.")
@with_settings
def verify(settings: Settings, as_json: bool) -> None:
    """Check every row, its signature and the hub's countersignature, and print the head."""
    database = open_database(settings)
    with database.read() as session:
        head, rows = journal.verify_chain(session, settings.anchor), journal.count(session)
    if as_json:
        click.echo(json.dumps({"head": head.hex(), "rows": rows}))
    else:
        click.echo(f"{rows} rows hold; head {head.hex()}")
