"""Folders, keys and secrets on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from casework.errors import KeyMissingError
from casework.strongbox import STATE, Family
from crypto import keyring, selftest
from crypto.errors import CryptoError
from subrosa.checkups import Finding, ok, red, warn
from subrosa.opening import open_strongbox
from subrosa.settings import Settings

# A day's attachments of a busy day, several times over.
FREE_BYTES = 2 * 1024**3
_TMPFS = frozenset({"tmpfs", "ramfs"})


def check_crypto(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Run the known-answer tests."""
    del settings, now
    try:
        selftest.run()
    except AssertionError:
        yield red("crypto", "a known-answer test failed", "reinstall from the hashed requirements")
    else:
        yield ok("crypto", "known-answer tests hold")


def check_folders(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at who may read what."""
    del now
    folders = (
        ("state_dir", settings.hub.state_dir, "subrosa init, or subrosa restore"),
        # A reboot takes it, and what lay in it was not to outlive one.
        ("runtime_dir", settings.hub.runtime_dir, "start the hub: it makes it"),
    )
    for name, folder, hint in folders:
        if not folder.is_dir():
            yield red(name, "is not there", hint)
        elif folder.stat().st_mode & 0o077:
            yield red(name, "others on this machine may look into it", f"chmod 700 {folder}")
        else:
            yield ok(name, "is closed to others")
    kind = _filesystem_of(settings.hub.runtime_dir)
    if kind not in _TMPFS:
        yield warn(
            "runtime_dir",
            "does not lie in memory: its keys survive a power cut",
            "point hub.runtime_dir to a folder below /run",
        )


def check_keys(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the hub's keys, and at what it remembers besides."""
    broken = []
    for name in STATE:
        try:
            Family.load(settings.hub.state_dir / f"{name}.key")
        except KeyMissingError:
            broken.append(name)
    if broken:
        yield red("keys", f"missing or damaged: {', '.join(broken)}", "subrosa restore")
    else:
        yield from _remembered(settings, now)
    for left in ("root.key", "escrow.key"):
        if (settings.path.parent / "offline" / left).exists() and not settings.house.practice:
            yield red(f"offline/{left}", "lies on this machine", "carry it to a stick and wipe it here")


def _remembered(settings: Settings, now: datetime) -> Iterator[Finding]:
    try:
        open_strongbox(settings, now)
    except KeyMissingError as error:
        yield red("keys", f"what the hub remembers is damaged: {error}.seen", "subrosa restore")
    else:
        yield ok("keys", "all there")


def check_token(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the bots' tokens: whoever has one has all that is still in its chats."""
    del now
    for path in settings.telegram.token_files:
        if not path.exists():
            yield red("token", "there is no token file", f"put the bot's token into {path}, mode 600")
        elif path.stat().st_mode & 0o077:
            yield red("token", "others on this machine may read it", f"chmod 600 {path}")
        else:
            yield ok("token", "is closed to others")


def check_keyrings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Refuse keyrings of the practice profile in a real house."""
    del now
    weak, unreadable = [], []
    for path in sorted(settings.desk.keyring_dir.glob("*.keyring")):
        try:
            if keyring.is_practice(path.read_bytes()):
                weak.append(path.stem)
        except (OSError, CryptoError):
            unreadable.append(path.stem)
    if unreadable:
        yield red("keyrings", f"damaged: {', '.join(unreadable)}", "bring the second copy")
    if weak and not settings.house.practice:
        yield red(
            "keyrings", f"made for practice: {', '.join(weak)}", "revoke them and add their owners anew"
        )
    elif settings.house.practice:
        yield warn(
            "keyrings", "this is a practice house: its keyrings protect nothing", "never use it for people"
        )
    elif not unreadable:
        yield ok("keyrings", "all of the full profile")


def check_space(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the room left on the disk."""
    del now
    free = shutil.disk_usage(settings.path.parent).free
    if free < FREE_BYTES:
        yield red("disk", f"{free // 1024**2} MiB left", "make room: when it is full, intake pauses")
    else:
        yield ok("disk", f"{free // 1024**3} GiB left")


def _filesystem_of(folder: Path) -> str:
    """Return the kind of file system *folder* lies on, as the kernel names it."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    best, kind = "", "unknown"
    place = folder.resolve().as_posix() + "/"
    for line in mounts:
        _device, point, name, *_ = line.split(" ")
        if place.startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, kind = point, name
    return kind
