"""Serving the desk: on loopback unless somebody said otherwise, keeping no log of who asked what."""

from __future__ import annotations

import uvicorn
from litestar import Litestar


def server(app: Litestar, host: str, port: int) -> uvicorn.Server:
    """Return the server of *app*; its ``run`` serves until told to stop."""
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
