"""
What a hub costs that has nothing to do: ``python -m benchmarks.rest --json``.

* *start_seconds*: from the command to the first question to Telegram, median of several starts.
* *idle_percent*: of one core, with every chore running and no traffic.
* *memory_mib*: resident, after that.

The command is ``subrosa hub`` itself, on a practice house with its SQLite database, beside the stand-in.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from benchmarks.stand import STARTS_WITHIN, processor_time
from bot.emulator import Emulator
from crypto import keyring
from subrosa import configuration, founding
from subrosa.opening import now
from tests.hubs import TOKEN

SETTLES = 8.0  # seconds until everything that is done once at the start is done


def found(folder: Path, address: str) -> Path:
    """Lay out a practice house and return its configuration."""
    made = founding.found(
        folder,
        cast=founding.CAST,
        profile=keyring.PRACTICE,
        now=now(),
        values={"house.practice": True, "telegram.api_base_url": address},
    )
    token = configuration.load(made.config).telegram.token_file
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    return made.config


@asynccontextmanager
async def hub(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the hub of a house."""
    argv = ("-m", "subrosa", "--config", os.fspath(config), "hub")
    running = await asyncio.create_subprocess_exec(sys.executable, *argv, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        await running.wait()


async def first_question(emulator: Emulator) -> None:
    """Wait until somebody new asks for updates."""
    seen = max((call.number for call in emulator.world.calls), default=0)
    async with asyncio.timeout(STARTS_WITHIN):
        while not emulator.world.calls.since(seen, "getUpdates"):
            await asyncio.sleep(0.005)


def memory(process: asyncio.subprocess.Process) -> float:
    """Return the resident memory of a child in MiB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure(starts: int, seconds: float) -> dict[str, float]:
    """Start a hub several times, then leave one alone."""
    took = []
    with tempfile.TemporaryDirectory() as name:
        async with Emulator() as emulator:
            emulator.world.add_bot(TOKEN)
            config = await asyncio.to_thread(found, Path(name) / "house", emulator.base_url)
            for _ in range(starts):
                began = time.perf_counter()
                async with hub(config):
                    await first_question(emulator)
                    took.append(time.perf_counter() - began)
            async with hub(config) as running:
                await first_question(emulator)
                await asyncio.sleep(SETTLES)
                used, began = processor_time(running), time.perf_counter()
                await asyncio.sleep(seconds)
                idle = (processor_time(running) - used) / (time.perf_counter() - began)
                resident = memory(running)
    return {
        "start_seconds": round(statistics.median(took), 2),
        "idle_percent": round(100 * idle, 2),
        "memory_mib": round(resident, 1),
        "load": round(os.getloadavg()[0], 1),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--starts", default=5, show_default=True, help="How often the hub is started.")
@click.option("--seconds", default=60.0, show_default=True, help="How long it is left alone.")
def main(as_json: bool, starts: int, seconds: float) -> None:
    """Measure a hub at rest."""
    figures = asyncio.run(measure(starts, seconds))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, figure in figures.items():
        click.echo(f"{name:<14} {figure}")


if __name__ == "__main__":
    main()
