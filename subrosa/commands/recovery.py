"""``subrosa recovery``: the recovery key on paper, and what it is used for."""

from __future__ import annotations

from pathlib import Path

import click

from casework import watching
from crypto.roster import words
from crypto.xwing import Identity
from subrosa import ceremony, recovering
from subrosa.opening import now, open_database, open_strongbox, with_settings
from subrosa.settings import Settings

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW = click.Path(path_type=Path, dir_okay=False)
SHARES = click.option("--shares", is_flag=True, help="Five papers of which any three are needed (SLIP-39).")


@click.group("recovery")
def command() -> None:
    """Make the recovery key on paper, and use it for what nobody living can open."""


@command.command("make")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@SHARES
@click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
def make(folder: Path, shares: bool, language: str) -> None:
    """
    Make the key on a machine without network, in FOLDER (best on a memory disk): pages to print, and its
    public half.

    Print the pages, check them with `subrosa recovery check`, wipe them. Carry only recovery.recipient to
    the hub, for `subrosa roster draft FILE --recovery`.
    """
    key = Identity.generate()
    public = ceremony.write(folder, key, ceremony.papers(key, language, shared=shares))
    click.echo(f"print and wipe: {', '.join(sorted(page.name for page in folder.glob('*.html')))}")
    click.echo(f"for the roster: {public}")
    click.echo(f"read aloud: {' '.join(ceremony.spoken(key.recipient))}")


@command.command("check")
@SHARES
def check(shares: bool) -> None:
    """Type in what stands on the paper, or on three of five, and compare the words that are printed."""
    click.echo(f"read aloud: {' '.join(ceremony.spoken(_typed(shares).recipient))}")


@command.command("ask")
@click.argument("file", type=NEW)
@click.option("--to", "name", required=True, metavar="NAME", help="Who is to be given the keys.")
@with_settings
def ask(settings: Settings, file: Path, name: str) -> None:
    """At the hub: write to FILE what only the recovery key can open, and NAME may hold."""
    moment = now()
    strongbox = open_strongbox(settings, moment)
    with open_database(settings).read() as session:
        staffing = watching.watched(session, strongbox, settings.anchor, moment)
        strongbox.parties.read(session, staffing.roster, settings.anchor)
        body = recovering.ask(session, strongbox, staffing, name)
    file.write_bytes(body)
    click.echo(f"{len(recovering.read_asked(body).grants)} keys are asked for {name}: {file}")


@command.command("open")
@click.argument("file", type=EXISTING)
@click.option(
    "--output", type=NEW, required=True, help="Where to write the same keys, sealed to that person."
)
@SHARES
def open_(file: Path, output: Path, shares: bool) -> None:
    """
    Without network: type the recovery key in, and seal what FILE asks for to the person it names.

    Read the words aloud with that person before you type anything.
    """
    asked = recovering.read_asked(file.read_bytes())
    click.echo(f"{len(asked.grants)} keys for {asked.to.id}, whose keys read aloud")
    click.echo(f"  {' '.join(words(asked.to))}")
    click.confirm("Did they read the same words to you?", abort=True, err=True)
    opened, others = recovering.open_all(asked, _typed(shares))
    output.write_bytes(opened)
    click.echo(f"sealed to {asked.to.id}: {output}")
    if others:
        click.echo(f"{others} keys are for a recovery key of before: open them with that one", err=True)


@command.command("take")
@click.argument("file", type=EXISTING)
@with_settings
def take(settings: Settings, file: Path) -> None:
    """At the hub: put the keys in FILE in place, with a row in the journal for each."""
    moment = now()
    strongbox, database = open_strongbox(settings, moment), open_database(settings)
    with database.read() as session:
        staffing = watching.watched(session, strongbox, settings.anchor, moment)
        strongbox.parties.read(session, staffing.roster, settings.anchor)
    taken = recovering.take(database, strongbox, staffing, file.read_bytes(), moment.date())
    click.echo(f"{taken} keys are in place")


def _typed(shares: bool) -> Identity:
    """Let the key be typed in, unseen: no argument and no file ever holds it."""
    if not shares:
        return ceremony.read(click.prompt("the recovery key, or its 24 words", hide_input=True, err=True))
    typed = [
        click.prompt(f"paper {n} of {ceremony.NEEDED}", hide_input=True, err=True)
        for n in range(1, ceremony.NEEDED + 1)
    ]
    return ceremony.combine(typed)
