"""Putting a desk together: the console, its settings, and the gate's detectors, loaded when first needed."""

from __future__ import annotations

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
    )


def hosts(settings: Settings) -> frozenset[str]:
    """Return the `Host` values the desk answers to."""
    own = settings.desk
    return frozenset({f"{own.host}:{own.port}", f"localhost:{own.port}", *own.names})


def server(settings: Settings) -> uvicorn.Server:
    """Return the server of the desk."""
    return serve.server(build(settings), settings.desk.host, settings.desk.port)


def load_detectors() -> Any:
    """Load what the gate compares with; takes seconds and some hundred megabytes."""
    from casework.redaction import gate  # noqa: PLC0415 - heavy, and most desks never need it

    return gate.load()


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
