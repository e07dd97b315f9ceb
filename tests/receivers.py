"""A receiver of alerts over TCP that misbehaves as it is told, and remembers all that came."""

from __future__ import annotations

import base64
import hmac
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
_KEY = b"0123456789abcdef01234567"

HANG = "hang"
"""Reads the request, then says nothing for long."""
CUT = "cut"
"""Reads the request, then hangs up."""
SLOW = "slow"
"""Takes the request, and says so after a second."""
DRIP = "drip"
"""Answers a byte at a time, for ever."""

Manner = int | tuple[int, dict[str, str]] | str


class Request(NamedTuple):
    """One request as it came.

    Args:
        taken: whether it was answered with 200.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    taken: bool

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def signed(self) -> bool:
        """Whether the signature is what a receiver works out."""
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(_KEY, content, "sha256").digest()).decode()
        return f"v1,{wanted}" in self.headers["webhook-signature"].split()


class Receiver:
    """Listens on a port of 127.0.0.1, any number of paths.

    Attributes:
        requests: all that came, in order.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._manners: defaultdict[str, deque[Manner]] = defaultdict(deque)
        self._always: dict[str, Manner] = {}
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def behave(self, path: str, manners: Iterable[Manner] = (), *, then: Manner = 200) -> None:
        """Answer the next requests in these ways, all later ones in that."""
        with self._lock:
            self._manners[path] = deque(manners)
            self._always[path] = then

    def came(self, path: str = "/hook") -> list[Request]:
        return [request for request in list(self.requests) if request.path == path]

    def taken(self, path: str = "/hook") -> list[Request]:
        """What was answered with 200."""
        return [request for request in self.came(path) if request.taken]

    def told(self, path: str = "/hook") -> list[tuple[str, str]]:
        """Type and cluster of every CloudEvent that was taken."""
        events = [request.json for request in self.taken(path)]
        return [(event["type"].split(".")[3], event["subject"].removeprefix("cluster/")) for event in events]

    def next_manner(self, path: str) -> Manner:
        with self._lock:
            waiting = self._manners[path]
            return waiting.popleft() if waiting else self._always.get(path, 200)

    def hold(self, seconds: float) -> None:
        """Do nothing for so long, unless the receiver is closed."""
        self._open.wait(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            manner = receiver.next_manner(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(Request(self.path, headers, body, time.time(), manner in (200, SLOW)))
            if manner == HANG:
                receiver.hold(60.0)
            elif manner == DRIP:
                self._drip()
            elif manner == SLOW:
                receiver.hold(1.0)
                self._say(200, {})
            elif isinstance(manner, tuple):
                self._say(*manner)
            elif isinstance(manner, int):
                self._say(manner, {})
            self.close_connection = True

        def _say(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _drip(self) -> None:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                self.wfile.write(bytes([byte]))
                receiver.hold(0.05)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    return Handler
