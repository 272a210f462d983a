"""How tests build a site: one key, one day, one set of settings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from crypto.signature import SigningKey
from register import packing, site
from register.records import Published
from register.settings import SiteSettings
from register.sources import Folder, Held

KEY = SigningKey.from_seed(b"register key for tests, 32 bytes")
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = date(2026, 3, 9)
SETTINGS = SiteSettings(base_url="https://register.example", mirrors=("https://mirror.example",))


def build(published: Iterable[Published] | Folder, output: Path, **options: Any) -> site.BuildReport:
    source = published if isinstance(published, Folder) else Held(published, {"0" * 64: b"pixels"})
    return site.build(source, output, **{"settings": SETTINGS, "now": NOW, "signing": KEY, **options})


def pack(published: Iterable[Published] | Folder, output: Path) -> packing.PackReport | None:
    source = published if isinstance(published, Folder) else Held(published)
    return packing.pack(source, output, settings=SETTINGS, now=NOW, signing=KEY)


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
