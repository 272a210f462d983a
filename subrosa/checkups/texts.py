"""Texts that people act on: what no lawyer has read yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from casework import answers, documents, timelines
from intake import referrals, rights
from subrosa.checkups import Finding, ok, warn
from subrosa.settings import Settings


def check_texts(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Name the legal texts nobody has reviewed: the bot's short answers, and what lawyers work with."""
    del settings, now
    kinds = {
        "intake/rights": rights.unreviewed(),
        "intake/referrals.toml": referrals.unreviewed(),
        "casework/answers": answers.unreviewed(),
        "casework/documents": documents.unreviewed(),
        "casework/timelines": timelines.unreviewed(),
    }
    for folder, unread in kinds.items():
        if unread:
            names = sorted({name.split(".")[0] for name in unread})
            yield warn(
                "legal texts",
                f"{len(unread)} in {folder} not yet checked by a lawyer: {', '.join(names)}",
                f"let a lawyer read {folder} and sign with `reviewed by` (`reviewed_by` in a .toml)",
            )
    if not any(kinds.values()):
        yield ok("legal texts", "all checked by a lawyer")
