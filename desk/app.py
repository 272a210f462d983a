"""
The desk as an ASGI application.

The framework parses addresses and speaks HTTP; everything else is a table of routes and functions. Each
request passes the same gates in the same order: host and origin, body limit, session, role, form tokens.
Pages run in threads, because domain code is synchronous; unlocking keyrings and previews have narrow lanes
of their own, so that neither can starve the work.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import jinja2
from litestar import Litestar, Request, Response
from litestar.datastructures import Cookie, State
from litestar.handlers import HTTPRouteHandler

from casework import bookmarks, rosters
from casework.database import Database
from casework.parties import Book
from casework.permits import Settings as CaseSettings
from casework.strongbox import write_file
from crypto.roster import Anchor
from desk import answering, door, forms, words
from desk.ahead import Ahead
from desk.entrance import Entrance
from desk.errors import BusyError, DeskError, MissingError, TooLargeError
from desk.pages import ROUTES
from desk.pinned import Pinned
from desk.routes import PICTURE, UNLOCK, WORK, Route
from desk.sessions import COOKIE, Sessions
from desk.settings import Settings
from desk.sweeping import Sweeper
from desk.visit import Clock, Desk, Reply, tokens

TEMPLATES = Path(__file__).parent / "templates"
# Width of each lane, and how many may wait before it says that it is busy.
LANES: Mapping[str, tuple[int, int]] = {WORK: (8, 64), UNLOCK: (2, 8), PICTURE: (2, 16)}
SWEEP_SECONDS = 30.0

T = TypeVar("T")

log = logging.getLogger("subrosa.desk")


def build(
    settings: Settings,
    database: Database,
    anchor: Anchor,
    clock: Clock,
    *,
    zone: ZoneInfo,
    detectors: Callable[[], Any],
    cases: CaseSettings | None = None,
    prepared: Callable[[], None] = lambda: None,
) -> Litestar:
    """
    Build the desk from what it is given; opens nothing and listens nowhere.

    *detectors* gives the gate's detectors, the same at every call; it is first called when somebody needs
    them. *cases* is what the house decided about clocks and keeping. *prepared* is called once the desk has
    done at its start what it can.
    """
    sessions = Sessions(settings)
    bookmark = settings.keyring_dir / bookmarks.NAME
    warmer, ahead = Warmer(detectors), Ahead()
    desk = Desk(
        settings=settings,
        database=database,
        anchor=anchor,
        clock=clock,
        words=words.load(zone),
        templates=_templates(),
        sessions=sessions,
        entrance=Entrance(settings, database, anchor),
        detectors=detectors,
        warm=warmer.warm,
        read_ahead=ahead.begin,
        cases=cases or CaseSettings(),
        book=Book(bookmark=bookmarks.read(bookmark), lay_down=partial(write_file, bookmark)),
        journal=Pinned(settings.keyring_dir),
    )
    lanes = {name: Lane(*bounds) for name, bounds in LANES.items()}
    return Litestar(
        route_handlers=[_handler(desk, route, lanes[route.lane]) for route in ROUTES],
        openapi_config=None,
        logging_config=None,
        exception_handlers={Exception: _unknown},
        lifespan=[_lifespan(desk, lanes, warmer, ahead, prepared)],
        state=State({"desk": desk}),
        debug=False,
    )


class Lane:
    """A few threads, and a bounded number of requests waiting for them."""

    def __init__(self, width: int, waiting: int) -> None:
        self._threads: Executor = ThreadPoolExecutor(width, thread_name_prefix="desk")
        self._room = width + waiting

    async def run(self, work: Callable[[], T]) -> T:
        """
        Run *work* when it is its turn.

        Raises:
            BusyError: too many wait already.
        """
        if self._room <= 0:
            raise BusyError
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1

    def close(self) -> None:
        """End the threads once they are idle."""
        self._threads.shutdown(wait=True, cancel_futures=True)


class Warmer:
    """One thread that loads, once, what takes seconds to load; a failure shows when it is asked for again."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="desk-warm")
        self._begun = threading.Event()

    def warm(self) -> None:
        """Begin to load, unless that began before; does not wait."""
        if not self._begun.is_set():
            self._begun.set()
            # Whatever goes wrong stays with the result, which nobody asks for.
            self._threads.submit(self._load)

    def close(self) -> None:
        """End the thread once it has loaded."""
        self._threads.shutdown(wait=True, cancel_futures=True)


