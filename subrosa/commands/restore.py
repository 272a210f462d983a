"""``subrosa restore``: lay out a house from the second medium."""

from __future__ import annotations

import json
from pathlib import Path

import click

from subrosa import backup, keyfiles
from subrosa.opening import now, with_settings
from subrosa.settings import Settings


@click.command("restore")
@click.option(
    "--medium", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The second medium."
)
@click.option(
    "--identity",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The operator's escrow key, from its stick.",
)
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@with_settings
def command(settings: Settings, medium: Path | None, identity: Path, as_json: bool) -> None:
    """
    Lay out database and keys from the newest copies, into an empty house.

    What was erased since the copy was taken is erased again before anybody can open it. Words that came in
    after the copy are lost; returning chats are told which hours for 30 days.
    """
    restored = backup.restore(
        settings, medium or settings.escrow.medium, keyfiles.read_escrow(identity), now()
    )
    if as_json:
        click.echo(
            json.dumps(
                {
                    "erased_again": restored.erased_again,
                    "lost_from": restored.lost_from.isoformat(),
                    "lost_until": restored.lost_until.isoformat(),
                    "rows": restored.rows,
                }
            )
        )
        return
    click.echo(f"restored {restored.rows} rows; {restored.erased_again} erased cases left out again")
    click.echo(f"what came in after {restored.lost_from:%Y-%m-%d %H:%M} UTC is lost")
