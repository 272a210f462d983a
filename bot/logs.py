"""
What may be logged: names of events, names of error classes, counts. Never what came in.

Libraries do not keep to that (the HTTP client prints addresses with the bot token in them, the Telegram
library prints whole updates), so records of everybody but ourselves are reduced to logger and level before
any handler sees them, tracebacks included, at whatever level. Our own pass only in the one form they have:
an event, then a few plain words or small numbers. A chat id, a token, an id of a case or a word of Russian
does not fit that form and is withheld.
"""

from __future__ import annotations

import logging
import re
import sys
import threading

OURS = frozenset({"bot", "casework", "crypto", "desk", "intake", "register", "subrosa"})

# An event such as "tick.failed", then names of classes, parts and routes, or counts.
_FORM = re.compile(r"[a-z_]+(?:\.[a-z_]+)+(?: (?:[A-Za-z_./{}:-]{1,60}|[0-9]{1,7})){0,10}\Z", re.ASCII)
_WITHHELD = "event.withheld"


class Redact(logging.Filter):
    """Keep of a foreign record only who spoke and how loudly; keep ours in their one form, or not at all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite *record* in place and let it pass."""
        is_ours = record.name.split(".")[0] in OURS
        record.msg = _in_form(record) if is_ours else "library.spoke"
        record.args = None
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        return True


def prepare(handler: logging.Handler, level: int = logging.INFO) -> None:
    """
    Send every record through *handler*, redacted; foreign ones only from WARNING up, whatever *level* says.

    Warnings of Python and of libraries are records as well from here on.
    """
    handler.addFilter(Redact())
    handler.addFilter(_is_worth_it)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)


def tell_by_class() -> None:
    """Let what nobody caught be told by its class alone: the usual last words quote what an error says."""
    log = logging.getLogger(__name__)
    sys.excepthook = lambda kind, _error, _trace: log.critical("process.broke %s", kind.__name__)
    threading.excepthook = lambda told: log.error("thread.broke %s", told.exc_type.__name__)
    sys.unraisablehook = lambda told: log.error("object.broke %s", told.exc_type.__name__)


def _in_form(record: logging.LogRecord) -> str:
    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        return _WITHHELD
    return said if _FORM.match(said) else _WITHHELD


def _is_worth_it(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS
