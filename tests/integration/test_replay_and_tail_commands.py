"""Posts go from a file into the topic, and events come out of it, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from deployment import wait_until
from operating import operate
from small_streams import ENCODER, seeded_posts

if TYPE_CHECKING:
    from conftest import MakeDeployment


def written(tmp_path: Path, name: str, lines: list[bytes]) -> Path:
    path = tmp_path / name
    path.write_bytes(b"\n".join([*lines, b""]))
    return path


def test_a_replay_sends_each_line_as_it_is_bad_ones_too(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    lines = [b'{"id": "p1",  "text": "a dam"}', b"{broken", b'{"text": "no id"}']
    done = operate(one, "replay", written(tmp_path, "posts.jsonl", lines), "--to-kafka", "--speed", "max", "--json")
    assert done.json["sent"] == 3
    sent = one.records(one.topics.raw)
    assert [record.value for record in sent] == lines
    assert sent[0].key == b"p1"


def test_a_replay_of_a_table_sends_objects_a_worker_can_read(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    table = written(tmp_path, "posts.csv", [b"body,who", b"the dam has burst,ann"])
    operate(one, "replay", table, "--to-kafka", "--speed", "max", "--map", "text=body,author=who")
    (record,) = one.records(one.topics.raw)
    assert orjson.loads(record.value).items() >= {"text": "the dam has burst", "author": "ann"}.items()


def test_a_replay_keeps_to_its_window_and_its_pace(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    posts = [orjson.dumps({"id": f"p{n}", "text": f"dam {n}", "created_at": f"2026-03-02T10:0{n}:00Z"}) for n in range(6)]
    window = ("--from", "2026-03-02T10:01:00Z", "--until", "2026-03-02T10:04:00Z", "--speed", "600x")
    operate(one, "replay", written(tmp_path, "posts.jsonl", posts), "--to-kafka", *window)
    sent = one.records(one.topics.raw)
    assert [record.value for record in sent] == posts[1:4]
    assert sent[-1].timestamp - sent[0].timestamp >= 150


def test_a_replay_must_be_told_where_to(deployment: MakeDeployment, tmp_path: Path) -> None:
    done = operate(deployment(), "replay", written(tmp_path, "posts.jsonl", [b"{}"]), code=2)
    assert "--to-kafka" in done.err


def test_tail_prints_the_events_there_are(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(40), ENCODER.fingerprint)
    worker = one.start("cluster")
    wait_until(lambda: one.applied() == 40 and one.published(), why=lambda: worker.said)
    founded = [event for event in one.events() if event["type"].endswith("founded.v1")]
    lines = operate(one, "tail", "--from-beginning", "--type", "founded", "--limit", len(founded), "--json").lines
    assert [line["id"] for line in lines] == [event["id"] for event in founded]
    assert operate(one, "tail", "--from-beginning", "--limit", 1).out.count("\n") == 1
