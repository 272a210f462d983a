"""
Visits to the links of sources: one request a link, as little told to the outlet as can be.

* By a proxy the operator named, or directly where they said so: never the one for want of the other. A SOCKS
  proxy is given names, not addresses, and other credentials for every link, so that Tor takes another way.
* Addresses come from people and from pages: loopback, private and other addresses that are not of the open
  network are never connected to, whatever name led there and whichever redirect.
* No cookie, no referrer, one plain user agent, links in random order. No byte of what came is kept: only
  its length and its SHA-256.
* Bounded in bytes, in redirects and in time, headers included.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import msgspec

from register.links import Look, Looks, State, key

# What most readers of an outlet look like; a name of our own would point at each visit of ours.
_AGENT = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"
_HEADERS = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
_NO_ANSWER = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError)
# Last words of names that mean something inside a house only; the root of the names knows none of them.
_INSIDE = frozenset(
    {
        "local",
        "localhost",
        "localdomain",
        "localnet",
        "lan",
        "home",
        "homenet",
        "internal",
        "intranet",
        "private",
    }
    | {"arpa", "corp", "mail", "domain", "workgroup", "router", "alt", "test", "invalid"}
)
# What of IPv6 is given out to the open network. All else is a house's own, or one of IPv4 in disguise.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
_DOCUMENTS = ipaddress.ip_network("3fff::/20")
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_SHUT = frozenset({401, 402, 403, 406, 407, 418, 429, 451})
# Long reports are some megabytes; the largest thing a look is worth.
LARGEST = 20 * 1024 * 1024
REDIRECTS = 5
# Seconds for one link, with everything. Tor needs some of them for a new way.
PATIENCE = 60.0
_AT_ONCE = 4


class RefusedError(Exception):
    """A link leads where no visit may go."""


@dataclass(frozen=True)
class Deadline:
    """When a visit must be over, by a clock that only goes forward."""

    at: float
    clock: Callable[[], float]

    def left(self, wanted: float | None) -> float:
        """
        Return how many seconds one step may take.

        Raises:
            httpcore.TimeoutException: none are left.
        """
        left = self.at - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if wanted is None else min(left, wanted)


class Bounded(httpcore.NetworkStream):
    """A stream none of whose steps goes on after the deadline, however slowly the bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write them all."""
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return Bounded(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell of the stream below."""
        return self._inner.get_extra_info(info)


