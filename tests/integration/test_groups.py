"""Many workers in one group: they come, go, die, fall silent, and take long."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgpack
import orjson
from deployment import Deployment, WorkerProcess, wait_until
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from small_streams import ENCODER, INDEXES, LASTING, ids, run, seeded_posts

from streamclust.params import Params
from workers.topics import group

if TYPE_CHECKING:
    from brokers import Broker
    from conftest import MakeDeployment

EVENTFUL = [f"--set={name}={value}" for name, value in LASTING.as_dict().items() if value != getattr(Params(), name)]
SHARDS = 3
COUNT = 300


def assert_as_alone(one: Deployment, shards: dict[int, Any]) -> None:
    """Each shard is as one undisturbed process would have left it."""
    expected = set()
    for shard, posts in shards.items():
        clusterer, events = run(posts, INDEXES["hnsw"](), LASTING)
        live = [record for record in one.clusters(shard) if record["status"] == "live"]
        assert sorted(map(msgpack.packb, live)) == sorted(msgpack.packb(c.to_record()) for c in clusterer.clusters)
        expected |= set(ids(events))
    assert one.event_ids() == expected


def shards_of(prefixes: int) -> dict[int, Any]:
    """A stream a shard, with ids of its own."""
    return {shard: renamed(seeded_posts(COUNT, seed=shard), shard) for shard in range(prefixes)}


def renamed(posts: Any, shard: int) -> list[Any]:
    return [replace(post, claim=replace(post.claim, id=f"{shard}-{post.claim.id}")) for post in posts]


def drop_dead(one: Deployment, role: str) -> None:
    """noida-db never finds out that a member is dead: do it for it, once it has read what the member sent last."""
    time.sleep(0.5)
    name = group(one.settings.deployment, role)
    admin = KafkaAdminClient(**one.settings.kafka())
    try:
        groups = admin.describe_groups([name]).values()
        members = [MemberToRemove(member["member_id"]) for found in groups for member in found["members"]]
        if members:
            admin.remove_group_members(name, members)
    finally:
        admin.close()


def test_a_storm_of_rebalances_leaves_no_trace(deployment: MakeDeployment) -> None:
    dice = random.Random(4)
    one = deployment(shards=SHARDS, batch_records=15, session_timeout_seconds=6)
    shards = shards_of(SHARDS)
    for shard, posts in shards.items():
        one.send_embedded(posts[:60], ENCODER.fingerprint, shard)
    running: list[WorkerProcess] = []
    for turn in range(1, 7):
        while len(running) < 2:
            running.append(one.start("cluster", *EVENTFUL))
        time.sleep(dice.uniform(1.0, 2.5))
        for shard, posts in shards.items():
            one.send_embedded(posts[turn * 40 + 20 : turn * 40 + 60], ENCODER.fingerprint, shard)
        time.sleep(dice.uniform(0.0, 0.6))
        gone = running.pop(dice.randrange(len(running)))
        if dice.random() < 0.5:
            gone.kill()
            drop_dead(one, "cluster")
        else:
            wait_until(lambda worker=gone: "started" in worker.said)
            assert gone.terminate() == 0, gone.said
    running.append(one.start("cluster", *EVENTFUL))
    wait_until(lambda: all(one.applied(s) == COUNT and one.published(s) for s in shards), why=lambda: "".join(w.said for w in running))
    assert all(worker.alive for worker in running)
    assert_as_alone(one, shards)


def test_a_zombie_writes_nothing(deployment: MakeDeployment, tansu: Broker) -> None:
    """A worker is stopped in its tracks, another takes over, the first wakes up."""
    one = deployment(bootstrap=tansu.bootstrap, batch_records=20, session_timeout_seconds=6, assignment="cooperative-sticky")
    posts = seeded_posts(COUNT, seed=5)
    one.send_embedded(posts[:100], ENCODER.fingerprint)
    zombie = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == 100, why=lambda: zombie.said)
    with zombie.frozen():
        other = one.start("cluster", *EVENTFUL)
        one.send_embedded(posts[100:200], ENCODER.fingerprint)
        wait_until(lambda: one.applied() == 200, why=lambda: other.said)
    one.send_embedded(posts[200:], ENCODER.fingerprint)
    wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: zombie.said + other.said)
    assert_as_alone(one, {0: posts})


def test_a_worker_ends_where_somebody_outside_its_group_writes(deployment: MakeDeployment) -> None:
    one = deployment(session_timeout_seconds=6)
    posts = seeded_posts(COUNT, seed=7)
    one.send_embedded(posts[:100], ENCODER.fingerprint)
    worker = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == 100 and one.published(), why=lambda: worker.said)
    stranger = one.store()
    stranger.claim_writer(stranger.identity())
    stranger.close()
    one.send_embedded(posts[100:], ENCODER.fingerprint)
    assert worker.wait() == 1
    assert "stop one of the two" in worker.said
    assert one.applied() == 100


def test_a_killed_worker_is_replaced_when_its_session_expires(deployment: MakeDeployment, tansu: Broker) -> None:
    one = deployment(bootstrap=tansu.bootstrap, session_timeout_seconds=6, assignment="cooperative-sticky")
    posts = seeded_posts(COUNT, seed=6)
    one.send_embedded(posts[:100], ENCODER.fingerprint)
    first, second = one.start("cluster", *EVENTFUL), one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == 100 and one.published(), why=lambda: first.said + second.said)
    owner = first if first.metric("streamclust_claims_assigned_total") else second
    owner.kill()
    one.send_embedded(posts[100:], ENCODER.fingerprint)
    wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: first.said + second.said)
    assert_as_alone(one, {0: posts})


def test_a_slow_encoder_trips_nothing(deployment: MakeDeployment) -> None:
    """One batch takes three times as long as the loop may be silent."""
    one = deployment(max_poll_interval_seconds=5, batch_patience_seconds=1, batch_records=8, session_timeout_seconds=6)
    one.send_raw([orjson.dumps({"id": f"p{n}", "text": f"{'slow' if n == 3 else 'quick'} dam {n}"}) for n in range(24)])
    embed = one.start("embed", "hash", "15", script="embed_with_hashes.py")
    wait_until(lambda: one.end(one.topics.embedded) == 24, why=lambda: embed.said)
    wait_until(lambda: embed.metric("streamclust_lag_records") == 0, why=lambda: embed.said)
    assert embed.metric("streamclust_rebalances_total") == 1
    assert embed.get("/livez")[0] == 200
    assert embed.terminate() == 0
    assert one.end(one.topics.embedded) == 24


def test_two_embed_workers_share_the_work_and_double_nothing(deployment: MakeDeployment) -> None:
    one = deployment(raw_partitions=4, batch_records=20)
    first = one.start("embed", script="embed_with_hashes.py")
    wait_until(lambda: first.ready, why=lambda: first.said)
    second = one.start("embed", script="embed_with_hashes.py")
    wait_until(lambda: first.ready and second.ready, why=lambda: first.said + second.said)
    wait_until(lambda: first.metric("streamclust_rebalances_total") >= 1)
    time.sleep(1)
    one.send_raw([orjson.dumps({"id": f"p{n}", "text": f"dam {n % 50} has burst"}) for n in range(400)], partitions=4)
    cluster = one.start("cluster")
    wait_until(lambda: one.applied() >= 400 and one.published(), why=lambda: first.said + second.said + cluster.said)
    assert first.metric("streamclust_records_total") + second.metric("streamclust_records_total") == 400
    assert min(first.metric("streamclust_records_total"), second.metric("streamclust_records_total")) > 0
    assigned = Counter(event["data"]["claim_id"] for event in one.events() if event["type"].endswith("claim.assigned.v1"))
    assert assigned == Counter({f"p{n}": 1 for n in range(400)})


def test_records_that_come_twice_are_assigned_once(deployment: MakeDeployment) -> None:
    one = deployment(batch_records=50)
    posts = seeded_posts(COUNT, seed=7)
    for part in (posts[:200], posts[100:250], posts[:50], posts[200:]):
        one.send_embedded(part, ENCODER.fingerprint)
    sent = 200 + 150 + 50 + 100
    cluster = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == sent and one.published(), why=lambda: cluster.said)
    assert cluster.metric("streamclust_duplicates_total") == sent - COUNT
    assert_as_alone(one, {0: posts})


def test_a_worker_whose_batch_does_not_end_leaves_all_the_same(deployment: MakeDeployment) -> None:
    one = deployment(drain_seconds=1, batch_patience_seconds=1)
    one.send_raw([b'{"id": "p1", "text": "slow dam"}'])
    embed = one.start("embed", "hash", "60", script="embed_with_hashes.py")
    wait_until(lambda: "partition open" in embed.said, why=lambda: embed.said)
    time.sleep(0.5)
    began = time.monotonic()
    assert embed.terminate() == 1
    assert time.monotonic() - began < 15
    assert "the batch in hand took longer than STREAMCLUST_DRAIN_SECONDS" in embed.said
    again = one.start("embed", script="embed_with_hashes.py")
    wait_until(lambda: one.end(one.topics.embedded) == 1, why=lambda: again.said)


def test_a_worker_without_a_partition_is_ready_to_step_in(deployment: MakeDeployment, tansu: Broker) -> None:
    one = deployment(bootstrap=tansu.bootstrap, session_timeout_seconds=6, assignment="cooperative-sticky")
    both = [one.start("cluster"), one.start("cluster")]
    wait_until(lambda: all(worker.ready for worker in both), why=lambda: "".join(worker.said for worker in both))
