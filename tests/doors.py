"""Stand-ins for the outside of notices: a mail server and a web hook, on loopback only."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, TypeVar

Server = TypeVar("Server", bound=socketserver.TCPServer)


class MailServer(socketserver.TCPServer):
    """Takes mail, or refuses every recipient while :attr:`refuses`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailTalk)
        self.greetings: list[str] = []
        self.messages: list[str] = []
        self.refuses = False


class _MailTalk(socketserver.StreamRequestHandler):
    timeout = 5
    server: MailServer

    def handle(self) -> None:
        self._say("220 stand-in")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb in ("EHLO", "HELO"):
                self.server.greetings.append(line)
            if verb == "RCPT" and self.server.refuses:
                self._say("550 no such person")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.messages.append(self._take())
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        return "".join(lines)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class Hook(HTTPServer):
    """Takes JSON posts; answers :attr:`status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _HookTalk)
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.status = 200

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _HookTalk(BaseHTTPRequestHandler):
    timeout = 5
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def listening(server: Server) -> Iterator[Server]:
    """Serve in a thread, and stop."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
