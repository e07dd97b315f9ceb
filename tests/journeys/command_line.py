"""The command as its user runs it: in a process of its own, with what it prints and its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

COMMAND = Path(sys.executable).with_name("streamclust")
PATIENCE = 120.0
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "COLUMNS": "120", "HF_HUB_OFFLINE": "1"}
_AT_ONCE = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return orjson.loads(self.out)

    @property
    def said(self) -> str:
        """Both outputs, for the message of a failing assertion."""
        return f"exit code {self.code}\n{self.out[-3000:].decode(errors='replace')}\n{self.err[-3000:]}"


def start(
    *arguments: object,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    cwd: Path | None = None,
    more: Mapping[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """The command, running; `more` is added to its environment, `prepare` runs in the process before it."""
    environment = {**os.environ, **_ENVIRONMENT, **(more or {})}
    command = [str(COMMAND), *map(str, arguments)]
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd, env=environment, preexec_fn=prepare)


def finish(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> Done:
    """Wait for its end. However it ended, it has not shown a traceback."""
    with process:
        try:
            out, err = process.communicate(stdin, PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    done = Done(process.returncode, out or b"", (err or b"").decode())
    assert "Traceback" not in done.err + done.out.decode(errors="replace"), done.said
    return done


def run(*arguments: object, code: int = 0, stdin: bytes | None = None, **how: Any) -> Done:
    """The command from start to end; it ended with this exit code."""
    if stdin is not None:
        how["stdin"] = subprocess.PIPE
    done = finish(start(*arguments, **how), stdin)
    assert done.code == code, done.said
    return done


def together(jobs: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Several jobs by name, two at a time; their results by name."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: result.result() for name, result in running.items()}


def interrupt_when(process: subprocess.Popen[bytes], reached: Callable[[], bool], number: signal.Signals) -> None:
    """Send this one process a signal as soon as `reached`."""
    wait_until(lambda: reached() or process.poll() is not None, every=0.001)
    assert process.poll() is None, finish(process).said
    process.send_signal(number)


def wait_until(reached: Callable[[], bool], *, seconds: float = PATIENCE, every: float = 0.05) -> float:
    """Wait for it; how long that took, in seconds. Fails when it takes longer than `seconds`."""
    started = time.monotonic()
    while not reached():
        waited = time.monotonic() - started
        assert waited < seconds, f"nothing after {waited:.0f} s"
        time.sleep(every)
    return time.monotonic() - started


def clusters_in(state: object) -> list[dict[str, Any]]:
    """All clusters of a state, as the command lists them, by id."""
    done = run("clusters", "--state", state, "--status", "all", "--limit", 100_000, "--json")
    return sorted(done.json, key=lambda cluster: str(cluster["id"]))


def events_in(path: Path) -> list[dict[str, Any]]:
    """The events in a file, in order; every line is whole."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def ids_in(path: Path) -> list[str]:
    """Ids of the events in a file, in order."""
    return [str(event["id"]) for event in events_in(path)]


def count_lines(path: Path) -> int:
    """Line ends in a file; 0 where there is no file yet."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def write_lines(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    """JSON lines; returns the path."""
    path.write_bytes(as_lines(records))
    return path


def as_lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    """JSON lines."""
    return b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
