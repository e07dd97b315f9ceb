"""`streamclust run` on files and pipes: every way in gives the same clusters, every way out says what happened."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import pty
import re
import select
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from typing import Any
from urllib.request import urlopen

import orjson
import pytest
from command_line import COMMAND, Done, as_lines, clusters_in, events_in, finish, run, start, together, wait_until
from conftest import Undisturbed, free_port

from streamclust.errors import InvalidClaim

Post = dict[str, Any]
COLUMNS = ("id", "text", "created_at", "author", "source", "lang", "url")
WAIT = 0.5
FEW = 40


def as_table(posts: list[Post], delimiter: str) -> bytes:
    page = io.StringIO(newline="")
    writer = csv.DictWriter(page, COLUMNS, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(posts)
    return page.getvalue().encode()


def nested(post: Post) -> Post:
    """Another service's idea of a post."""
    inside = {"post": {"body": post["text"], "key": post["id"], "lang": post["lang"]}, "user": {"name": post["author"]}}
    return {**inside, "when": post["created_at"], "source": post["source"], "url": post.get("url")}


MAP = "text=post.body,id=post.key,lang=post.lang,author=user.name,created_at=when"


@pytest.fixture(scope="module")
def ways_in(posts: list[Post], as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Done]]:
    """State and result of a run for each way in."""
    place = tmp_path_factory.mktemp("ways")
    (place / "posts.csv").write_bytes(as_table(posts, ","))
    (place / "posts.tsv.gz").write_bytes(gzip.compress(as_table(posts, "\t")))
    (place / "nested.jsonl.gz").write_bytes(gzip.compress(as_lines([nested(post) for post in posts])))
    ways: dict[str, tuple[list[object], bytes | None]] = {
        "csv": ([place / "posts.csv", "--json"], None),
        "tsv.gz": ([place / "posts.tsv.gz"], None),
        "nested": ([place / "nested.jsonl.gz", "--map", MAP], None),
        "stdin": (["-", "--events", "-"], as_lines(posts)),
    }

    def job(name: str) -> Done:
        arguments, stdin = ways[name]
        return run("run", *arguments, "--state", place / name, *as_usual, stdin=stdin)

    return {name: (place / name, done) for name, done in together({name: partial(job, name) for name in ways}).items()}


@pytest.mark.parametrize("way", ["csv", "tsv.gz", "nested", "stdin"])
def test_every_way_in_gives_the_clusters_of_the_plain_file(
    way: str, ways_in: dict[str, tuple[Path, Done]], undisturbed: Undisturbed
) -> None:
    assert clusters_in(ways_in[way][0]) == undisturbed.clusters


def test_the_stream_is_worth_comparing(undisturbed: Undisturbed, posts: list[Post]) -> None:
    happened = Counter(event["type"].split(".", 2)[2] for event in events_in(undisturbed.events))
    assert happened["claim.assigned.v1"] == len(posts)
    assert min(happened[f"cluster.{what}.v1"] for what in ("founded", "grew", "merged", "retired")) >= 5
    assert len({cluster["status"] for cluster in undisturbed.clusters}) == 3


def test_piped_output_is_plain_lines_and_a_summary(undisturbed: Undisturbed, posts: list[Post]) -> None:
    text = undisturbed.done.text
    assert "\x1b" not in text
    assert f"Read {len(posts)} records" in text
    assert f"{len(posts)} claims assigned" in text
    assert len(re.findall(r"^\S+Z  c\w+  \d+ claims, \d+ authors, \d+ wordings  “.*”$", text, re.MULTILINE)) > 50
    commands = re.findall(r"^  (\S*streamclust) (.*)$", text, re.MULTILINE)
    assert len(commands) == 3
    for program, words in commands:
        assert program == ("streamclust" if which("streamclust") == str(COMMAND) else str(COMMAND))
        assert run(*words.split()).out


def test_json_output_is_one_object_that_counts_every_record(ways_in: dict[str, tuple[Path, Done]], posts: list[Post]) -> None:
    said = ways_in["csv"][1].json
    assert said["records"] == said["assigned"] == len(posts)
    assert sum(said["by_rule"].values()) == len(posts)
    assert set(said["by_rule"]) == {"founded", "linked", "copy"}
    assert (said["duplicates"], said["dead_letters"], said["stopped"]) == (0, {}, False)


