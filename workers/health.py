"""`/livez`, `/readyz` and `/metrics` of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from streamclust.errors import InputUnreadable


class Health:
    """How a worker is: the loop says so, the endpoints tell.

    Live: the loop has turned within `patience` seconds. Ready: nothing is in the way of taking records.

    Args:
        patience: seconds.
        clock: seconds; the differences count.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._turned_at = clock()
        self._obstacles: dict[str, str] = {"group": "has not joined its group yet"}

    def turned(self) -> None:
        """The loop has come round."""
        self._turned_at = self._clock()

    def blocked(self, what: str, why: str) -> None:
        """Something is in the way until `cleared`."""
        self._obstacles[what] = why

    def cleared(self, what: str) -> None:
        """It is out of the way."""
        self._obstacles.pop(what, None)

    @property
    def live(self) -> bool:
        """Whether the loop turns."""
        return self._clock() - self._turned_at <= self._patience

    @property
    def obstacles(self) -> dict[str, str]:
        """What is in the way; empty when ready."""
        return dict(self._obstacles)


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A probe every few seconds is no news."""


class HealthServer:
    """The endpoints, in background threads.

    Attributes:
        port: where it listens.
    """

    def __init__(self, health: Health, registry: CollectorRegistry, host: str, port: int) -> None:
        """Listen.

        Raises:
            InputUnreadable: the port is taken.
        """
        self._health = health
        self._metrics = make_wsgi_app(registry)
        try:
            self._server = make_server(host, port, self._answer, ThreadingWSGIServer, handler_class=_Silent)
        except OSError as error:
            problem = f"cannot serve health and metrics on {host}:{port}: {error.strerror}"
            raise InputUnreadable(f"{problem}; set STREAMCLUST_HTTP_PORT to a free port") from error
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        if path == "/livez":
            live = self._health.live
            return _say(start_response, live, {"live": live})
        if path == "/readyz":
            obstacles = self._health.obstacles
            return _say(start_response, not obstacles, {"ready": not obstacles, "waiting_for": obstacles})
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"there are /livez, /readyz and /metrics\n"]


def _say(start_response: StartResponse, well: bool, what: dict[str, object]) -> list[bytes]:
    start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
    return [orjson.dumps(what, option=orjson.OPT_APPEND_NEWLINE)]
