"""``subrosa journal``: verify the journal of acts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casework import dayheads, journal, rosters
from subrosa import escrow
from subrosa.opening import open_database, with_settings
from subrosa.settings import Settings


@click.group("journal")
def command() -> None:
    """Verify the journal of acts."""


@command.command("verify")
@click.option(
    "--heads",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Daily heads to hold it against; without it those on the second medium.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the head as JSON.")
@with_settings
def verify(settings: Settings, file: Path | None, as_json: bool) -> None:
    """
    Check every row, its signature and the hub's countersignature, and print the head.

    Then hold the journal against the hub's daily heads, and say which day was rewritten. A copy of them that
    lay elsewhere proves most.
    """
    text = escrow.day_heads(settings.escrow.medium)
    if file is not None:
        text = file.read_text(encoding="utf-8", errors="replace")
    database = open_database(settings)
    with database.read() as session:
        head, rows = journal.verify_chain(session, settings.anchor), journal.count(session)
        days = dayheads.read_all(text, rosters.current(session, settings.anchor).hub_signing)
        dayheads.hold(session, days)
    if as_json:
        click.echo(json.dumps({"days": len(days), "head": head.hex(), "rows": rows}))
        return
    click.echo(f"{rows} rows hold; head {head.hex()}")
    if days:
        newest = days[-1]
        click.echo(f"{len(days)} daily heads hold; {newest.day}: row {newest.n}, head {newest.head.hex()}")
    else:
        click.echo("no daily heads to hold it against: is the second medium here?")
