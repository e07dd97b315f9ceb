"""A local endpoint like OpenAI's that does what it is told: answers, stalls, drips, fails, talks nonsense."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", dict[str, Any]], None]


@dataclass
class Endpoint:
    """One server.

    Attributes:
        url: up to its version.
        requests: what came, decoded; `headers` beside.
        reply: what is done with the next ones.
    """

    reply: Reply
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def posts(self) -> list[dict[str, str]]:
        """The two posts of each request."""
        return [json.loads(request["messages"][1]["content"]) for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    endpoint: Endpoint

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.endpoint.requests.append(request)
        self.endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.endpoint.reply(self, request)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def says(verdict: str | Callable[[dict[str, str]], str], tokens: int | None = 100) -> Reply:
    """The same verdict to all, or one that depends on the posts."""

    def reply(handler: Handler, request: dict[str, Any]) -> None:
        posts = json.loads(request["messages"][1]["content"])
        content(json.dumps({"verdict": verdict if isinstance(verdict, str) else verdict(posts)}), tokens)(handler, request)

    return reply


def content(text: Any, tokens: int | None = 100) -> Reply:
    """This, as what the model said."""
    usage = {} if tokens is None else {"usage": {"total_tokens": tokens}}
    return lambda handler, _: handler.send(200, json.dumps({"choices": [{"message": {"content": text}}], **usage}).encode())


def raw(body: bytes) -> Reply:
    """This, as the whole answer."""
    return lambda handler, _: handler.send(200, body)


def status(number: int, **headers: str) -> Reply:
    """Nothing but a status."""
    return lambda handler, _: handler.send(number, b"{}", **headers)


def refuses(message: str, number: int = 400, **more: Any) -> Reply:
    """An error as OpenAI words it."""
    return lambda handler, _: handler.send(number, json.dumps({"error": {"message": message, **more}}).encode())


def stall(handler: Handler, _: dict[str, Any]) -> None:
    """Take the request and say nothing."""
    handler.endpoint.released.wait(20)


def drip(handler: Handler, _: dict[str, Any]) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.endpoint.released.is_set():
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


def hang_up(handler: Handler, _: dict[str, Any]) -> None:
    """Close without a word."""
    handler.close_connection = True


def after(times: int, first: Reply, then: Reply) -> Reply:
    """One reply so many times, then another."""
    left = [times]

    def reply(handler: Handler, request: dict[str, Any]) -> None:
        left[0] -= 1
        (first if left[0] >= 0 else then)(handler, request)

    return reply


@contextmanager
def serving(reply: Reply) -> Iterator[Endpoint]:
    """An endpoint on a free port of 127.0.0.1."""
    endpoint = Endpoint(reply)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"endpoint": endpoint}))
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
