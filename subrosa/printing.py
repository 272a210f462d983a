"""What the register prints: records kept, site built, entries taken down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crypto.signature import SigningKey
from register import entry, importing, records, site
from register.settings import SiteSettings


@dataclass(frozen=True)
class Printer:
    """The public folder of one house."""

    records: Path
    output: Path
    site: SiteSettings
    key: SigningKey

    def take_in(self, public: bytes, now: datetime) -> None:
        """Keep one approved entry; the same bytes again change nothing."""
        records.put(self.records, entry.loads(public), now.date())

    def take_in_lists(self, bodies: Iterable[bytes], now: datetime) -> int:
        """Keep the entries of released lists and return how many were new."""
        new = 0
        for body in bodies:
            for one in importing.unpack(body):
                if records.get(self.records, one.id) is None:
                    records.put(self.records, one, now.date())
                    new += 1
        return new

    def take_down(self, public_id: str, code: str, now: datetime) -> None:
        """Leave only a tombstone of an entry, everywhere, at once."""
        records.retract(self.records, public_id, now.date(), code)
        self.build(now)

    def build(self, now: datetime) -> None:
        """Build what changed since the last time."""
        site.build(records.read_all(self.records), self.output, settings=self.site, key=self.key, now=now)
