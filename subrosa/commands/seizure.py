"""``subrosa seizure``: say what somebody who takes this machine now would get."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from crypto import keyring
from subrosa import keyfiles, seizure, typing_in
from subrosa.opening import open_database, with_settings
from subrosa.seizure import Finding, Reach, Yield
from subrosa.settings import Settings

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
LISTED = 20  # ids of cases printed for each compartment; --json has them all


@click.command("seizure")
@click.option("--escrow", type=FILE, help="The operator's escrow key: what the second medium then yields.")
@click.option(
    "--keyring", "ring", type=FILE, help="One locked keyring: what its owner could be made to open."
)
@typing_in.PASSPHRASE_FILE
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_settings
def command(
    settings: Settings, escrow: Path | None, ring: Path | None, from_file: Path | None, as_json: bool
) -> None:
    """
    Play the thief on this house: say what opens, what stays closed, and what to do first.

    Every key found here is really tried. With --keyring the passphrase is asked on the terminal.
    """
    escrow_key = None if escrow is None else keyfiles.read_escrow(escrow)
    staff = None
    if ring is not None:
        staff = keyring.unlock(ring.read_bytes(), typing_in.passphrase(from_file))
    with open_database(settings).read() as session:
        found = seizure.rehearse(session, settings, escrow_key, staff)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        _tell(found)


def _tell(found: Yield) -> None:
    _tell_findings("From the disk:", found.disk)
    _tell_findings("From the running machine, besides:", found.running)
    _tell_findings("Stays closed without a staff passphrase:", found.closed)
    _tell_findings("From the second medium:", found.backup)
    if found.keyring:
        click.echo("With this keyring:")
        for reach in found.keyring:
            _tell_reach(reach)
    for title, lines in (("From the token:", found.token), ("The first ten minutes:", found.first_minutes)):
        click.echo(title)
        for line in lines:
            click.echo(f"  {line}")


def _tell_findings(title: str, findings: Sequence[Finding]) -> None:
    click.echo(title)
    for one in findings:
        tried = f" (of {one.tried} tried)" if one.tried else ""
        days = f", on {one.days} days" if one.days > 1 else ""
        key = f", by {', '.join(one.opened_by)}" if one.opened_by else ""
        click.echo(f"  {one.count:>6}  {one.text}{tried}{days}{key}")


def _tell_reach(reach: Reach) -> None:
    keys = {
        "today": "with today's epoch key",
        "earlier": "with older epoch keys",
        "none": "with no epoch key",
    }
    click.echo(
        f"  {reach.place}, {keys[reach.epoch]}: words of {len(reach.content)} cases,"
        f" cards of {len(reach.identity)}, {reach.drafts} drafts"
    )
    for name, cases in (("words", reach.content), ("cards", reach.identity)):
        if cases:
            more = f" and {len(cases) - LISTED} more" if len(cases) > LISTED else ""
            click.echo(f"    {name}: {' '.join(case[:8] for case in cases[:LISTED])}{more}")
