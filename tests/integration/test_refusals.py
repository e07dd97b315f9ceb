"""When a worker must not go on: it says why, what to do, and touches nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from deployment import wait_until
from kafka import KafkaAdminClient, TopicPartition
from small_streams import ENCODER, seeded_posts

from streamclust.params import Params

if TYPE_CHECKING:
    from conftest import MakeDeployment


def test_vectors_of_another_model_are_refused(deployment: MakeDeployment) -> None:
    one = deployment()
    posts = seeded_posts(40)
    one.send_embedded(posts[:20], ENCODER.fingerprint)
    one.send_embedded(posts[20:], "another-model@123")
    worker = one.start("cluster", batch_records=20)
    assert worker.wait() == 1
    assert "another-model@123" in worker.said
    assert ENCODER.fingerprint in worker.said
    assert "replay claims.raw" in worker.said
    assert one.applied() == 20


def test_other_params_are_refused(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(20), ENCODER.fingerprint)
    first = one.start("cluster")
    wait_until(lambda: one.applied() == 20, why=lambda: first.said)
    assert first.terminate() == 0
    second = one.start("cluster", "--set=link_threshold=0.6")
    assert second.wait() == 1
    assert "link_threshold: 0.5 -> 0.6" in second.said
    assert one.applied() == 20


def test_params_fitted_for_other_vectors_are_refused(deployment: MakeDeployment, tmp_path: Path) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(20), ENCODER.fingerprint)
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"preset": "claim", "encoder": "another-model@123", "params": Params().as_dict()}))
    worker = one.start("cluster", f"--preset={mine}")
    assert worker.wait() == 1
    assert "fitted for encoder another-model@123" in worker.said
    assert "Take the model" not in worker.said, "a cluster worker loads none"
    assert "give another --preset" in worker.said
    assert ENCODER.fingerprint in worker.said
    assert one.applied() == 0


def test_another_number_of_shards_is_refused(deployment: MakeDeployment) -> None:
    one = deployment(shards=2)
    worker = one.start("cluster", shards=3)
    assert worker.wait() == 1
    assert "has 2 partitions, STREAMCLUST_SHARDS is 3" in worker.said


def test_a_redis_that_evicts_is_refused(deployment: MakeDeployment, redis_port_url: str) -> None:
    with redis.Redis.from_url(redis_port_url) as server:
        server.config_set("maxmemory", "100mb")
        server.config_set("maxmemory-policy", "allkeys-lru")
    one = deployment()
    one.send_embedded(seeded_posts(5), ENCODER.fingerprint)
    worker = one.start("cluster")
    assert worker.wait() == 1
    assert "noeviction" in worker.said


def test_records_that_were_dropped_before_they_were_taken_are_counted_and_not_skipped(deployment: MakeDeployment) -> None:
    one = deployment()
    posts = seeded_posts(60)
    one.send_embedded(posts[:20], ENCODER.fingerprint)
    first = one.start("cluster")
    wait_until(lambda: one.applied() == 20, why=lambda: first.said)
    assert first.terminate() == 0
    one.send_embedded(posts[20:], ENCODER.fingerprint)
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_records({TopicPartition(one.topics.embedded, 0): 35})
    admin.close()
    second = one.start("cluster")
    assert second.wait() == 1
    assert "15 records of" in second.said
    assert "accept-loss" in second.said
    assert one.applied() == 20


def test_a_topic_that_was_made_anew_is_noticed(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    first = one.start("cluster")
    wait_until(lambda: one.applied() == 30, why=lambda: first.said)
    assert first.terminate() == 0
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([one.topics.embedded])
    admin.create_topics({one.topics.embedded: {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    second = one.start("cluster")
    assert second.wait() == 1
    assert "ends at 0, but records up to 30 were taken" in second.said


def test_wrong_settings_end_a_worker_with_code_2_and_no_secret(deployment: MakeDeployment) -> None:
    one = deployment()
    worker = one.start("cluster", redis_password="canary-secret", shards=0, shard=1, kafka_security_protocol="SASL_SSL")
    assert worker.wait() == 2
    assert "STREAMCLUST_SHARDS=0" in worker.said
    assert "STREAMCLUST_SHARD:" in worker.said
    assert "canary" not in worker.said


def test_secrets_are_in_no_log(deployment: MakeDeployment) -> None:
    one = deployment()
    worker = one.start("cluster", redis_url="redis://user:canary-secret@127.0.0.1:1/0", log_level="DEBUG")
    wait_until(lambda: "backing off" in worker.said or not worker.alive, why=lambda: worker.said)
    worker.terminate()
    assert "canary" not in worker.said
