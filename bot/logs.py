"""
What may be logged: names of events, names of error classes, counts. Never what came in.

Libraries do not keep to that (the HTTP client prints addresses with the bot token in them, the Telegram
library prints whole updates), so their records are reduced to logger and level before any handler sees
them, tracebacks included.
"""

from __future__ import annotations

import logging

FOREIGN = ("httpx", "httpcore", "telegram", "apscheduler", "asyncio", "uvicorn", "sqlalchemy")


class Redact(logging.Filter):
    """Keep of a foreign record only who spoke and how loudly; keep ours without tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite *record* in place and let it pass."""
        if record.name.split(".")[0] in FOREIGN:
            record.msg = "library.spoke"
            record.args = None
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        return True


def prepare(handler: logging.Handler, level: int = logging.INFO) -> None:
    """Send every record through *handler*, redacted; foreign ones only from WARNING up."""
    handler.addFilter(Redact())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in FOREIGN:
        logging.getLogger(name).setLevel(logging.WARNING)