def test_events_on_standard_output_stand_alone_and_are_those_of_the_file(
    ways_in: dict[str, tuple[Path, Done]], undisturbed: Undisturbed
) -> None:
    events = [orjson.loads(line) for line in ways_in["stdin"][1].out.splitlines()]
    assert [event["id"] for event in events] == undisturbed.event_ids
    for event in events:
        assert event["specversion"] == "1.0"
        assert {"id", "source", "type", "subject", "time", "data", "datacontenttype"} <= set(event)
        assert event["subject"] == f"cluster/{event['data']['cluster_id']}"
    assert "claims assigned" in ways_in["stdin"][1].err


@pytest.fixture(scope="module")
def replays(stream: Path, as_usual: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path, list[Done]]]:
    """State, events and results of the same log again: in other batches, under other hash seeds, and in two goes."""
    place = tmp_path_factory.mktemp("replays")

    def job(name: str, *goes: list[str]) -> tuple[Path, Path, list[Done]]:
        state, events = place / name, place / f"{name}.jsonl"
        command = ["run", stream, "--state", state, "--events", events, "--json", *as_usual]
        return state, events, [run(*command, *go, more={"PYTHONHASHSEED": str(len(name))}) for go in goes]

    return together(
        {
            "1": partial(job, "1", ["--batch", "1"]),
            "7": partial(job, "7", ["--batch", "7"]),
            "64": partial(job, "64", ["--batch", "64"]),
            "512": partial(job, "512", ["--batch", "512"]),
            "in two": partial(job, "in two", ["--limit", "700"], []),
        }
    )


@pytest.mark.parametrize("way", ["1", "7", "64", "512", "in two"])
def test_batch_size_hash_seed_and_a_limit_in_between_change_no_byte_of_the_events(
    way: str, replays: dict[str, tuple[Path, Path, list[Done]]], undisturbed: Undisturbed
) -> None:
    state, events, _ = replays[way]
    assert hashlib.sha256(events.read_bytes()).hexdigest() == hashlib.sha256(undisturbed.events.read_bytes()).hexdigest()
    assert clusters_in(state) == undisturbed.clusters


def test_the_same_command_after_a_limit_goes_on_behind_it(replays: dict[str, tuple[Path, Path, list[Done]]], posts: list[Post]) -> None:
    first, second = (done.json for done in replays["in two"][2])
    assert (first["records"], second["went_on_after"], second["records"]) == (700, 700, len(posts) - 700)


@dataclass(frozen=True)
class Live:
    """What was seen beside a run on a pipe that stayed open."""

    waited: float
    metrics: str
    clusters: list[Post]
    shown: Post
    explained: Post
    refused: Done
    pid: int
    done: Done
    events: list[Post]


