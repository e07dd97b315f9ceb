"""One POST to a receiver: to the address that was looked at, no redirects, all of it within a time and a size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

from streamclust import __version__
from streamclust.errors import StreamclustError
from workers.alerting.guard import AllowList, Place, Resolve, judge, resolve

_READ_AT_MOST = 1 << 16
_SHOWN = 200
_PIECE = 1 << 14
_ADDRESSES_TRIED = 3


class NoAnswer(StreamclustError):
    """The receiver could not be reached, or did not answer in time."""

    retriable = True


class Answer(NamedTuple):
    """What a receiver said.

    Args:
        status: of HTTP.
        retry_after: the header, empty if there is none.
        text: the beginning of its words.
    """

    status: int
    retry_after: str = ""
    text: str = ""


class Poster:
    """Posts to receivers.

    Args:
        allowed: hosts and networks that are ours.
        resolver: asked once a message, for all addresses of a host.
        clock: seconds; the differences count.
    """

    def __init__(self, allowed: AllowList, resolver: Resolve = resolve, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._resolve = resolver
        self._clock = clock

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, *, timeout: float, tls: ssl.SSLContext | None = None) -> Answer:
        """One try.

        Args:
            place: of the receiver.
            headers: beside those that HTTP asks for.
            body: bytes.
            timeout: seconds for all of it, but for the resolver.
            tls: whom to trust; needed for https.

        Raises:
            Refused: it must not go there; no connection was made.
            NoAnswer: nothing came back, or not in time.
        """
        try:
            addresses = judge(place, self._resolve(place.host, place.port), self._allowed)
        except OSError as error:
            raise NoAnswer(f"{place.shown}: cannot look the host up: {error.strerror or error}") from error
        until = self._clock() + timeout
        network = _Pinned(addresses, lambda: until - self._clock())
        origin = httpcore2.Origin(place.scheme.encode(), place.host.encode(), place.port)
        url = httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=place.target)
        try:
            with httpcore2.HTTPConnection(origin, ssl_context=tls, network_backend=network) as connection:
                return _ask(connection, url, {**_common(place, body), **headers}, body)
        except httpcore2.TimeoutException as error:
            raise NoAnswer(f"{place.shown}: no answer within {timeout:g} s") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise NoAnswer(f"{place.shown}: {str(error) or type(error).__name__}") from error


def _common(place: Place, body: bytes) -> dict[str, str]:
    host = f"[{place.host}]" if ":" in place.host else place.host
    port = "" if place.port == {"https": 443, "http": 80}[place.scheme] else f":{place.port}"
    return {
        "Host": host + port,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "User-Agent": f"streamclust/{__version__}",
    }


_FAILURES = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError)


def _ask(connection: httpcore2.HTTPConnection, url: httpcore2.URL, headers: Mapping[str, str], body: bytes) -> Answer:
    with connection.stream("POST", url, headers=list(headers.items()), content=body) as response:
        named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, named.get("retry-after", ""), _beginning(response)[:_SHOWN].decode(errors="replace"))


def _beginning(response: httpcore2.Response) -> bytes:
    """What the receiver says after its status, as far as it comes: the status alone counts."""
    said = b""
    with suppress(*_FAILURES):
        for chunk in response.iter_stream():
            said += chunk
            if len(said) >= _READ_AT_MOST:
                break
    return said


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Whom to believe that they are who they say.

    Raises:
        OSError: the file cannot be read.
    """
    return ssl.create_default_context(cafile=ca_file)


class _Pinned(NetworkBackend):
    """Connects to addresses that were looked at, whatever it is asked for, while there is time left."""

    def __init__(self, addresses: Iterable[str], left: Callable[[], float]) -> None:
        self._addresses = list(addresses)[:_ADDRESSES_TRIED]
        self._left = left
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> NetworkStream:
        """The first address that answers."""
        *others, last = self._addresses
        for address in others:
            try:
                return self._connect(address, port, self._left() / 2)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(last, port, self._left())

    def _connect(self, address: str, port: int, seconds: float) -> NetworkStream:
        if seconds <= 0:
            raise httpcore2.ConnectTimeout("no time left")
        return _Timed(self._plain.connect_tcp(address, port, timeout=seconds, socket_options=[]), self._left)


class _Timed(NetworkStream):
    """A connection whose every step ends when the time is over, however little comes at a time."""

    def __init__(self, stream: NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        return self._stream.read(max_bytes, self._still(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it, piece by piece."""
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], self._still(httpcore2.WriteTimeout))

    def close(self) -> None:
        """Let go."""
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> NetworkStream:
        """The same under TLS, with the name of the URL."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._still(httpcore2.ConnectTimeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        """What the client asks about its connection."""
        return self._stream.get_extra_info(info)

    def _still(self, too_late: type[Exception]) -> float:
        left = self._left()
        if left <= 0:
            raise too_late("no time left")
        return left
