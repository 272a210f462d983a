"""
A stand-in for the Bot API, for practice and for tests; no part of a running house imports it.

It answers over HTTP on loopback, keeps everything in memory, and follows the official
server in its answers, refusals, long poll and 48 hour rule. It knows nothing of intake,
casework or the vault.
"""

from __future__ import annotations

from bot.emulator.server import Emulator, PortTakenError

__all__ = ["Emulator", "PortTakenError"]