@pytest.fixture(scope="module")
def live(posts: list[Post], as_usual: list[str], stream: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    place = tmp_path_factory.mktemp("live")
    state, events, port = place / "state", place / "events.jsonl", free_port()
    options = ["--state", state, "--events", events, "--metrics-port", port, "--wait", WAIT, *as_usual]
    process = start("run", "-", *options, stdin=subprocess.PIPE)
    try:
        pipe = process.stdin
        assert pipe is not None
        pipe.write(as_lines(posts[:FEW]))
        pipe.flush()
        wait_until(lambda: _assigned(events) == FEW)
        waited = [_one_more(pipe, post, events) for post in posts[FEW : FEW + 3]]
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        clusters = run("clusters", "--state", state, "--json").json
        shown = run("show", clusters[0]["id"], "--state", state, "--json").json
        explained = run("explain", posts[0]["id"], "--state", state, "--json").json
        refused = run("run", stream, "--state", state, *as_usual, code=1)
        assert process.poll() is None
        done = finish(process, as_lines(posts[FEW + 3 : 100]))
        yield Live(max(waited), metrics, clusters, shown, explained, refused, process.pid, done, events_in(events))
    finally:
        if process.poll() is None:
            process.kill()
            finish(process)


def test_the_rate_of_a_pipe_that_was_waited_for_is_left_out(posts: list[Post], as_usual: list[str], tmp_path: Path) -> None:
    """It would be that of whoever sends."""
    at_once = run("run", "-", "--state", "memory", *as_usual, stdin=as_lines(posts[:FEW]), cwd=tmp_path)
    assert re.search(rf"Read {FEW} records in [\d.]+ s \(\d+/s\): ", at_once.text), at_once.said
    events = tmp_path / "events.jsonl"
    process = start("run", "-", "--state", "memory", "--events", events, *as_usual, stdin=subprocess.PIPE, cwd=tmp_path)
    assert process.stdin is not None
    process.stdin.write(as_lines(posts[:FEW]))
    process.stdin.flush()
    wait_until(lambda: _assigned(events) == FEW)
    time.sleep(2.0)
    slowly = finish(process, as_lines(posts[FEW : 2 * FEW]))
    waited = re.search(rf"Read {2 * FEW} records in [\d.]+ s \(([\d.]+) s of that waiting for input\): ", slowly.text)
    assert waited is not None, slowly.said
    assert float(waited[1]) >= 1.9


def _assigned(events: Path) -> int:
    return events.read_bytes().count(b"claim.assigned.v1") if events.exists() else 0


def _one_more(pipe: Any, post: Post, events: Path) -> float:
    """Seconds from a post to its event."""
    before = _assigned(events)
    pipe.write(as_lines([post]))
    pipe.flush()
    return wait_until(lambda: _assigned(events) > before, every=0.01)


def test_events_of_an_open_pipe_appear_within_the_bounded_wait(live: Live) -> None:
    assert live.waited < WAIT + 2.0
    assert live.done.code == 0
    assert "Read 100 records" in live.done.text
    assert sum(event["type"].endswith("claim.assigned.v1") for event in live.events) == 100


def test_reading_commands_work_beside_a_run(live: Live, posts: list[Post]) -> None:
    assert sum(cluster["size"] for cluster in live.clusters) > FEW // 2
    assert live.shown["id"] == live.clusters[0]["id"]
    assert live.shown["size"] == len(live.shown["members"])
    assert live.explained["claim_id"] == posts[0]["id"]


def test_a_second_writer_is_refused_and_told_who_writes(live: Live) -> None:
    assert f"pid {live.pid}" in live.refused.err
    assert "another --state" in live.refused.err


def test_metrics_count_with_every_label_there_from_the_start_and_no_id(live: Live) -> None:
    found = {name: float(value) for name, value in re.findall(r"^(streamclust_[^ ]+) (\S+)$", live.metrics, re.MULTILINE)}
    reasons = {f'streamclust_dead_letters_total{{reason="{reason}"}}' for reason in InvalidClaim.REASONS}
    rules = {f'streamclust_claims_assigned_total{{rule="{rule}"}}' for rule in ("founded", "linked", "copy")}
    happenings = {f'streamclust_cluster_events_total{{event="{event}"}}' for event in ("founded", "grew", "merged", "retired")}
    assert reasons | rules | happenings <= set(found)
    assert found["streamclust_records_total"] == sum(found[rule] for rule in rules) == FEW + 3
    assert all(found[reason] == 0 for reason in reasons)
    assert min(found.values()) >= 0
    closed = {"rule", "reason", "event", "step", "le", "lang", "rank", "version", "role", "deployment", "generation", "outcome", "field"}
    assert set(re.findall(r"(\w+)=\"", live.metrics)) <= closed
    assert not any(cluster["id"] in live.metrics for cluster in live.clusters)


def test_a_terminal_shows_tables_and_the_summary(stream: Path, as_usual: list[str], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = start("run", stream, "--state", tmp_path / "state", *as_usual, stdout=theirs, stdin=theirs, more={"TERM": "xterm-256color"})
    os.close(theirs)
    screen = _read_terminal(ours)
    assert finish(process).code == 0
    assert screen.count("Biggest clusters") >= 2, "once while it runs, once at the end"
    assert "Newest clusters" in screen
    assert "\x1b[" in screen
    assert "1200 claims assigned" in re.sub(r"\s+", " ", screen)
    assert "streamclust clusters --state" in re.sub(r"\s+", " ", screen)


def _read_terminal(descriptor: int) -> str:
    """What is shown until the other end closes."""
    shown, deadline = b"", time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            if select.select([descriptor], [], [], 1.0)[0]:
                shown += os.read(descriptor, 1 << 16)
    except OSError:
        pass  # Linux says it so when the other end is closed
    finally:
        os.close(descriptor)
    return shown.decode(errors="replace")


@pytest.mark.model
def test_the_built_in_model_puts_paraphrases_together_and_other_claims_apart(tmp_path: Path) -> None:
    texts = [
        "The dam above Hollin has burst and the valley is flooding",
        "Valley is flooding after the dam above Hollin has burst",
        "Actor Jon Weller was seen buying a yacht in Monaco",
        "RT @desk: the dam above Hollin has BURST and the valley is flooding http://x.example/1",
    ]
    records = [{"id": f"p{number}", "text": text} for number, text in enumerate(texts)]
    said = run("run", "-", "--state", tmp_path / "state", "--json", stdin=as_lines(records)).json
    homes = [run("explain", record["id"], "--state", tmp_path / "state", "--json").json["now_in"] for record in records]
    assert said["by_rule"] == {"founded": 2, "linked": 1, "copy": 1}
    assert homes[0] == homes[1] == homes[3] != homes[2]
