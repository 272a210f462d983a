"""
The stage of the demo: a practice house with every process it needs, on loopback.

Each process is started here and ended here, by its own number.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import httpx
import pyotp

from bot.emulator.process import EmulatorProcess
from casework import releases
from casework.actors import OPERATOR, Actor
from crypto import keyring
from subrosa import configuration, founding
from subrosa.errors import ShellError
from subrosa.founding import NewStaff
from subrosa.opening import now, open_database, open_strongbox
from subrosa.settings import Settings

# A token of the official form that no real bot has.
TOKEN = "100000:practice-token-of-no-real-bot"  # noqa: S105 - it opens the stand-in only
# Where phone, desk and register are, if nobody else is there.
PORTS = (8491, 8492, 8493)
# Lies in every folder this stage laid out: nothing else is ever removed.
MARK = "practice-house"
STARTS_WITHIN = 30.0  # seconds
ENDS_WITHIN = 15.0


class NotStartedError(ShellError):
    """A part of the demo did not start"""


class ForeignFolderError(ShellError):
    """This folder holds something that is no practice house"""

    hint = "name a folder that is new or empty, with --folder; nothing was touched"


class Stage:
    """
    A running practice house.

    *ports* are wanted for phone, desk and register; 0 is any, so that two houses do not meet at one.
    """

    def __init__(self, folder: Path, ports: tuple[int, int, int] = PORTS) -> None:
        self.folder = folder
        self._ports = ports
        self._open = ExitStack()
        self._codes: dict[str, str] = {}

    def __enter__(self) -> Self:
        _clear(self.folder)
        try:
            self._build()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def phone_url(self) -> str:
        """Where the practice phone is."""
        return self.emulator.base_url

    @property
    def desk_url(self) -> str:
        """Where the desk is."""
        return f"http://127.0.0.1:{self.settings.desk.port}"

    def _build(self) -> None:
        port = _free(self._ports[0])
        values = {
            "house.practice": True,
            "telegram.api_base_url": f"http://127.0.0.1:{port}",
            # The play presses faster than any thumb, and the stand-in has no limits of its own.
            "telegram.burst": 100,
            "desk.port": _free(self._ports[1]),
        }
        found = partial(
            founding.found,
            self.folder,
            cast=founding.CAST,
            profile=keyring.PRACTICE,
            now=now(),
            values=values,
        )
        with ThreadPoolExecutor(1) as beside:
            house = beside.submit(found)
            self.emulator = self._open.enter_context(EmulatorProcess(port=port))
            founded = house.result()
        self.staff: dict[str, NewStaff] = {person.id: person for person in founded.staff}
        self.settings: Settings = configuration.load(founded.config)
        token = self.settings.telegram.token_file
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        with httpx.Client(base_url=self.emulator.base_url, trust_env=False) as client:
            client.post("/_sim/bots", json={"token": TOKEN}).raise_for_status()
        self.hub = self._start("hub")
        self._start("desk")
        self._wait_for(self.desk_url + "/sign-in")

    def code(self, who: str) -> str:
        """Return the current sign-in code of *who*, a new one each time: the desk takes none twice."""
        clock = pyotp.TOTP(self.staff[who].totp_secret)
        while (code := clock.now()) == self._codes.get(who):
            time.sleep(0.5)
        self._codes[who] = code
        return code

    def run(self, *arguments: str) -> str:
        """Run one command of the command line on this house and return what it printed."""
        words = [*_command(self.settings), *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        if done.returncode != 0:
            raise NotStartedError(done.stderr.strip().removeprefix("subrosa: error: "))
        return done.stdout

    def land_list(self, body: bytes) -> None:
        """Put a list in review, as an import does."""
        moment = now()
        database = open_database(self.settings)
        by = Actor(OPERATOR, 0, open_strongbox(self.settings, moment).signing)
        with database.write() as session:
            releases.land_manifest(session, body, by, moment.date())
        database.close()

    def serve_register(self) -> str:
        """Serve the register's folder and return its address."""
        self.settings.register.output_dir.mkdir(parents=True, exist_ok=True)
        handler = partial(_Quiet, directory=str(self.settings.register.output_dir))
        server = ThreadingHTTPServer(("127.0.0.1", _free(self._ports[2])), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._open.callback(server.server_close)
        self._open.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        log = self._open.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(  # noqa: S603 - our own words
            [*_command(self.settings), name], stdout=log, stderr=log, start_new_session=True
        )
        self._open.callback(_end, process)
        return process

    def _wait_for(self, address: str) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        with httpx.Client(trust_env=False) as client:
            while time.monotonic() < deadline:
                if self.hub.poll() is not None:
                    break
                try:
                    client.get(address)
                except httpx.TransportError:
                    time.sleep(0.05)
                else:
                    return
        raise NotStartedError(f"see the logs in {self.folder}")


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nobody's visit."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def _clear(folder: Path) -> None:
    """
    Remove the practice house of an earlier play.

    Raises:
        ForeignFolderError: there is something else, and nothing was removed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / MARK).is_file():
            raise ForeignFolderError
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARK).touch()


def _command(settings: Settings) -> list[str]:
    return [sys.executable, "-m", "subrosa", "--config", os.fspath(settings.path)]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free(wanted: int) -> int:
    """Return *wanted* if nobody listens there, else a port that is free."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotStartedError("no port is free on this machine")
