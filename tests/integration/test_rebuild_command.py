"""A lost Redis is made anew from the topic, and the worker goes on as if it had never been lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from deployment import wait_until
from operating import drop_before, operate
from small_streams import ENCODER, seeded_posts

from workers.cluster import ClusterJob

if TYPE_CHECKING:
    from conftest import MakeDeployment


def test_a_rebuilt_state_is_the_lost_one_and_no_event_is_published_twice(deployment: MakeDeployment, redis_port_url: str) -> None:
    one = deployment(batch_records=40)
    posts = seeded_posts(200, seed=2)
    one.send_embedded(posts[:150], ENCODER.fingerprint)
    first = one.start("cluster")
    wait_until(lambda: one.applied() == 150 and one.published(), why=lambda: first.said)
    assert first.terminate() == 0
    before, events = one.clusters(), len(one.events())
    with redis.Redis.from_url(redis_port_url) as server:
        server.flushall()
    (done,) = operate(one, "rebuild", "--from-kafka", "--json").json
    assert (done["records"], done["next"]) == (150, 150)
    assert one.clusters() == before
    one.send_embedded(posts[150:], ENCODER.fingerprint)
    second = one.start("cluster")
    wait_until(lambda: one.applied() == 200 and one.published(), why=lambda: second.said)
    assert second.metric("streamclust_records_total") == 50
    assert len(one.events()) == len(one.event_ids()) > events


def test_a_state_that_is_there_is_kept_unless_it_may_be_discarded(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    operate(one, "rebuild", "--from-kafka")
    before = one.clusters()
    refused = operate(one, "rebuild", "--from-kafka", "--set=link_threshold=0.9", code=1)
    assert "--discard-state" in refused.err
    assert one.clusters() == before
    operate(one, "rebuild", "--from-kafka", "--discard-state", "--set=link_threshold=0.9", "--publish")
    assert len(one.clusters()) > len(before)
    assert one.events()


def test_a_topic_that_was_cut_off_is_refused_with_the_number_of_records(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    drop_before(one, one.topics.embedded, 12)
    refused = operate(one, "rebuild", "--from-kafka", code=1)
    assert "12 records of" in refused.err
    (done,) = operate(one, "rebuild", "--from-kafka", "--accept-loss", "--json").json
    assert (done["records"], done["next"]) == (18, 30)


def test_a_worker_that_is_at_work_is_not_disturbed(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(10), ENCODER.fingerprint)
    worker = one.start("cluster")
    wait_until(lambda: one.applied() == 10, why=lambda: worker.said)
    refused = operate(one, "rebuild", "--from-kafka", "--discard-state", code=1)
    assert "at work" in refused.err
    assert one.applied() == 10


def test_an_interrupted_rebuild_says_where_it_stands_and_can_be_started_again(
    deployment: MakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deployment(batch_records=10)
    one.send_embedded(seeded_posts(40), ENCODER.fingerprint)
    operate(one, "rebuild", "--from-kafka")
    whole = one.clusters()
    handle = ClusterJob.handle

    def handle_two(self: ClusterJob, records: Sequence[Any]) -> None:
        if records[0].offset >= 20:
            raise KeyboardInterrupt
        handle(self, records)

    with monkeypatch.context() as patch:
        patch.setattr(ClusterJob, "handle", handle_two)
        done = operate(one, "rebuild", "--from-kafka", "--discard-state", code=1)
    assert "shard 0 is made from 20 of 40 records" in done.err
    assert one.applied() == 20
    operate(one, "rebuild", "--from-kafka", code=1)
    operate(one, "rebuild", "--from-kafka", "--discard-state")
    assert one.clusters() == whole


def test_no_state_is_discarded_while_something_is_in_the_way_of_another_shard(deployment: MakeDeployment) -> None:
    one = deployment(shards=2)
    for shard in (0, 1):
        one.send_embedded(seeded_posts(20), ENCODER.fingerprint, shard=shard)
    operate(one, "rebuild", "--from-kafka")
    drop_before(one, one.topics.embedded, 5, partition=1)
    assert "embedded/1" in operate(one, "rebuild", "--from-kafka", "--discard-state", code=1).err
    assert (one.applied(0), one.applied(1)) == (20, 20)
    operate(one, "rebuild", "--from-kafka", "--discard-state", "--shard", 0)
    assert "there is no shard 2" in operate(one, "rebuild", "--from-kafka", "--shard", 2, code=1).err


def test_no_state_is_discarded_for_a_preset_that_was_fitted_for_another_encoder(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(20), ENCODER.fingerprint)
    operate(one, "rebuild", "--from-kafka")
    preset = tmp_path / "fitted.json"
    preset.write_text(json.dumps({"preset": "claim", "encoder": "another@1", "params": {}}))
    refused = operate(one, "rebuild", "--from-kafka", "--discard-state", "--preset", preset, code=1)
    assert "fitted for encoder another@1" in refused.err
    assert "--model here changes no vector: give another --preset, or move it" in refused.err
    assert "deleted" not in refused.err
    assert one.applied() == 20
