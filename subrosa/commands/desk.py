"""``subrosa desk``: serve the staff's web console."""

from __future__ import annotations

import logging

import click

from bot import logs
from subrosa import desk, hygiene
from subrosa.opening import with_settings
from subrosa.settings import Settings


@click.command("desk")
@with_settings
def command(settings: Settings) -> None:
    """
    Serve the staff's web console on desk.host and desk.port.

    Staff keys are unlocked here, in memory, for a session. Run it as a user of its own, better on the
    lawyer's own machine.
    """
    logs.prepare(logging.StreamHandler())
    logs.tell_by_class()
    hygiene.shield()
    server = desk.server(settings)
    with desk.listen(settings) as listener:
        click.echo(f"the desk listens on http://{settings.desk.host}:{settings.desk.port}/", err=True)
        server.run([listener])
