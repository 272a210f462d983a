"""
How long the register takes at size: ``python -m benchmarks.register --json``.

* *full*: seconds to build the site from nothing, signed, in three languages.
* *again*: seconds when nothing changed.
* *correction*: seconds from one corrected entry to pages, feeds, manifest and recall list; the fastest of
  three, so that what else runs on the machine counts less.
* *pack*: seconds until data files, search index and archive have followed.
* *take_down*: seconds from the act to an entry gone everywhere, recall list signed.
* *verify*: seconds to check every file of the bundle.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import click
import msgspec

from crypto.signature import SigningKey
from register import bundle, packing, records, site
from register.settings import SiteSettings
from register.sources import Folder
from tests.crowd import crowd

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
KEY = SigningKey.from_seed(bytes(32))


def peak_memory() -> int:
    """Return the most memory this process held, in MiB; what its parent held before does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def seconds(act: Callable[[], object]) -> float:
    """Time one act."""
    began = time.monotonic()
    act()
    return round(time.monotonic() - began, 3)


def measure(folder: Path, entries: int) -> dict[str, float | int]:
    """Build, correct, take down and verify a register of so many entries in *folder*."""
    kept, output = folder / "records", folder / "site"
    settings = SiteSettings(base_url="https://register.example")

    def build() -> None:
        site.build(Folder(kept), output, settings=settings, now=NOW, signing=KEY)

    def correct(n: int) -> None:
        old = records.get(kept, ids[1])
        assert old is not None
        assert old.entry is not None
        corrected = msgspec.structs.replace(old.entry, title={"ru": f"Исправлено {n}"})
        records.put(kept, corrected, date(2026, 3, 9))
        build()

    def take_down() -> None:
        site.take_down(output, ids[0], folder=kept, reason="safety", settings=settings, now=NOW, signing=KEY)

    def pack() -> None:
        assert packing.pack(Folder(kept), output, settings=settings, now=NOW, signing=KEY)

    ids = [record.id for record in crowd(2)]
    records.keep(kept, crowd(entries))
    return {
        "entries": entries,
        "full_seconds": seconds(build),
        "again_seconds": seconds(build),
        "correction_seconds": min(seconds(partial(correct, n)) for n in range(3)),
        "pack_seconds": seconds(pack),
        "archive_mib": (output / bundle.ARCHIVE).stat().st_size >> 20,
        "take_down_seconds": seconds(take_down),
        "peak_memory_mib": peak_memory(),
        "verify_seconds": seconds(lambda: bundle.verify(output, KEY.public)),
        "files": sum(1 for path in output.rglob("*") if path.is_file()),
        "largest_page_bytes": max(path.stat().st_size for path in output.rglob("*.html")),
    }


@click.command()
@click.option("--entries", default=5000, show_default=True, help="How many entries.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
def main(entries: int, as_json: bool) -> None:
    """Measure the register at size."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), entries)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, figure in figures.items():
            click.echo(f"{name:<20} {figure}")


if __name__ == "__main__":
    main()
