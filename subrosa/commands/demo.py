"""``subrosa demo``: play one tip from phone to register, then serve all doors."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path

import click
import httpx

from subrosa.demo.play import Play
from subrosa.demo.stage import Stage

DOORS = {"phone": "magenta", "hub": "yellow", "desk": "cyan", "register": "green"}


@click.command("demo")
@click.option("--once", is_flag=True, help="End after the play.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-house"),
    show_default=True,
    help="Where the practice house is laid out; only an earlier one is removed there.",
)
def command(once: bool, folder: Path) -> None:
    """
    Found a practice house, play one tip from phone to register, then serve every door on loopback.

    Nothing of it is real: throwaway keys, invented people, a stand-in for Telegram.
    """
    with Stage(folder.resolve()) as stage:
        play = Play(stage, _say)
        try:
            public_id = asyncio.run(play.perform())
        finally:
            play.close()
        page = stage.settings.register.output_dir / "ru" / "entries" / f"{public_id}.html"
        click.echo(f"\nThe play is over. The new entry: {page}")
        if not once:
            _serve(stage)


def _say(door: str, text: str) -> None:
    click.echo(f"{click.style(f'{door:<9}', fg=DOORS[door], bold=True)} {text}")


def _serve(stage: Stage) -> None:
    """Print where everything is and wait until told to stop."""
    register = stage.serve_register()
    _put_notes(stage, register)
    click.echo(f"\n  phone     {stage.phone_url}/")
    click.echo(f"  desk      {stage.desk_url}/")
    click.echo(f"  register  {register}/\n")
    click.echo("  Throwaway accounts (the phone's page shows each one's current code):")
    for person in stage.staff.values():
        click.echo(f"    {person.id:<14} {', '.join(person.roles):<12} {person.passphrase}")
    click.echo("\n  Ctrl+C ends it all.")
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    stop.wait()


def _put_notes(stage: Stage, register: str) -> None:
    """Show accounts and links beside the practice phone."""
    accounts = [
        {
            "name": person.id,
            "role": ", ".join(person.roles),
            "passphrase": person.passphrase,
            "secret": person.totp_secret,
            "link": stage.desk_url,
        }
        for person in stage.staff.values()
    ]
    links = [{"label": "desk", "url": stage.desk_url}, {"label": "register", "url": register}]
    with httpx.Client(base_url=stage.phone_url, trust_env=False) as client:
        client.put("/_sim/notes", json={"title": "Subrosa", "links": links, "accounts": accounts})
