"""``subrosa erase``: erase a case for good."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from casework import erasure
from casework.actors import OPERATOR, Actor
from casework.errors import NotFoundError
from casework.strongbox import SETTLING
from subrosa import keyfiles
from subrosa.errors import NoCaseError, UsageError
from subrosa.escrow import Escrow
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings


@click.command("erase")
@click.argument("case")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_settings
def command(settings: Settings, case: str, yes: bool, as_json: bool) -> None:
    """
    Erase CASE (its id in hex) for good: grants, words, files, mailboxes, drafts not yet public.

    A published entry stays; take it down at a desk. The journal keeps that it was done, and when.
    """
    try:
        case_id = bytes.fromhex(case)
    except ValueError:
        raise UsageError("a case id is 32 hex digits") from None
    if not yes:
        click.confirm("This cannot be undone. Erase the case?", abort=True, err=True)
    moment = now()
    database, strongbox = open_database(settings), open_strongbox(settings, moment)
    recipient = keyfiles.read_escrow_recipient(settings.escrow.recipient_file)
    target = Escrow(settings.escrow.medium, settings.hub.state_dir, recipient)
    try:
        report = erasure.erase(
            database,
            strongbox,
            case_id,
            by=Actor(OPERATOR, 0, strongbox.signing),
            now=moment,
            mirror=lambda: target.copy_keys(strongbox.epoch.number, moment),
            remember=target.remember_erased,
            escrow_days=settings.escrow.keep_days,
        )
    except NotFoundError:
        raise NoCaseError from None
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    _tell(report)


def _tell(report: erasure.Report) -> None:
    click.echo(f"erased: {report.grants} grants, {report.items} items, {report.letters} waiting replies")
    click.echo(f"also: {report.drafts} drafts not yet public, {report.press} waiting for publication")
    click.echo(
        f"until {report.escrow_days} days from now, copies on the second medium, together with the escrow"
        " key and a staff keyring, could still open it; images a hoster took of the disk are outside this"
    )
    if report.key_renewed:
        minutes = int(SETTLING.total_seconds() / 60)
        click.echo(
            f"about {minutes} minutes from now the hub drops the epoch key of before: no dump opens it then"
        )
    else:
        click.echo(
            "WARNING: the second medium is away: once it is back the hub drops the epoch key of before"
        )
    if not report.mailboxes_known:
        click.echo("WARNING: the list of its mailboxes was damaged: replies nobody fetched may be left")
    if not report.log_truncated:
        click.echo("the write-ahead log was in use and is emptied at the next quiet moment")
