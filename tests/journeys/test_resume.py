"""A run that is killed, stopped or told to end goes on with the same command as if nothing had happened."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import Done, as_lines, clusters_in, count_lines, finish, ids_in, interrupt_when, run, start, together
from conftest import Undisturbed

SMALL = ["--batch", "8"]
dice = random.Random(20)


@dataclass(frozen=True)
class Chain:
    """One command, interrupted again and again, until it came to its end."""

    state: object
    events: Path
    interrupted: list[Done]
    audits: list[Done]
    last: Done


def chain(state: object, events: Path, command: list[object], signals: list[signal.Signals], shares: list[float], total: int) -> Chain:
    """Start the command; send each signal once that share of all events is written; then let it end."""
    interrupted, audits = [], []
    for number, share in zip(signals, shares, strict=True):
        process = start(*command)
        interrupt_when(process, partial(holds, events, share * total), number)
        interrupted.append(finish(process))
        audits.append(run("verify", "--state", state))
    return Chain(state, events, interrupted, audits, run(*command))


def holds(events: Path, least: float) -> bool:
    """Whether so many events are written."""
    return count_lines(events) >= least


def moments(count: int) -> list[float]:
    """Random shares of the work, one in each of so many stretches."""
    return [(number + dice.random()) / (count + 1) + 0.02 for number in range(count)]


@pytest.fixture(scope="module")
def chains(
    stream: Path, as_usual: list[str], undisturbed: Undisturbed, redis_url: str, tmp_path_factory: pytest.TempPathFactory, short_path: Path
) -> dict[str, Chain]:
    """Killed on the embedded server, killed on a server of the user's own, and asked to stop."""
    place = tmp_path_factory.mktemp("chains")
    plans: dict[str, tuple[object, list[signal.Signals]]] = {
        "killed": (place / "state", [signal.SIGKILL] * 3),
        "killed on redis://": (redis_url, [signal.SIGKILL]),
        "asked": (short_path / "state", [signal.SIGINT, signal.SIGTERM]),
    }

    def job(name: str) -> Chain:
        state, signals = plans[name]
        events = place / f"{len(name)}.jsonl"
        letters = ["--dead-letters", place / f"{len(name)}-dead.jsonl"]
        command: list[object] = ["run", stream, "--state", state, "--events", events, *letters, *SMALL, *as_usual]
        return chain(state, events, command, signals, moments(len(signals)), len(undisturbed.event_ids))

    return together({name: partial(job, name) for name in plans})


WAYS = ["killed", "killed on redis://", "asked"]


@pytest.mark.parametrize("way", WAYS)
def test_clusters_are_those_of_the_undisturbed_run(way: str, chains: dict[str, Chain], undisturbed: Undisturbed) -> None:
    assert clusters_in(chains[way].state) == undisturbed.clusters


@pytest.mark.parametrize("way", WAYS)
def test_each_event_of_the_undisturbed_run_is_written_exactly_once(way: str, chains: dict[str, Chain], undisturbed: Undisturbed) -> None:
    assert sorted(ids_in(chains[way].events)) == sorted(undisturbed.event_ids)


@pytest.mark.parametrize("way", WAYS)
def test_the_state_is_sound_after_every_interruption(way: str, chains: dict[str, Chain]) -> None:
    assert all("\n0 differences" in audit.text for audit in chains[way].audits)
    assert "\n0 differences" in run("verify", "--state", chains[way].state).text


def test_a_killed_run_was_killed_and_each_next_one_went_on(chains: dict[str, Chain]) -> None:
    for way in ("killed", "killed on redis://"):
        assert {done.code for done in chains[way].interrupted} == {-signal.SIGKILL}
        assert "Went on after" in chains[way].last.text


def test_asking_a_run_to_stop_ends_it_cleanly_with_a_summary(chains: dict[str, Chain]) -> None:
    for done in chains["asked"].interrupted:
        assert done.code == 0, done.said
        assert "Stopped after" in done.text
        assert "streamclust clusters --state" in done.text
    assert "Went on after" in chains["asked"].last.text


def test_no_server_is_left_when_the_last_user_of_a_state_has_ended(chains: dict[str, Chain]) -> None:
    assert not listening(Path(str(chains["asked"].state)) / "redis.sock")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_a_run_while_it_loads_the_model_leaves_no_server(
    number: signal.Signals, stream: Path, as_usual: list[str], short_path: Path
) -> None:
    at, events = short_path / f"{number.name}/redis.sock", short_path / f"{number.name}.jsonl"
    process = start("run", stream, "--state", at.parent, "--events", events, *as_usual)
    interrupt_when(process, events.exists, number)  # opened after the server, before the model
    done = finish(process)
    assert (done.code, done.err.strip()) == (0, "streamclust: stopped before anything was read")
    assert not listening(at)


def listening(at: Path) -> bool:
    """Whether a server answers on this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(at))
        except OSError:
            return False
        return True


def test_a_stopped_pipe_is_left_at_once_though_nothing_comes(posts: list[dict[str, Any]], as_usual: list[str], tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    process = start("run", "-", "--state", "memory", "--events", events, *as_usual, stdin=subprocess.PIPE, cwd=tmp_path)
    assert process.stdin is not None
    process.stdin.write(as_lines(posts[:20]))
    process.stdin.flush()
    interrupt_when(process, lambda: count_lines(events) >= 20, signal.SIGINT)
    process.wait(10)
    done = finish(process)
    assert done.code == 0
    assert "Stopped after 20 records" in done.text
