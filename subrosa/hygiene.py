"""
What a process that holds keys does first: no core dumps, not readable by its own user's other processes, and
its memory kept out of swap where the system lets it.

Not a promise that memory is wiped: Python copies what it likes. Restarting daily is what forgets.
"""

from __future__ import annotations

import ctypes
import logging
import resource
import sys

PR_SET_DUMPABLE = 4
MCL_CURRENT, MCL_FUTURE = 1, 2

log = logging.getLogger(__name__)


def shield() -> None:
    """Do all three; what the system refuses is said in the log, loudly, and the process goes on."""
    withhold()
    if not sys.platform.startswith("linux"):
        return
    system = ctypes.CDLL(None, use_errno=True)
    # Without LimitMEMLOCK=infinity in its unit an unprivileged process gets a few megabytes.
    if _may_lock_all() and system.mlockall(MCL_CURRENT | MCL_FUTURE) == 0:
        return
    log.warning("shield.not_locked_in_memory")


def withhold() -> None:
    """Do the first two, for a process that is over in a moment: keyrings and root keys are opened in some."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        log.warning("shield.unknown_system")
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("shield.dumpable")


def _may_lock_all() -> bool:
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return soft == resource.RLIM_INFINITY
