"""The stand-in as a running server on loopback, inside whatever event loop starts it."""

from __future__ import annotations

import asyncio
import socket
from asyncio import Transport
from random import Random, SystemRandom
from typing import Any, Self, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from bot.emulator.app import App
from bot.emulator.clock import Clock, Source, utc_now
from bot.emulator.errors import EmulatorError
from bot.emulator.requests import Message, Receive, Scope, Send
from bot.emulator.world import CALLBACK_ANSWERABLE, World

LOOPBACK = "127.0.0.1"
BACKLOG = 512
PATIENCE = 2.0  # seconds answers under way are given when the server stops


class PortTakenError(EmulatorError):
    """That port is in use by another program."""


class Emulator:
    """
    Run a Bot API stand-in on loopback for as long as the context lasts.

    The world can be played directly through :attr:`world` with the functions of
    ``bot.emulator.phones`` (in the same loop), or over HTTP by
    ``bot.emulator.client.Remote``. All of it is in memory and gone afterwards.

    Args:
        port: Where to listen; 0 lets the system choose.
        clock: The source of dates, aware UTC.
        random: The source of ids; the system's if none is given. Not used for secrets.
        callback_answerable: Seconds after which a tap can no longer be answered.

    Raises:
        PortTakenError: on entering, the port is in use.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Source = utc_now,
        random: Random | None = None,
        callback_answerable: int = CALLBACK_ANSWERABLE,
    ) -> None:
        self.world = World(Clock(clock), random or SystemRandom(), callback_answerable=callback_answerable)
        self._port = port
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """Where the practice phone and the control API answer, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def bot_base_url(self) -> str:
        """What python-telegram-bot calls ``base_url``: the token is appended to it."""
        return f"{self.base_url}/bot"

    @property
    def file_base_url(self) -> str:
        """What python-telegram-bot calls ``base_file_url``."""
        return f"{self.base_url}/file/bot"

    async def __aenter__(self) -> Self:
        config = uvicorn.Config(
            App(self.world),
            http=_Line,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_keep_alive=75,
        )
        config.load()
        loop = asyncio.get_running_loop()

        def accept() -> _Line:
            return _Line(config, self._state, {}, loop)

        try:
            self._server = await loop.create_server(accept, sock=self._bind())
        except OSError as error:
            raise PortTakenError from error
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.world.release()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=PATIENCE)
        for task in list(self._state.tasks):
            task.cancel()
        for line in list(self._state.connections):
            cast("_Line", line).transport.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()

    def _bind(self) -> socket.socket:
        # Named as TCP, or asyncio leaves Nagle on and every answer waits 40 ms for the last one's receipt.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((LOOPBACK, self._port))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            raise PortTakenError from error
        self._port = int(listening.getsockname()[1])
        return listening


class _Line(H11Protocol):
    """One client's connection, which the application may cut to play a lost answer."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        answer = cast("Any", self.app)

        async def cuttable(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_on(message: Message) -> None:
                await send(message)

            await answer({**scope, "abort": transport.abort}, receive, send_on)

        self.app = cast("Any", cuttable)
