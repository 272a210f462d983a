"""
The doors of the stand-in, one plain ASGI application.

    /bot<token>/<method>    the Bot API
    /file/bot<token>/<path> files by link
    /_sim/…                 the control API
    /                       the practice phone

Only requests addressed to this machine by name are answered, and the control API
takes none that another site's page sent.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from bot.emulator import control, page
from bot.emulator.calls import Call
from bot.emulator.errors import ApiError, ControlError, not_found
from bot.emulator.faults import DOWNLOAD, Fault
from bot.emulator.methods import METHODS
from bot.emulator.methods.webhooks import Remark, want
from bot.emulator.params import Params
from bot.emulator.requests import Answer, GoneError, Receive, Request, Scope, Send
from bot.emulator.world import Bot, World

BOT_PATH = re.compile(r"/bot([^/]*)/([^/]+)/?")
FILE_PATH = re.compile(r"/file/bot([^/]*)/(.+)")
THIS_MACHINE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
LONGEST_WATCH = 30.0  # seconds the practice page may wait for a change


class App:
    """Answer HTTP requests from one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that hangs up, or is hung up on, gets nothing."""
        if scope["type"] != "http":
            return
        try:
            await (await self._answer_any(scope, receive)).send(send)
        except GoneError:
            scope["abort"]()
            await asyncio.sleep(0)

    async def _answer_any(self, scope: Scope, receive: Receive) -> Answer:
        try:
            return await self._answer(await Request.read(scope, receive))
        except ApiError as error:
            return refusal(error)
        except ControlError as error:
            return Answer.of({"error": error.sentence}, error.status)

    async def _answer(self, request: Request) -> Answer:
        if not THIS_MACHINE.fullmatch(request.headers.get("host", "")):
            raise ControlError("this is not the address of the practice server", 421)
        path = unquote(request.path)
        if found := BOT_PATH.fullmatch(path):
            return await self._answer_bot(request, found[1], found[2])
        if found := FILE_PATH.fullmatch(path):
            return await self._answer_download(request, found[1], found[2])
        if path == "/_sim" or path.startswith("/_sim/"):
            return await self._answer_control(request, path.removeprefix("/_sim"))
        return page.asset(path) or refusal(not_found())

    async def _answer_bot(self, request: Request, token: str, method: str) -> Answer:
        bot = self.world.bot_by_token(token)
        params = request.params()
        call = self.world.calls.begin(self.world.clock.now(), bot.bot_id, method, params.for_record())
        fault = self.world.faults.strike(bot.bot_id, method, params.text("chat_id"))
        try:
            answer = await self._work(request, bot, method, params, call, fault)
        except ApiError as error:
            call.status, call.description = error.code, error.description
            return refusal(error)
        except GoneError:
            call.is_lost = True
            raise
        call.status = 200
        if fault is not None and fault.kind == "lost_answer":
            call.is_lost = True
            raise GoneError
        return slowed(answer, fault)

    async def _work(
        self, request: Request, bot: Bot, method: str, params: Params, call: Call, fault: Fault | None
    ) -> Answer:
        if fault is not None:
            if fault.kind == "timeout":
                await request.hung_up()
                raise GoneError
            await suffer(fault)
        if method.lower() == "getupdates":
            want(bot, params)
            if fault is not None and fault.kind == "renumber":
                bot.queue.restart(self.world.random.randrange(1_000, 900_000_000))
            if fault is not None and fault.kind == "repeat":
                bot.queue.repeat()
            batch = await self._poll(request, bot, params)
            call.result = len(batch)
            return Answer(200, b'{"ok":true,"result":[' + b",".join(batch) + b"]}")
        play = METHODS.get(method.lower())
        if play is None:
            raise not_found("method not found")
        result: Any = play(self.world, bot, params)
        remark = {}
        if isinstance(result, Remark):
            result, remark = result.result, {"description": result.description}
        call.result = result
        return Answer.of({"ok": True, "result": result, **remark})

    async def _poll(self, request: Request, bot: Bot, params: Params) -> list[bytes]:
        asked = params.integer("offset"), params.integer("limit"), params.integer("timeout")
        poll = asyncio.ensure_future(bot.queue.poll(*asked))
        gone = asyncio.ensure_future(request.hung_up())
        try:
            await asyncio.wait({poll, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                raise GoneError
            return poll.result()
        finally:
            poll.cancel()
            gone.cancel()

    async def _answer_download(self, request: Request, token: str, path: str) -> Answer:
        bot = self.world.bot_by_token(token)
        fault = self.world.faults.strike(bot.bot_id, DOWNLOAD)
        if fault is not None:
            if fault.kind == "timeout":
                await request.hung_up()
                raise GoneError
            await suffer(fault)
        content = self.world.shelf.fetch(bot.bot_id, path)
        if fault is not None and fault.kind == "lost_answer":
            raise GoneError
        if content is None:
            raise not_found()
        return slowed(Answer(200, content, "application/octet-stream"), fault)

    async def _answer_control(self, request: Request, path: str) -> Answer:
        origin = request.headers.get("origin")
        if origin not in (None, f"http://{request.headers['host']}"):
            raise ControlError("another site's page may not play here", 403)
        if found := page.FILE_PATH.fullmatch(path):
            return page.shown_file(self.world.shelf, found[1])
        params = request.params()
        if request.verb == "GET" and "version" in params.values:
            wait = min(params.number("wait"), LONGEST_WATCH)
            await self.world.watch(params.integer("version"), wait)
        return Answer.of(control.work(self.world, request.verb, path, params))


def refusal(error: ApiError) -> Answer:
    """Write a refusal as the official server does."""
    body = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.parameters is not None:
        body["parameters"] = error.parameters
        if "retry_after" in error.parameters:
            headers["retry-after"] = str(error.parameters["retry_after"])
    return Answer.of(body, error.code, headers)


async def suffer(fault: Fault) -> None:
    """
    Let a fault strike before the call is worked.

    Raises:
        ApiError: the fault is a refusal.
        GoneError: the fault is a dropped line.
    """
    if fault.kind == "lost_request":
        raise GoneError
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    error = fault.error()
    if error is not None:
        raise error


def slowed(answer: Answer, fault: Fault | None) -> Answer:
    """Return the answer, trickling or cut in half if the fault says so."""
    match fault and fault.kind:
        case "slow":
            assert fault is not None
            return replace(answer, rate=max(fault.rate, 1))
        case "cut":
            return replace(answer, is_cut=True)
        case _:
            return answer
