"""What lies outside this program: Telegram, the second medium, the machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot import health
from subrosa import drill, keyfiles
from subrosa.checkups import Finding, ok, red, warn
from subrosa.errors import UsageError
from subrosa.escrow import Escrow
from subrosa.settings import Settings

# A hub that runs says so every twenty seconds.
SILENT = timedelta(minutes=2)
# Copies are made every quarter of an hour.
LATE, STALE = timedelta(hours=1), timedelta(days=2)
# A copy that nobody tried to restore is a hope.
DRILLED = timedelta(days=30)


def check_hub(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Read what the hub last said about itself, and when."""
    parts, beat = health.read(settings.hub.runtime_dir), health.last_beat(settings.hub.runtime_dir)
    if not parts or beat is None:
        yield warn("hub", "has not run since the last reboot", "subrosa hub")
        return
    if now - beat > SILENT:
        since = f"{beat:%Y-%m-%d %H:%M} UTC"
        yield red("hub", f"is not there since {since}; Telegram keeps what is sent for a day", "subrosa hub")
        return
    troubled = {part: said for part, said in sorted(parts.items()) if said["state"] != "ok"}
    for part, said in troubled.items():
        yield red(f"hub {part}", f"{said['state']} since {said['since']}", "see the hub's log")
    if not troubled:
        yield ok("hub", f"all {len(parts)} parts work")


def check_medium(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the age of the newest copy."""
    try:
        recipient = keyfiles.read_escrow_recipient(settings.escrow.recipient_file)
    except UsageError:
        yield red("medium", "no escrow recipient: nothing can be copied", "set escrow.recipient_file")
        return
    if not settings.escrow.medium.is_dir():
        yield red("medium", "is not there", "mount it, or set escrow.medium")
        return
    newest = Escrow(settings.escrow.medium, settings.hub.state_dir, recipient).newest()
    if newest is None:
        yield red("medium", "holds no copy", "subrosa backup")
    elif now - newest > STALE:
        yield red("medium", f"the newest copy is of {newest:%Y-%m-%d %H:%M} UTC", "subrosa backup")
    elif now - newest > LATE:
        said = f"the newest copy is of {newest:%Y-%m-%d %H:%M} UTC: a lost machine costs what came since"
        yield warn("medium", said, "subrosa backup, and see why the hub made none")
    else:
        yield ok("medium", f"newest copy {newest:%Y-%m-%d %H:%M} UTC")
    if _same_disk(settings.escrow.medium, settings.path.parent):
        yield warn("medium", "lies on the same disk as the house", "put it on another disk or machine")


def check_drill(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at when somebody last tried whether the copies bring the house back."""
    day = drill.last(settings.hub.state_dir)
    hint = "subrosa restore --drill --identity FILE, with the escrow key from its stick"
    if drill.scratch_of(settings.hub.state_dir).exists():
        # Among its keys may be some that the house itself dropped when it erased.
        yield red("drill", "one runs, or was cut short and left its keys on the disk", hint)
    elif day is None:
        yield warn("drill", "nobody has tried to restore these copies", hint)
    elif now.date() - day > DRILLED:
        yield warn("drill", f"the last one that passed was on {day}", hint)
    else:
        yield ok("drill", f"passed on {day}")


def check_machine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look for places where memory may reach the disk."""
    del settings, now
    try:
        swaps = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        swaps = []
    if swaps:
        yield warn(
            "swap", "is on: what is open in memory may be written to the disk", "swapoff, or encrypt it"
        )
    else:
        yield ok("swap", "is off")


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev
