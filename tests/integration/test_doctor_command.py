"""The doctor sees what would keep a deployment from working, and tells no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import redis
from deployment import Deployment, wait_until
from kafka import KafkaAdminClient
from operating import clustered_here, drop_before, make_anew, operate, settled
from small_streams import ENCODER, seeded_posts

from streamclust.testing import HashEncoder
from workers import wiring

if TYPE_CHECKING:
    from conftest import MakeDeployment

Checks = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "encoder", lambda model: HashEncoder(32))


def examined(one: Deployment, code: int = 0, **settings: object) -> Checks:
    return {check["name"]: check for check in operate(one, "doctor", "--json", code=code, **settings).json}


def states(checks: Checks, state: str) -> set[str]:
    return {name for name, check in checks.items() if check["state"] == state}


def test_a_deployment_at_work_is_well(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    one.send_raw([b"{}"] * 4)
    worker = one.start("cluster")
    wait_until(lambda: one.applied() == 30 and one.published() and worker.ready, why=lambda: worker.said)
    checks = examined(one)
    assert states(checks, "FAIL") == set()
    assert states(checks, "warn") <= {f"streamclust.{one.settings.deployment}.embed", "disk"}
    assert checks[f"streamclust.{one.settings.deployment}.cluster"]["detail"] == "1 at work"
    assert checks["shard 0"]["detail"] == "applied up to 30, 0 records wait"
    assert checks["embed 0"]["detail"] == "nothing committed yet, 4 records wait"
    assert {one.topics.raw, one.topics.events, "settings", "kafka", "redis", "eviction", "durability", "access"} <= set(checks)


def test_what_is_lost_or_missing_is_named(deployment: MakeDeployment, redis_port_url: str) -> None:
    one = deployment(raw_partitions=1)
    one.send_embedded(seeded_posts(30), ENCODER.fingerprint)
    one.send_raw([b"{}"] * 9)
    clustered_here(one)
    settled(one, "embed", one.topics.raw, 2)
    drop_before(one, one.topics.raw, 5)
    make_anew(one, one.topics.embedded, configs={"retention.ms": "-1"})
    admin = KafkaAdminClient(**one.settings.kafka())
    admin.delete_topics([one.topics.events])
    admin.close()
    with redis.Redis.from_url(redis_port_url) as server:
        server.config_set("maxmemory", "100mb")
        server.config_set("maxmemory-policy", "allkeys-lru")
        server.config_set("appendonly", "no")
    checks = examined(one, code=1)
    assert states(checks, "FAIL") == {"embed 0", "shard 0", one.topics.events, "eviction"}
    assert "3 records were dropped before they were taken" in checks["embed 0"]["detail"]
    assert "the topic ends at 0" in checks["shard 0"]["detail"]
    assert checks["durability"]["state"] == "warn"


def test_a_lost_state_is_noticed(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(10), ENCODER.fingerprint)
    settled(one, "cluster", one.topics.embedded, 10)
    assert "streamclust rebuild" in examined(one)["shard 0"]["detail"]
    drop_before(one, one.topics.embedded, 4)
    assert "--accept-loss" in examined(one, code=1)["shard 0"]["detail"]


def test_a_primary_that_acknowledges_without_its_replica_is_named(
    deployment: MakeDeployment, redis_port_url: str, replica_url: str
) -> None:
    one = deployment()
    host, port = redis_port_url.removeprefix("redis://").split(":")
    with redis.Redis.from_url(replica_url) as replica, redis.Redis.from_url(redis_port_url) as primary:
        replica.replicaof(host, port)
        wait_until(lambda: primary.info("replication")["connected_slaves"] == 1)
        assert "min-replicas-to-write" in examined(one)["replication"]["detail"]
        primary.config_set("min-replicas-to-write", 1)
        assert examined(one)["replication"]["state"] == "ok"
    assert "takes no writes" in examined(one, code=1, redis_url=replica_url)["replication"]["detail"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the client leaves the socket it could not connect
def test_what_does_not_answer_fails_and_no_secret_is_told(deployment: MakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.brokers._BOOTSTRAP_MS", 300)
    one = deployment()
    away = {"kafka_bootstrap_servers": "127.0.0.1:1", "redis_url": "redis://:canary-secret@127.0.0.1:1/0"}
    for more in ({}, {"redis_url": "redis://:canary-secret@", "redis_password": "canary-2"}, {"shards": 0, "redis_password": "canary-3"}):
        done = operate(one, "doctor", code=1, **{**away, **more})
        assert "FAIL" in done.out
        assert "canary" not in done.out + done.err
    checks = examined(one, code=1, **away)
    assert states(checks, "FAIL") == {"kafka", "redis"}


def test_a_password_in_the_settings_guards_a_server_beyond_this_machine() -> None:
    from workers.cli.servers import _access

    assert _access("redis://cache.example:6379", {}).state == "FAIL"
    assert _access("redis://cache.example:6379", {"password": "s"}).state == "ok"
    assert _access("redis://:s@cache.example:6379", {}).state == "ok"


# shards


def test_each_shard_can_be_looked_at_and_verified(deployment: MakeDeployment, redis_port_url: str) -> None:
    one = deployment(shards=2)
    posts = seeded_posts(60)
    one.send_embedded(posts[:40], ENCODER.fingerprint, shard=0)
    one.send_embedded(posts[40:], ENCODER.fingerprint, shard=1)
    for shard in (0, 1):
        clustered_here(one, shard)
    listed = [operate(one, "clusters", "--state", redis_port_url, "--shard", shard, "--json").json for shard in (0, 1)]
    assert [sum(cluster["size"] for cluster in clusters) for clusters in listed] == [40, 20]
    cluster, claim = listed[1][0]["id"], posts[40].claim.id
    assert operate(one, "show", cluster, "--state", redis_port_url, "--shard", 1, "--json").json["id"] == cluster
    assert operate(one, "explain", claim, "--state", redis_port_url, "--shard", 1, "--json").json["claim_id"] == claim
    operate(one, "explain", claim, "--state", redis_port_url, code=1)
    sound = operate(one, "verify", "--state", redis_port_url, "--json").json
    assert ([shard["shard"] for shard in sound["shards"]], sound["claims"], sound["findings"]) == (["0", "1"], 60, [])
    with redis.Redis.from_url(redis_port_url) as server:
        server.hdel("{streamclust:1}:claims", claim)
    assert "shard 1: miscounted" in operate(one, "verify", "--state", redis_port_url, code=1).out
    operate(one, "verify", "--state", redis_port_url, "--shard", 0)
    assert "empty" in operate(one, "verify", "--state", redis_port_url, "--shard", 7).err
