"""
Reading ahead: what a session may search is opened in the background, once its list was shown.

One thread for the whole desk, one session after the other, so that reading never takes more than one core
from people who wait for a page. What was read lies in the session and goes with it. A failure costs nothing:
whoever searches reads the rest themselves, and is told what is wrong.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from desk import shelving
from desk import visit as visits
from desk.sessions import Session
from desk.visit import Desk

log = logging.getLogger("subrosa.desk")


class Ahead:
    """The thread that reads, and what it has been asked to read."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="desk-ahead")
        self._closing = threading.Event()

    def begin(self, desk: Desk, session: Session) -> None:
        """Begin to read for *session*, unless that began before; does not wait."""
        if session.shelf.begun or self._closing.is_set():
            return
        session.shelf.begun = True
        # Whatever goes wrong is said in the log; nobody asks for the result.
        self._threads.submit(self._read, desk, session)

    def close(self) -> None:
        """End the thread after the few items it has in hand."""
        self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _read(self, desk: Desk, session: Session) -> None:
        try:
            visit = visits.in_passing(desk, session)
            if visit is not None:
                shelving.fill(visit, session.shelf, self._closing.is_set)
        except Exception as error:  # noqa: BLE001  a search says what is wrong
            log.warning("desk.ahead %s", type(error).__name__)
