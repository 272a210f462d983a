"""``subrosa init``: make a new house."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from crypto import keyring
from crypto.roster import ROLES
from subrosa import founding
from subrosa.opening import now


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--unattended", is_flag=True, help="Ask nothing: six members of staff, and one JSON object.")
def command(folder: Path, unattended: bool) -> None:
    """
    Make a new house in FOLDER: configuration, database, keys, first staff, first roster.

    Passphrases and code secrets are printed once and kept nowhere. Carry FOLDER/offline to a stick.
    """
    cast = founding.CAST if unattended else _ask()
    founded = founding.found(folder, cast=cast, profile=keyring.NORMAL, now=now())
    if unattended:
        click.echo(json.dumps(_as_json(founded), ensure_ascii=False, indent=2))
        return
    click.echo(f"A new house stands in {folder}. Each of these is shown once; hand them over in person.\n")
    for person in founded.staff:
        click.echo(f"  {person.id} ({', '.join(person.roles)})")
        click.echo(f"    passphrase   {person.passphrase}")
        click.echo(f"    code secret  {person.totp_secret}\n")
    click.echo(f"Carry {founded.root_key.parent} to a stick and wipe it here.")
    click.echo(f"Put the bot's token into {folder / 'telegram.token'}, then run")
    click.echo(f"  subrosa --config {founded.config} doctor")


def _ask() -> Mapping[str, Sequence[str]]:
    """Ask who is there; an empty name ends the list."""
    click.echo("Who works here? Use pseudonyms: a-z, 0-9 and -. An empty line ends the list.")
    click.echo(f"Roles: {', '.join(sorted(ROLES))}; several with commas.\n")
    cast: dict[str, Sequence[str]] = {}
    while name := click.prompt("name", default="", show_default=False):
        roles = [role.strip() for role in click.prompt("roles").split(",")]
        if not set(roles) <= ROLES:
            click.echo("these are not all roles; once more")
            continue
        cast[name] = roles
    return cast


def _as_json(founded: founding.Founded) -> dict[str, Any]:
    return {
        "config": str(founded.config.resolve()),
        "escrow_key": str(founded.escrow_key.resolve()),
        "root_key": str(founded.root_key.resolve()),
        "staff": [
            {
                "id": person.id,
                "roles": list(person.roles),
                "passphrase": person.passphrase,
                "totp_secret": person.totp_secret,
            }
            for person in founded.staff
        ],
    }
