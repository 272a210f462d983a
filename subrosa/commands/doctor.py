"""``subrosa doctor``: look at everything that can be wrong, and say what to do."""

from __future__ import annotations

import json

import click

from subrosa import doctor
from subrosa.checkups import Level
from subrosa.errors import NotGreenError
from subrosa.opening import now, with_settings
from subrosa.settings import Settings

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.RED: "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Look at everything that can be wrong, and say what to do. Fails when anything is red."""
    findings = doctor.examine(settings, now())
    if as_json:
        click.echo(
            json.dumps(
                [{"name": f.name, "level": f.level.value, "text": f.text, "hint": f.hint} for f in findings],
                ensure_ascii=False,
            )
        )
    else:
        for finding in findings:
            level = click.style(f"{finding.level.value:<4}", fg=COLOURS[finding.level])
            click.echo(f"{level}  {finding.name}: {finding.text}")
            if finding.hint:
                click.echo(f"      → {finding.hint}")
    reds = sum(finding.level is Level.RED for finding in findings)
    if reds:
        raise NotGreenError(f"{reds} of {len(findings)}")
