"""``subrosa seizure``: say what somebody who takes this machine now would get."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from subrosa import seizure
from subrosa.opening import open_database, with_settings
from subrosa.settings import Settings


@click.command("seizure")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Say what somebody who takes this machine now would get, and what stays closed."""
    with open_database(settings).read() as session:
        found = seizure.rehearse(session, settings)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    for title, findings in (
        ("From the disk:", found.disk),
        ("From the running machine, besides:", found.running),
        ("Stays closed without a staff passphrase:", found.closed),
    ):
        click.echo(title)
        for one in findings:
            click.echo(f"  {one.count:>6}  {one.text}")