Connect = Callable[[str, int, float], httpcore.NetworkStream]
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_open(address: str) -> bool:
    """Tell whether an address is of the open network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        is_tunnel = found.sixtofour is not None or found.teredo is not None
        if is_tunnel or found not in _GIVEN_OUT or found in _DOCUMENTS:
            return False
    return found.is_global and not found.is_multicast


def directly(names: Resolve = resolve) -> Connect:
    """Connect to outlets from this machine, to no address that is not of the open network."""

    def connect(host: str, port: int, timeout: float) -> httpcore.NetworkStream:
        found = names(host, port)
        # One address inside is enough: whoever mixes them tries for it.
        if not found or not all(is_open(one) for one in found):
            raise RefusedError
        # To the address that was looked at, not to the name, which may lead elsewhere by then.
        for address in found[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return httpcore.SyncBackend().connect_tcp(address, port, timeout=timeout / len(found))
        return httpcore.SyncBackend().connect_tcp(found[-1], port, timeout=timeout)

    return connect


def through(proxy: str, random: Callable[[int], bytes] = secrets.token_bytes) -> Connect:
    """
    Connect by a SOCKS5 proxy such as Tor's, ``socks5h://127.0.0.1:9050``.

    Raises:
        ValueError: *proxy* is no address of one.
    """
    parts = urlsplit(proxy)
    if parts.scheme not in ("socks5", "socks5h") or parts.hostname is None or parts.username:
        raise ValueError
    at = (parts.hostname, parts.port or 9050)

    def connect(host: str, port: int, timeout: float) -> httpcore.NetworkStream:
        stream = httpcore.SyncBackend().connect_tcp(*at, timeout=timeout)
        try:
            _greet(stream, host, port, random(8).hex().encode(), timeout)
        except BaseException:
            stream.close()
            raise
        return stream

    return connect


def _greet(stream: httpcore.NetworkStream, host: str, port: int, name: bytes, timeout: float) -> None:
    """Ask a SOCKS5 proxy for a connection by name (RFC 1928, with RFC 1929's name and password)."""
    stream.write(b"\x05\x01\x02", timeout)
    if _exactly(stream, 2, timeout) != b"\x05\x02":
        raise httpcore.ProxyError
    told = bytes([len(name)]) + name
    stream.write(b"\x01" + told + told, timeout)
    if _exactly(stream, 2, timeout)[1] != 0:
        raise httpcore.ProxyError
    wanted = host.encode("idna") if not host.isascii() else host.encode()
    stream.write(b"\x05\x01\x00\x03" + bytes([len(wanted)]) + wanted + port.to_bytes(2, "big"), timeout)
    answer = _exactly(stream, 4, timeout)
    if answer[1] != 0:
        raise httpcore.ConnectError
    length = {1: 4, 4: 16}.get(answer[3]) or _exactly(stream, 1, timeout)[0]
    _exactly(stream, length + 2, timeout)


def _exactly(stream: httpcore.NetworkStream, wanted: int, timeout: float) -> bytes:
    found = b""
    while len(found) < wanted:
        more = stream.read(wanted - len(found), timeout)
        if not more:
            raise httpcore.ProxyError
        found += more
    return found


class _Backend(httpcore.NetworkBackend):
    def __init__(self, connect: Connect, deadline: Deadline) -> None:
        self._connect = connect
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address, socket_options
        return Bounded(self._connect(host, port, self._deadline.left(timeout)), self._deadline)


def look_at_all(
    urls: Iterable[str], connect: Connect, today: date, done: Callable[[], None] = lambda: None
) -> Looks:
    """Look at every link once, in random order."""
    shuffled = sorted(urls)
    SystemRandom().shuffle(shuffled)

    def one(url: str) -> tuple[str, Look]:
        found = look(url, connect, today)
        done()
        return key(url), found

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Looks(links=dict(pool.map(one, shuffled)))


def look(url: str, connect: Connect, today: date, clock: Callable[[], float] = time.monotonic) -> Look:
    """Look at one link, and say what was found; no error leaves this."""
    deadline = Deadline(clock() + PATIENCE, clock)
    try:
        place = httpx.URL(url)
        for _ in range(REDIRECTS + 1):
            found = _ask(place, connect, deadline, today)
            if isinstance(found, Look):
                return found
            place = place.join(found)
    except (RefusedError, httpx.InvalidURL):
        return Look(day=today, state="unasked")
    except (*_NO_ANSWER, OSError, ValueError):
        # A name nobody knows is among these: as often it is a resolver that is down.
        return Look(day=today, state="silent")
    return Look(day=today, state="silent")


def _ask(place: httpx.URL, connect: Connect, deadline: Deadline, today: date) -> Look | str:
    """Send one request; return what was found, or where it leads on."""
    _check(place)
    where = httpcore.URL(scheme=place.raw_scheme, host=place.raw_host, port=place.port, target=place.raw_path)
    headers = [("Host", place.netloc.decode()), *_HEADERS.items()]
    backend = _Backend(connect, deadline)
    with (
        httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=backend) as pool,
        pool.stream("GET", where, headers=headers) as answer,
    ):
        onward = next((value for name, value in answer.headers if name.lower() == b"location"), None)
        if answer.status in _MOVED and onward:
            return onward.decode()
        state = _state(answer.status)
        told = Look(day=today, state=state, status=answer.status)
        if state != "found":
            return told
        digest, size = hashlib.sha256(), 0
        for chunk in answer.iter_stream():
            digest.update(chunk)
            size += len(chunk)
            if size > LARGEST:
                return told
        return msgspec.structs.replace(told, size=size, sha256=digest.hexdigest())


@cache
def _certificates() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


def _state(status: int) -> State:
    if status in _GONE:
        return "gone"
    if status in _SHUT:
        return "shut"
    return "found" if 200 <= status < 300 else "silent"


def _check(place: httpx.URL) -> None:
    """
    Refuse what is no plain address of the web, before any name is resolved by anybody.

    Raises:
        RefusedError: it is none.
    """
    host = place.raw_host.decode().rstrip(".").lower()
    if place.scheme not in ("http", "https") or place.port is not None or place.userinfo or not host:
        raise RefusedError
    try:
        is_allowed = is_open(host)
    except ValueError:
        # A proxy resolves names by itself: what only means something inside a house, and numbers in the
        # dress of a name (127.1, 0x7f.1), are not given to it.
        last = host.rpartition(".")[2]
        is_allowed = "." in host and last not in _INSIDE and not last[:1].isdigit()
    if not is_allowed:
        raise RefusedError
