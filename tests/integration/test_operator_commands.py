"""Operator's commands beside workers and people: letters that go round, Ctrl-C, a reader that has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from deployment import Deployment, wait_until
from operating import clustered_here, operate
from small_streams import ENCODER, seeded_posts

from streamclust.ports import DeadLetter
from workers.redrive import times
from workers.topics import dead_letter_message

if TYPE_CHECKING:
    from conftest import MakeDeployment


def started(one: Deployment, *arguments: object) -> subprocess.Popen[str]:
    """A command in a process of its own, which hears Ctrl-C wherever the tests were started from."""
    command = [sys.executable, "-c", "from workers.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, **one.environment}
    hear = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731 (runs in the child before the command)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=hear)


def test_a_letter_redriven_is_assigned_and_not_redriven_again(deployment: MakeDeployment) -> None:
    one = deployment()
    mended, hopeless = b'{"id": "mended", "text": "the dam has burst"}', b"{broken"
    one.outlet.send(
        dead_letter_message(DeadLetter(raw, "no_text", "mapped wrongly", one.topics.raw, 0, number), one.topics)
        for number, raw in enumerate((mended, hopeless))
    )
    operate(one, "dlq", "redrive", "--all")
    embed = one.start("embed", script="embed_with_hashes.py")
    wait_until(lambda: one.end(one.topics.embedded) == 1 and one.end(one.topics.dead_letters) == 3, why=lambda: embed.said)
    for count in (2, 3):
        operate(one, "dlq", "redrive", "--all")
        wait_until(lambda letters=2 + count: one.end(one.topics.dead_letters) == letters, why=lambda: embed.said)  # type: ignore[misc]
    assert [times(letter.headers) for letter in one.dead_letters()] == [0, 0, 1, 2, 3]
    assert "came back each time" in operate(one, "dlq", "redrive", "--all").err
    assert embed.terminate() == 0
    clustered_here(one)
    assert one.store().member("mended") is not None
    assert one.end(one.topics.embedded) == 1


def test_a_replay_ends_at_ctrl_c_and_says_how_to_go_on(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    posts = [orjson.dumps({"id": f"p{n}", "text": f"dam {n}", "created_at": 1_772_445_600 + (n // 3) * 86_400}) for n in range(6)]
    path = tmp_path / "posts of a day.jsonl"
    path.write_bytes(b"\n".join(posts))
    process = started(one, "replay", path, "--to-kafka")
    wait_until(lambda: one.end(one.topics.raw) == 3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "3 records sent" in said
    assert f"streamclust replay '{path}' --to-kafka --speed 1x --from 2026-03-02T10:00:00Z" in said
    operate(one, "replay", path, "--to-kafka", "--speed", "max", "--from", "2026-03-02T10:00:00Z")
    assert {record.key for record in one.records(one.topics.raw)} == {b"p%d" % n for n in range(6)}


def test_tail_follows_what_comes_and_ends_at_ctrl_c(deployment: MakeDeployment) -> None:
    one = deployment()
    posts = seeded_posts(40)
    one.send_embedded(posts[:20], ENCODER.fingerprint)
    clustered_here(one)
    process = started(one, "tail", "--assigned", "--json")
    assert process.stderr is not None
    assert process.stdout is not None
    assert "listening" in process.stderr.readline()
    one.send_embedded(posts[20:], ENCODER.fingerprint)
    clustered_here(one)
    new = {f"post-{n}" for n in range(20, 40)}
    seen: set[str] = set()
    while seen != new:
        event = orjson.loads(process.stdout.readline())
        assert event["specversion"] == "1.0"
        seen |= {event["data"]["claim_id"]} if event["type"].endswith("assigned.v1") else set()
        assert seen <= new
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


def test_tail_ends_quietly_when_nobody_reads_any_more(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(40), ENCODER.fingerprint)
    clustered_here(one)
    process = started(one, "tail", "--from-beginning", "--assigned")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    one.send_embedded(seeded_posts(60, seed=9)[40:], ENCODER.fingerprint)
    clustered_here(one)
    started_at = time.monotonic()
    assert process.wait(30) == 0
    assert time.monotonic() - started_at < 30
    assert process.stderr.read().count("\n") == 1
    process.stderr.close()
