"""Commands through Kafka: beside the claims, once, in every shard that they concern, and after the claims that were there before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from click.testing import CliRunner
from deployment import Deployment, WorkerProcess, wait_until
from kafka import KafkaAdminClient
from small_streams import ENCODER, seeded_posts

from streamclust.commands import CannotLink, MustLink
from workers.cli import cli
from workers.topics import Message

if TYPE_CHECKING:
    from conftest import MakeDeployment

_LASTING = ("--set", "link_threshold=0.55", "--set", "suggest_threshold=0.3", "--set", "max_clusters=1000")


def live(one: Deployment, shard: int = 0) -> list[str]:
    return [record["id"] for record in one.clusters(shard) if record["status"] == "live"]


def started(one: Deployment, posts: int) -> WorkerProcess:
    cluster = one.start("cluster", *_LASTING)
    wait_until(lambda: one.applied() == posts and one.published(), why=lambda: cluster.said)
    return cluster


def events(one: Deployment, kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in one.events() if event["type"] == f"io.streamclust.{kind}.v1"]


def test_a_command_is_obeyed_while_nothing_else_comes(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    first, second = live(one)[:2]
    one.send_commands([MustLink(id="a", by="ann", one=first, other=second)])
    wait_until(lambda: one.obeyed() == 1 and one.published(), why=lambda: cluster.said)
    (linked,) = events(one, "cluster.linked")
    assert {linked["cluster_id"], linked["other_id"]} == {first, second}
    assert linked["cause"] == {"stream": one.topics.commands, "partition": 0, "offset": 0}
    assert cluster.metric("streamclust_commands_total") == 1


def test_a_command_is_done_once_whatever_comes_twice_and_whoever_dies(deployment: MakeDeployment) -> None:
    one = deployment(instance_id="one")
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    first, second = live(one)[:2]
    asked = CannotLink(id="a", by="ann", one=first, other=second)
    one.send_commands([asked, asked])
    wait_until(lambda: one.obeyed() == 2 and one.published(), why=lambda: cluster.said)
    cluster.kill()
    one.send_commands([asked, MustLink(id="b", by="bob", one=second, other=first)])
    again = one.start("cluster", *_LASTING)
    wait_until(lambda: one.obeyed() == 4 and one.published(), why=lambda: again.said)
    assert len(events(one, "cluster.unlinked")) == 1
    (refused,) = events(one, "command.refused")
    assert "unlinked by ann" in refused["reason"]
    record = one.store().cluster(first)
    assert record is not None
    assert [line["what"] for line in record["history"]].count("unlinked") == 1


def test_a_state_made_anew_is_told_again_once_it_has_the_clusters(deployment: MakeDeployment) -> None:
    one = deployment(batch_records=16)
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    first, second = live(one)[:2]
    one.send_commands([MustLink(id="a", by="ann", one=first, other=second)])
    wait_until(lambda: one.obeyed() == 1 and one.published(), why=lambda: cluster.said)
    before = one.clusters()
    assert cluster.terminate() == 0
    one.store().discard()
    again = one.start("cluster", *_LASTING)
    wait_until(lambda: one.applied() == 60 and one.obeyed() == 1, why=lambda: again.said)
    assert one.clusters() == before


def test_every_shard_reads_all_commands_and_passes_over_those_about_others(deployment: MakeDeployment) -> None:
    one = deployment(shards=2)
    posts = seeded_posts(120)
    for shard in (0, 1):
        one.send_embedded(posts[shard * 60 :][:60], ENCODER.fingerprint, shard)
    cluster = one.start("cluster", *_LASTING)
    wait_until(lambda: one.applied(0) == one.applied(1) == 60, why=lambda: cluster.said)
    pairs = [live(one, shard)[:2] for shard in (0, 1)]
    one.send_commands([CannotLink(id=str(shard), by="ann", one=pair[0], other=pair[1]) for shard, pair in enumerate(pairs)])
    one.send_commands([CannotLink(id="2", by="ann", one="nobody", other="nothing")])
    wait_until(lambda: one.obeyed(0) == one.obeyed(1) == 3, why=lambda: cluster.said)
    wait_until(lambda: one.published(0) and one.published(1))
    assert sorted(e["cluster_id"] for e in events(one, "cluster.unlinked")) == sorted(pair[0] for pair in pairs)
    assert events(one, "command.refused") == []


def test_what_is_no_command_is_set_aside_with_the_reason_and_the_next_is_taken(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    first, second = live(one)[:2]
    bad = [b"{broken", orjson.dumps({"command": "explode", "id": "1", "by": "eve", "cluster": first, "other": second}), None]
    one.outlet.send(Message(one.topics.commands, b"", value, []) for value in bad)
    one.send_commands([MustLink(id="a", by="ann", one=first, other=second)])
    wait_until(lambda: one.obeyed() == 4 and one.published(), why=lambda: cluster.said)
    assert len(events(one, "cluster.linked")) == 1
    assert [dict(letter.headers)["dlq.topic"] for letter in one.dead_letters()] == [one.topics.commands.encode()] * 3
    assert b"eve" not in b"".join(dict(letter.headers)["dlq.detail"] for letter in one.dead_letters())


def test_the_command_line_sends_what_workers_obey(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    first, second = live(one)[:2]
    runner = CliRunner(env=one.environment)
    done = runner.invoke(cli, ["unlink", first, second, "--kafka", "--by", "ann", "--json"], catch_exceptions=False)
    sent = orjson.loads(done.stdout)
    wait_until(lambda: one.obeyed() == 1 and one.published(), why=lambda: cluster.said)
    (unlinked,) = events(one, "cluster.unlinked")
    assert (unlinked["command_id"], unlinked["by"]) == (sent["id"], "ann")
    assert "nobody" in str(runner.invoke(cli, ["link", first, "nobody", "--kafka"]).exception)


def test_without_its_topic_the_worker_goes_on(deployment: MakeDeployment) -> None:
    one = deployment()
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([one.topics.commands])
    admin.close()
    one.send_embedded(seeded_posts(60), ENCODER.fingerprint)
    cluster = started(one, 60)
    wait_until(lambda: "no commands are read" in cluster.said)
    assert cluster.terminate() == 0
