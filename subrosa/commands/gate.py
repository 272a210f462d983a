"""``subrosa gate``: hold a draft against what must not leave the house."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from casework.redaction import gate
from subrosa.errors import UsageError


@click.command("gate")
@click.option("--json", "as_json", is_flag=True, required=True, help="Read and write JSON.")
def command(as_json: bool) -> None:
    """
    Hold drafts against sealed fields, both halves, on clear input from standard input.

    Reads one JSON object {case_fields, narrative, draft, lang, context?}, or a stream of them one a line,
    and writes {verdict, findings} for each. Opens no socket and keeps nothing.
    """
    del as_json
    detectors = gate.load()
    for question in _questions(sys.stdin.read()):
        click.echo(json.dumps(gate.check(detectors, question), ensure_ascii=False))


def _questions(text: str) -> list[dict[str, Any]]:
    """Read one object, or one a line."""
    try:
        whole = json.loads(text)
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise UsageError("standard input is not JSON") from None
    else:
        found = whole if isinstance(whole, list) else [whole]
    if not all(isinstance(one, dict) for one in found):
        raise UsageError("each question is a JSON object")
    return found
