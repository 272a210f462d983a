"""The stand-in's time: the world's clock plus whatever a test has added, so that 48 hours pass at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Source = Callable[[], datetime]


def utc_now() -> datetime:
    """Read the machine's clock, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """
    Tell the time of the stand-in's world.

    Only dates on messages, the life of updates and the 48 hour rule follow this
    clock. Waiting (long polls, injected delays) is real waiting and does not.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._added = timedelta()

    def instant(self) -> datetime:
        """Return the present instant of this world."""
        return self._source() + self._added

    def now(self) -> int:
        """Return the present instant as the Bot API writes it: whole seconds since 1970."""
        return int(self.instant().timestamp())

    def source_now(self) -> datetime:
        """Return the instant outside, without what was added: the time other programs live in."""
        return self._source()

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once; a negative number sets the clock back, as a wrong time server would."""
        self._added += timedelta(seconds=seconds)
