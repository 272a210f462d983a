"""Putting a desk together: the console, its settings, and the gate's detectors, loaded when first needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from litestar import Litestar

from casework import permits
from desk import app, serve
from desk.settings import Settings as DeskSettings
from subrosa import startup
from subrosa.errors import PortError
from subrosa.opening import now, open_database
from subrosa.settings import Settings


def build(settings: Settings) -> Litestar:
    """
    Build the desk of a house.

    Raises:
        CaseworkError: the database is of another version.
        SettingsError: no root key is pinned.
    """
    return app.build(
        DeskSettings(
            keyring_dir=settings.desk.keyring_dir,
            hosts=hosts(settings),
            is_https=settings.desk.https,
            idle=timedelta(minutes=settings.desk.idle_minutes),
            is_practice=settings.house.practice,
            records_dir=settings.register.records_dir,
        ),
        open_database(settings),
        settings.anchor,
        now,
        zone=ZoneInfo(settings.house.zone),
        detectors=once(load_detectors),
        cases=permits.Settings(times=settings.times),
        prepared=startup.settle,
    )


def hosts(settings: Settings) -> frozenset[str]:
    """Return the `Host` values the desk answers to."""
    own = settings.desk
    return frozenset({f"{own.host}:{own.port}", f"localhost:{own.port}", *own.names})


def server(settings: Settings) -> uvicorn.Server:
    """Return the server of the desk."""
    return serve.server(build(settings), settings.desk.host, settings.desk.port)


def listen(settings: Settings) -> socket.socket:
    """
    Take the place where the desk listens, so that nobody is told of one it could not have.

    Raises:
        PortError: somebody else has it, or this machine has no such address.
    """
    host, port = settings.desk.host, settings.desk.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError:
        raise PortError(f"{host}:{port} is taken, or not of this machine") from None


def load_detectors() -> Any:
    """Load what the gate compares with; takes seconds and some hundred megabytes."""
    from casework.redaction import gate  # noqa: PLC0415 - heavy, and most desks never need it

    detectors = gate.load()
    startup.settle()
    return detectors


def once(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return *make* in a form that makes once, however many ask."""
    lock = threading.Lock()
    made: list[Any] = []

    def get() -> Any:
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get
