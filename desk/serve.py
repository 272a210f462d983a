"""
Serving the desk: one process, on loopback unless somebody said otherwise, keeping no log of who asked what.

The process that holds unlocked keys neither dumps core nor lets another process of the same user look inside.
"""

from __future__ import annotations

import ctypes
import logging
import resource
import sys

import uvicorn
from litestar import Litestar

PR_SET_DUMPABLE = 4

log = logging.getLogger("subrosa.desk")


def serve(app: Litestar, host: str, port: int) -> None:
    """Serve *app* until told to stop. Returns when the last request is answered."""
    shield()
    server(app, host, port).run()


def server(app: Litestar, host: str, port: int) -> uvicorn.Server:
    """Return the server, for whoever runs it beside something else."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            date_header=False,
            log_config=None,
            log_level="warning",
            # What stands before the desk is not believed about addresses; the desk keeps none.
            proxy_headers=False,
            timeout_keep_alive=30,
            limit_concurrency=200,
            h11_max_incomplete_event_size=32 * 1024,
        )
    )


def shield() -> None:
    """Keep this process's memory out of core files and away from other processes of the same user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        log.warning("desk.not_shielded %s", sys.platform)
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("desk.not_shielded prctl")