@cache
def _templates() -> jinja2.Environment:
    """Return the templates, each compiled once in a process."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["tokens"] = tokens
    return environment


def _lifespan(
    desk: Desk, lanes: Mapping[str, Lane], warmer: Warmer, ahead: Ahead, prepared: Callable[[], None]
) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def live(_app: Litestar) -> AsyncIterator[None]:
        preparing = asyncio.create_task(lanes[WORK].run(partial(_prepare, desk, prepared)))
        sweeper = asyncio.create_task(_sweep(desk, lanes[WORK]))
        try:
            yield
        finally:
            preparing.cancel()
            sweeper.cancel()
            warmer.close()
            ahead.close()
            for lane in lanes.values():
                lane.close()

    return live


def _prepare(desk: Desk, prepared: Callable[[], None]) -> None:
    """Do at the start what the first page would wait for: compile the templates, read the journal."""
    try:
        for name in desk.templates.list_templates():
            desk.templates.get_template(name)
        with desk.database.read() as session:
            desk.book.read(session, rosters.current(session, desk.anchor), desk.anchor)
    except Exception as error:  # noqa: BLE001  # whoever comes first waits for it, and is told what is wrong
        log.warning("desk.unprepared %s", type(error).__name__)
    prepared()


async def _sweep(desk: Desk, lane: Lane) -> None:
    sweeper = Sweeper(desk, lane.run)
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await sweeper.sweep()


def _handler(desk: Desk, route: Route, lane: Lane) -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return _response(desk.settings, await _answer(desk, route, lane, request))

    return HTTPRouteHandler(route.path, http_method=[route.method], status_code=200)(handle)


async def _answer(desk: Desk, route: Route, lane: Lane, request: Request[Any, Any, Any]) -> Reply:
    asked = answering.Asked(
        path=request.url.path,
        arguments={name: str(value) for name, value in request.path_params.items()},
        query={name: str(value) for name, value in request.query_params.items()},
        cookie=request.cookies.get(COOKIE, ""),
        language=answering.language_of(request.cookies, request.headers.get("accept-language", "")),
        form=forms.Form(),
    )
    try:
        door.check(desk.settings, request.method, request.headers)
        if route.method == "POST":
            limit = forms.TEXT_LIMIT
            if route.takes_file and desk.sessions.find(asked.cookie, desk.clock()) is not None:
                # Only whoever is signed in may make this process hold a file.
                limit += desk.settings.file_limit
            length = request.headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > limit:
                raise TooLargeError
            body = await forms.read_body(request.stream(), limit)
            asked.form = forms.parse(request.headers.get("content-type", ""), body)
        return await lane.run(lambda: answering.answer(desk, route, asked))
    except DeskError as error:
        return answering.refuse(desk, asked, error)


def _response(settings: Settings, reply: Reply) -> Response[bytes]:
    cookies = []
    if reply.cookie is not None:
        cookies.append(_cookie(settings, COOKIE, reply.cookie, None if reply.cookie else 0))
    if reply.language is not None:
        cookies.append(_cookie(settings, answering.LANGUAGE_COOKIE, reply.language, 365 * 24 * 3600))
    return Response(
        content=reply.body,
        status_code=reply.status,
        media_type=reply.mime,
        headers={**door.HEADERS, **reply.headers},
        cookies=cookies,
    )


def _cookie(settings: Settings, name: str, value: str, age: int | None) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=age,
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings.is_https,
    )


def _unknown(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what never reached a page: an unknown address, a method it does not take, our own fault."""
    status = getattr(error, "status_code", 500)
    if status not in (404, 405):
        if status >= 500:
            log.error("desk.fault %s", type(error).__name__)
        body, headers = b"something went wrong", dict(door.HEADERS)
        return Response(content=body, status_code=status, media_type="text/plain", headers=headers)
    # Without the cookie: nothing of a sitting is read or spent for an address that is none.
    asked = answering.Asked(
        path=request.url.path,
        arguments={},
        query={},
        cookie="",
        language=answering.language_of(request.cookies, request.headers.get("accept-language", "")),
        form=forms.Form(),
    )
    desk: Desk = request.app.state["desk"]
    return _response(desk.settings, replace(answering.refuse(desk, asked, MissingError()), status=status))
