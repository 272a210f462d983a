"""``subrosa links``: look whether the links of sources still lead somewhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from register import bundle, links
from register.links import Known, Link, Looks
from subrosa import configuration, visiting
from subrosa.errors import UsageError
from subrosa.opening import now, with_settings
from subrosa.settings import Settings


@click.group("links")
def command() -> None:
    """Look whether the links of sources still lead somewhere."""


@command.command("check")
@click.argument("copy", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--key", help="With COPY: the register's public key, in hex, from a place you trust.")
@click.option("--to", "report", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@click.option("--proxy", help="The SOCKS proxy to go by, such as socks5h://127.0.0.1:9050 for Tor.")
@click.option("--direct", is_flag=True, help="Go without a proxy: outlets see this machine's address.")
@click.option("--config", "own", type=click.Path(path_type=Path, dir_okay=False), help="Of the house.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_context
def check(
    ctx: click.Context,
    copy: Path | None,
    key: str | None,
    report: Path | None,
    proxy: str | None,
    direct: bool,
    own: Path | None,
    as_json: bool,
) -> None:
    """
    Visit every link of the public register once.

    With COPY, a folder with the public site, on any machine and without a house: the copy is verified first,
    as `subrosa register verify` does; the report is written to a file, and `subrosa links take` reads it in
    where the records lie. Without COPY, for the records of this house. Outlets see the visits of all links
    together, never that of a new one alone.
    """
    connect = _way(proxy, direct=direct)
    if copy is not None and report is None:
        raise UsageError("where should the report go? say --to FILE")
    if copy is not None:
        _verify(copy, key)
    folder = None if copy is not None else configuration.load(own or ctx.obj).register.records_dir
    urls = links.in_copy(copy) if copy is not None else links.in_records(folder or Path())
    today = now().date()
    with _progress(len(urls)) as done:
        looks = visiting.look_at_all(urls, connect, today, done)
    if report is not None:
        report.write_bytes(links.pack(looks))
    if folder is not None and report is None:
        links.take(folder, looks, today)
    _tell(looks, as_json=as_json)


@command.command("take")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@with_settings
def take(settings: Settings, report: Path, as_json: bool) -> None:
    """Read in what a check on another machine found. Links the register does not name are left out."""
    looks = links.unpack(report.read_bytes())
    _tell(links.take(settings.register.records_dir, looks, now().date()), as_json=as_json)


def _verify(copy: Path, key: str | None) -> None:
    """Whoever forged a copy would choose what this machine visits."""
    if key is None:
        raise UsageError("a forged copy would say whom to visit: say --key KEY, the register's")
    try:
        public = bytes.fromhex(key)
    except ValueError:
        raise UsageError("a key is 64 hex digits") from None
    bundle.verify(copy, public)


def _way(proxy: str | None, *, direct: bool) -> visiting.Connect:
    if direct == (proxy is not None):
        raise UsageError("outlets see who asks: say --proxy ADDRESS, or --direct if they may see you")
    if proxy is None:
        return visiting.directly()
    try:
        return visiting.through(proxy)
    except ValueError:
        raise UsageError("a proxy is written socks5h://HOST:PORT") from None


def _tell(found: Looks | Known, *, as_json: bool) -> None:
    """Print how many links are how."""
    last = [one.last if isinstance(one, Link) else one for one in found.links.values()]
    counts = Counter(look.state for look in last)
    figures: dict[str, int] = {"links": len(last), **{state: counts[state] for state in links.STATES}}
    if isinstance(found, Known):
        figures["dead"] = sum(link.is_dead for link in found.links.values())
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, figure in figures.items():
        click.echo(f"{name:<8} {figure:>6}")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show on a terminal how far it is; elsewhere say nothing."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("visiting", total=total)
        yield lambda: bar.advance(task)
