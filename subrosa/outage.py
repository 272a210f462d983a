"""What a restore left for the hub to say: which hours are lost."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path

from intake.outage import Outage
from subrosa import backup

log = logging.getLogger(__name__)


def read(state_dir: Path) -> Outage | None:
    """Return the hours that a restore lost; none when there was none, or what it left cannot be read."""
    try:
        body = json.loads((state_dir / backup.RESTORED).read_bytes())
        since, until, told = (datetime.fromisoformat(body[name]) for name in ("from", "until", "tell_until"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        # A hub that stays away for want of one sentence would be worse.
        log.warning("outage.unreadable")
        return None
    return Outage(since, until, told)
