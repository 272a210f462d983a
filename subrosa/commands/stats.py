"""``subrosa stats``: count what stands in clear."""

from __future__ import annotations

import json

import click
from sqlalchemy import func, select

from casework.tables import Case, Published
from subrosa.opening import open_database, with_settings
from subrosa.settings import Settings


@click.command("stats")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """
    Count cases by team, status and urgency, and entries by state.

    Topics and regions are sealed: their figures are tallied monthly at the coordinator's desk.
    """
    with open_database(settings).read() as session:
        cases = [
            {"team": team, "status": status, "urgency": urgency, "count": count}
            for team, status, urgency, count in session.execute(
                select(Case.team, Case.status, Case.urgency, func.count())
                .group_by(Case.team, Case.status, Case.urgency)
                .order_by(Case.team, Case.status, Case.urgency)
            )
        ]
        states = session.execute(select(Published.state, func.count()).group_by(Published.state))
        entries = {state: count for state, count in states}  # noqa: C416 - rows are no pairs to mypy
    if as_json:
        click.echo(json.dumps({"cases": cases, "entries": entries}))
        return
    for row in cases:
        click.echo(f"{row['team']:<8} {row['status']:<10} {row['urgency']:<7} {row['count']:>6}")
    for state, count in sorted(entries.items()):
        click.echo(f"{'register':<8} {state:<10} {'':<7} {count:>6}")
    if not cases and not entries:
        click.echo("nothing yet")
