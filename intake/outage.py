"""Hours that are lost: what a restore could not bring back, and how long returning chats hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """Whatever was told from *since* to *until* is gone. Chats hear so until *tell_until*."""

    since: datetime
    until: datetime
    tell_until: datetime

    @property
    def name(self) -> str:
        """Return what tells this outage from another, for the state of a chat that has heard of it."""
        return self.until.isoformat()
