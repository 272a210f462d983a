"""``subrosa backup``: copy database and keys to the second medium."""

from __future__ import annotations

import json

import click

from subrosa import backup, keyfiles
from subrosa.errors import MediumAwayError, NotGreenError
from subrosa.escrow import Escrow
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings


@click.command("backup")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """
    Copy database and keys, sealed to the operator's escrow key, to the second medium.

    The hub does the same every 15 minutes. A lost machine costs what came in since the last copy.
    """
    moment = now()
    recipient = keyfiles.read_escrow_recipient(settings.escrow.recipient_file)
    if not settings.escrow.medium.is_dir():
        raise MediumAwayError
    target = Escrow(settings.escrow.medium, settings.hub.state_dir, recipient)
    copy = backup.back_up(settings, open_database(settings), open_strongbox(settings, moment), target, moment)
    if as_json:
        click.echo(json.dumps({"bytes": copy.bytes, "green": copy.is_green, "rows": copy.rows}))
    else:
        click.echo(f"copied {copy.rows} rows, {copy.bytes} bytes sealed, to {settings.escrow.medium}")
    if not copy.is_green:
        raise NotGreenError("an epoch that grants name is not on the second medium")
