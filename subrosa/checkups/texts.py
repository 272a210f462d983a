"""Texts that people act on: what no lawyer has read yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from intake import rights
from subrosa.checkups import Finding, ok, warn
from subrosa.settings import Settings


def check_texts(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Name the short legal answers of the bot that nobody has reviewed."""
    del settings, now
    unread = rights.unreviewed()
    if unread:
        names = sorted({name.split(".")[0] for name in unread})
        yield warn(
            "legal texts",
            f"{len(unread)} not yet checked by a lawyer: {', '.join(names)}",
            "let a lawyer read intake/rights and sign with `reviewed by:`",
        )
    else:
        yield ok("legal texts", "all checked by a lawyer")
