"""A TCP proxy between a worker and a server: it can cut, refuse, slow down, and switch to another server."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from types import TracebackType
from typing import Self

_CHUNK = 1 << 16


class Proxy:
    """Listens on a port of 127.0.0.1 and passes everything on.

    Attributes:
        target: port of the server behind it; new connections go there.
        refusing: whether new connections are closed at once.
        delay: seconds each piece of data is held up.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.refusing = False
        self.delay = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def switch(self, target: int) -> None:
        """New connections go there, old ones are cut."""
        self.target = target
        self.cut()

    def cut(self) -> None:
        """Drop every connection."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                client.close()
                continue
            self._pairs.append((client, server))
            threading.Thread(target=self._pass, args=(client, server), daemon=True).start()

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        with client, server, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select(list(other), [], [], 0.5)
                for one in ready:
                    data = one.recv(_CHUNK)
                    if not data:
                        return
                    if self.delay:
                        time.sleep(self.delay)
                    other[one].sendall(data)
