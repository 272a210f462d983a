"""``subrosa restore``: lay out a house from the second medium."""

from __future__ import annotations

import json
from pathlib import Path

import click

from crypto.xwing import Identity
from subrosa import backup, drill, keyfiles
from subrosa.erased import Unsealed
from subrosa.errors import NotGreenError, RestoreError, UnsealedError
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
@click.option(
    "--unsealed",
    type=click.Choice(Unsealed, case_sensitive=False),
    default=Unsealed.REFUSE,
    show_default=True,
    help="What becomes of cases that only the medium's clear list calls erased.",
)
@click.option("--drill", "is_drill", is_flag=True, help="Only try it, in a scratch folder.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@with_settings
def command(
    settings: Settings, medium: Path | None, identity: Path, unsealed: Unsealed, is_drill: bool, as_json: bool
) -> None:
    """
    Lay out database, keys and the register's records from the newest copies, into an empty house.

    What was erased since the copy was taken is erased again before anybody can open it. Words that came in
    after the copy are lost; returning chats are told which hours for 30 days.

    With --drill the house stays as it is: the copies are laid out beside it, held against what a restore
    promises, and wiped. Fails when a promise was not kept.
    """
    copies, key = medium or settings.escrow.medium, keyfiles.read_escrow(identity)
    if is_drill:
        _rehearse(settings, copies, key, as_json)
        return
    recipient = settings.escrow.recipient_file
    _check_recipient(recipient, key)
    try:
        restored = backup.restore(settings, copies, key, now(), unsealed)
    except UnsealedError as error:
        # They lie in clear on the medium already; only here can somebody say which they are.
        for case in error.cases:
            click.echo(case.hex(), err=True)
        raise
    # Not in a copy, and without it the new machine makes none.
    if not recipient.exists():
        keyfiles.write_escrow_recipient(recipient, key.recipient)
    _check_recipient(recipient, key)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "damaged_ids": restored.damaged,
                    "erased_again": restored.erased_again,
                    "lost_from": restored.lost_from.isoformat(),
                    "lost_until": restored.lost_until.isoformat(),
                    "older_than_keys": restored.people.is_older,
                    "public": restored.public,
                    "roster": restored.people.roster,
                    "rows": restored.rows,
                    "suspended": restored.people.suspended,
                    "unlisted_ids": restored.unlisted,
                }
            )
        )
        return
    click.echo(f"restored {restored.rows} rows and {restored.public} records of the register")
    click.echo(f"{restored.erased_again} erased cases left out again")
    if restored.damaged:
        click.echo(f"WARNING: {restored.damaged} lines of erased ids are damaged: those cases may be back")
    if restored.unlisted:
        click.echo(
            f"WARNING: {restored.unlisted} erased ids were gone from the medium's list; they stay away"
        )
    _tell_of_people(restored.people)
    click.echo(f"what came in after {restored.lost_from:%Y-%m-%d %H:%M} UTC is lost")


def _check_recipient(path: Path, key: Identity) -> None:
    """
    Check that copies of this house are for *key*: those for another would be somebody else's to open.

    Raises:
        RestoreError: the file at *path* names another key.
    """
    if path.exists() and keyfiles.read_escrow_recipient(path) != key.recipient:
        raise RestoreError(f"{path.name} is not of the escrow key you gave; move it away if it is not yours")


def _tell_of_people(people: backup.People) -> None:
    if people.roster is not None:
        click.echo(f"roster {people.roster}, newer than the copy's, is in force")
    if people.suspended:
        click.echo(f"{people.suspended} suspended people stay out; let two colleagues suspend them again")
    if people.is_older:
        click.echo(
            f"WARNING: the hub had seen row {people.seen} of the journal, which this copy does not have"
        )


def _rehearse(settings: Settings, copies: Path, key: Identity, as_json: bool) -> None:
    steps = drill.rehearse(settings, copies, key, now())
    if as_json:
        click.echo(
            json.dumps([{"name": step.name, "kept": step.is_kept, "text": step.text} for step in steps])
        )
    else:
        for step in steps:
            click.echo(f"{'ok' if step.is_kept else 'FAILED':<6}  {step.name}: {step.text}")
    broken = [step.name for step in steps if not step.is_kept]
    if broken:
        raise NotGreenError(", ".join(broken))
