"""``python -m bot.emulator``: the stand-in as a process of its own, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal

import click

from bot.emulator.server import Emulator, PortTakenError


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8081, show_default=True, help="0 takes a free one."
)
def main(port: int) -> None:
    """Play Telegram on this machine: Bot API, control API and a practice phone in the browser."""
    try:
        asyncio.run(serve(port))
    except PortTakenError:
        click.echo(f"bot.emulator: error: port {port} is in use", err=True)
        click.echo("hint: choose another with --port, or 0 for a free one", err=True)
        raise SystemExit(1) from None


async def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM; the first line of output is the address."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Emulator(port=port) as emulator:
        click.echo(emulator.base_url)
        await stop.wait()


if __name__ == "__main__":
    main()
