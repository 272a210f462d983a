"""How fast one chat may be spoken to: a second per message, with short bursts, and receipts further apart."""

from __future__ import annotations

from dataclasses import dataclass

# Telegram asks for about one message a second in one chat and allows short bursts; a person who presses
# through the screens after sending makes about eight.
BURST = 8.0
PER_SECOND = 1.0
# The longest wait given at once: what has come in meanwhile may change the answer.
LOOK = 0.5
# Seconds after which a quiet chat is forgotten.
FORGET = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    receipt: float = float("-inf")


class Pace:
    """Token buckets by lane, in memory; times are those of the event loop's clock."""

    def __init__(self, burst: float = BURST) -> None:
        self._burst = burst
        self._buckets: dict[bytes, _Bucket] = {}
        self._swept = 0.0

    def wait(self, lane: bytes, now: float, receipt_gap: float) -> float:
        """Return how long this lane must still wait, at most :data:`LOOK` at a time."""
        bucket = self._buckets.get(lane)
        if bucket is None:
            return 0.0
        tokens = min(self._burst, bucket.tokens + (now - bucket.at) * PER_SECOND)
        missing = max(0.0, (1.0 - tokens) / PER_SECOND)
        gap = max(0.0, bucket.receipt + receipt_gap - now) if receipt_gap else 0.0
        return min(LOOK, max(missing, gap))

    def spend(self, lane: bytes, now: float, *, is_receipt: bool) -> None:
        """Count one message to *lane*."""
        self._sweep(now)
        bucket = self._buckets.setdefault(lane, _Bucket(self._burst, now))
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * PER_SECOND) - 1.0
        bucket.at = now
        if is_receipt:
            bucket.receipt = now

    def _sweep(self, now: float) -> None:
        """Forget chats that have been quiet; whoever was spoken to is nobody's business for longer."""
        if now - self._swept < FORGET:
            return
        self._swept = now
        self._buckets = {lane: bucket for lane, bucket in self._buckets.items() if now - bucket.at < FORGET}
