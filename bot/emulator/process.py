"""The stand-in in a process of its own, so that it outlives a hub that is killed and started again."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Self

from bot.emulator.errors import EmulatorError

PATIENCE = 5.0  # seconds to end by itself before it is ended


class NotStartedError(EmulatorError):
    """The stand-in's process ended before it answered."""


class EmulatorProcess(AbstractContextManager["EmulatorProcess"]):
    """
    Run ``python -m bot.emulator`` for as long as the context lasts, and end it by its own number.

    Raises:
        NotStartedError: on entering, the process ended before it listened.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.base_url = ""

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "bot.emulator", "--port", str(self._port)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own words)
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        if not self.base_url:
            self._end()
            raise NotStartedError
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
