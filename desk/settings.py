"""What the desk is told by whoever starts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Values of one desk; the defaults are those of a real house."""

    keyring_dir: Path
    # Exactly the `Host` values this desk answers to; anything else is a page of somebody else's making.
    hosts: frozenset[str]
    # Behind a terminating proxy or an onion service the browser sees https.
    is_https: bool = False
    # Without a click for so long, the session is forgotten with all it opened.
    idle: timedelta = timedelta(minutes=15)
    # However busy, nobody stays signed in longer than a shift.
    shift: timedelta = timedelta(hours=12)
    # How long a page waits for the hub's keeper, seconds.
    patience: float = 6.0
    # The platform takes 50 MB from a bot; 20 MB is what it lets a bot fetch, so both ways are alike.
    file_limit: int = 20 * MIB
    # Where the register keeps what is public, for showing titles; none where this desk cannot reach it.
    records_dir: Path | None = None
    # The house of `make demo`: keyrings of the cheap profile open, and every page says so.
    is_practice: bool = False
