"""
The command line.

Rules it obeys: what a command found goes to standard output, everything else to standard error. An error is
one line, ``subrosa: error: …``, with at most one ``hint: …`` after it; no capital, no full stop, never a
traceback. Exit codes: 0 done, 1 failed, 2 wrong usage. Each command is imported when it is called, so the
hub never loads what only desks need.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from subrosa import configuration, hygiene
from subrosa.errors import UsageError, plain, sentence

COMMANDS = {
    "init": "make a new house in a folder",
    "hub": "run the bot, the scheduler and the keeper",
    "desk": "serve the staff's web console",
    "demo": "play one tip from phone to register, then serve all doors",
    "doctor": "look at everything that can be wrong, and say what to do",
    "seizure": "play the thief on this house, and say what opened",
    "upgrade": "bring the database to this program's version",
    "staff": "add and revoke members of the staff; keep their keyrings",
    "roster": "draft, sign and put the list of staff in force; pin new roots",
    "recovery": "make the recovery key on paper; open what nobody living can",
    "register": "import, build and verify the public register",
    "links": "look whether the links of sources still lead somewhere",
    "gate": "hold a draft against what must not leave the house",
    "journal": "verify the journal of acts",
    "backup": "copy database and keys to the second medium",
    "restore": "lay out a house from the second medium, or only try",
    "erase": "erase a case for good",
    "stats": "count what stands in clear",
}


class Commands(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a new operator meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"subrosa.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=configuration.DEFAULT,
    show_default=True,
    help="The configuration of the house; `subrosa init` writes one.",
)
@click.version_option(package_name="subrosa")
@click.pass_context
def cli(ctx: click.Context, config: Path) -> None:
    """Subrosa: safe intake and casework for people who take a risk by speaking."""
    ctx.obj = config


def main(arguments: list[str] | None = None) -> None:
    """Run the command line in a process that nobody may look into, and exit."""
    hygiene.withhold()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        outcome: Any = cli.main(arguments, prog_name="subrosa", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201
        return 2
    except click.UsageError as error:
        asked = "subrosa" if error.ctx is None else error.ctx.command_path
        return _say(error.format_message(), f"{asked} --help", 2)
    except click.ClickException as error:
        return _say(error.format_message(), None, 1)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", None, 1)
    except UsageError as error:
        return _say(sentence(error), error.hint, 2)
    except Exception as error:  # noqa: BLE001 - a traceback could carry what must not be shown
        told = plain(error)
        return _say(sentence(told), getattr(told, "hint", None), 1)
    return outcome if isinstance(outcome, int) else 0


def _say(text: str, hint: str | None, code: int) -> int:
    """Print one error in the one form."""
    print(f"subrosa: error: {text[:1].lower()}{text[1:]}".rstrip(". "), file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
