"""Workers that are killed at every step, and servers that go away: in the end all is as if nothing had happened."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import msgpack
import orjson
import pytest
import redis
from deployment import Deployment, WorkerProcess, wait_until
from proxy import Proxy
from small_streams import EAGER, ENCODER, INDEXES, Posts, ids, run, seeded_posts, vector_of

from streamclust.claims import EmbeddedClaim, Origin, parse_claim
from streamclust.params import Params

if TYPE_CHECKING:
    from brokers import Noida
    from conftest import MakeDeployment

COUNT = 400
EVENTFUL = [f"--set={name}={value}" for name, value in EAGER.as_dict().items() if value != getattr(Params(), name)]
FIRST = "w1"
"""A static name: who comes back under it has its partitions at once, however the one before ended."""


@pytest.fixture(scope="module")
def posts() -> Posts:
    return seeded_posts(COUNT, seed=11)


@pytest.fixture(scope="module")
def reference(posts: Posts) -> tuple[list[dict[str, Any]], set[str]]:
    """Live clusters and event ids of a run that nobody disturbed, in one process, on the same kind of index."""
    clusterer, events = run(posts, INDEXES["hnsw"]())
    return [c.to_record() for c in clusterer.clusters], set(ids(events))


def small_batches(deployment: MakeDeployment, **settings: object) -> Deployment:
    return deployment(batch_records=40, instance_id=FIRST, **settings)


def as_undisturbed(one: Deployment, reference: tuple[list[dict[str, Any]], set[str]]) -> None:
    """State and events are those of the reference, byte for byte and id for id."""
    clusters, event_ids = reference
    live = [record for record in one.clusters() if record["status"] == "live"]
    assert sorted(map(packed, live)) == sorted(map(packed, clusters))
    states = {record.key for record in one.records(one.topics.state)}
    assert states >= {record["id"].encode() for record in clusters}
    assert one.event_ids() == event_ids


def packed(record: dict[str, Any]) -> bytes:
    raw: bytes = msgpack.packb(record)
    return raw


def finish(one: Deployment, count: int = COUNT, role: str = "cluster") -> WorkerProcess:
    """A worker that is left in peace until all is done."""
    worker = one.start(role, *EVENTFUL)
    wait_until(lambda: one.applied() == count and one.published(), why=lambda: worker.said)
    return worker


CLUSTER_STEPS = [
    ("restore", "after", 1),
    ("known", "before", 1),
    ("save", "before", 2),
    ("save", "after", 2),
    ("publish", "before", 1),
    ("publish", "middle", 2),
    ("publish", "after", 1),
    ("mark", "after", 2),
    ("commit", "before", 1),
    ("commit", "after", 1),
]


def test_a_cluster_worker_killed_at_every_step_leaves_no_trace(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]]
) -> None:
    one = small_batches(deployment)
    one.send_embedded(posts, ENCODER.fingerprint)
    for step, when, count in CLUSTER_STEPS:
        worker = one.start("cluster", "cluster", step, when, str(count), *EVENTFUL, script="crashing.py")
        assert worker.wait() == -signal.SIGKILL, f"{step} {when}\n{worker.said}"
    before = one.applied()
    assert 0 < before < COUNT
    assert finish(one).terminate() == 0
    as_undisturbed(one, reference)


EMBED_STEPS = [
    ("send", "before", 1),
    ("send", "middle", 1),
    ("send", "after", 2),
    ("set_aside", "before", 1),
    ("set_aside", "after", 1),
    ("commit", "before", 1),
    ("commit", "after", 1),
]


def test_an_embed_worker_killed_at_every_step_loses_and_doubles_nothing(deployment: MakeDeployment) -> None:
    texts = [f"the dam at {place} has burst, {number} dead" for number, place in enumerate(["Lund", "Bern", "Ulm", "Pisa"] * 60)]
    values = [orjson.dumps({"id": f"p{number}", "text": text}) for number, text in enumerate(texts)]
    one = small_batches(deployment)
    one.send_raw([part for number, value in enumerate(values) for part in ([value, b"{%d" % number] if number % 10 == 0 else [value])])
    for step, when, count in EMBED_STEPS:
        worker = one.start("embed", "embed", step, when, str(count), script="crashing.py")
        assert worker.wait() == -signal.SIGKILL, f"{step} {when}\n{worker.said}"
    embed, cluster = one.start("embed", script="embed_with_hashes.py"), one.start("cluster")
    wait_until(lambda: sum(r["size"] for r in one.clusters()) == len(values) and one.published(), why=lambda: embed.said + cluster.said)
    assert embed.terminate() == cluster.terminate() == 0
    _, events = run(raw_claims(values, one.topics.raw), index=INDEXES["hnsw"](), params=Params())
    assert one.event_ids() == set(ids(events))
    assert {letter.value for letter in one.dead_letters()} == {b"{%d" % number for number in range(0, len(values), 10)}


def raw_claims(values: list[bytes], topic: str) -> list[EmbeddedClaim]:
    """The claims an embed worker makes of these records."""
    now = time.time()
    claims = [parse_claim(orjson.loads(value), origin=Origin(topic, 0, number), recorded_at=now) for number, value in enumerate(values)]
    return [EmbeddedClaim(claim, vector_of(claim.comparison)) for claim in claims]


def test_a_worker_asked_to_stop_drains_and_repeats_nothing(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]]
) -> None:
    one = deployment(batch_records=20)
    one.send_embedded(posts, ENCODER.fingerprint)
    first = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() >= 40, every=0.01, why=lambda: first.said)
    began = time.monotonic()
    assert first.terminate() == 0
    assert time.monotonic() - began < 10
    assert one.published()
    handled = one.applied()
    second = finish(one)
    wait_until(lambda: second.metric("streamclust_records_total") >= COUNT - handled, why=lambda: second.said)
    assert second.metric("streamclust_records_total") == COUNT - handled
    assert second.metric("streamclust_duplicates_total") == 0
    as_undisturbed(one, reference)
    assert len(one.events()) == len(one.event_ids())


def test_a_redis_that_goes_away_is_waited_for(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]], redis_port_url: str
) -> None:
    with Proxy(port_of(redis_port_url)) as proxy:
        one = deployment(batch_records=20, redis_url=f"redis://127.0.0.1:{proxy.port}")
        one.send_embedded(posts[:200], ENCODER.fingerprint)
        worker = one.start("cluster", *EVENTFUL)
        one.redis_url = redis_port_url
        wait_until(lambda: one.applied() == 200, why=lambda: worker.said)
        proxy.refusing = True
        proxy.cut()
        one.send_embedded(posts[200:], ENCODER.fingerprint)
        wait_until(lambda: not worker.ready, why=lambda: worker.said)
        assert "Redis" in worker.get("/readyz")[1]
        assert worker.get("/livez")[0] == 200
        assert one.applied() == 200
        proxy.refusing, proxy.delay = False, 0.02
        wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: worker.said)
        wait_until(lambda: worker.ready, why=lambda: worker.said)
    as_undisturbed(one, reference)


def test_batches_that_a_failover_lost_are_done_again(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]], redis_port_url: str, replica_url: str
) -> None:
    """A replica is cut off, the primary goes on taking writes, then the replica is made primary."""
    before, after = port_of(redis_port_url), port_of(replica_url)
    with redis.Redis.from_url(replica_url) as replica, Proxy(before) as proxy:
        replica.replicaof("127.0.0.1", str(before))
        one = deployment(batch_records=20, redis_url=f"redis://127.0.0.1:{proxy.port}")
        one.send_embedded(posts[:160], ENCODER.fingerprint)
        worker = one.start("cluster", *EVENTFUL)
        wait_until(lambda: one.applied() == 160 and one.published(), why=lambda: worker.said)
        wait_until(lambda: one.applied(redis_url=replica_url) == 160)
        replica.replicaof("NO", "ONE")
        one.send_embedded(posts[160:300], ENCODER.fingerprint)
        wait_until(lambda: one.applied() == 300 and one.published(), why=lambda: worker.said)
        proxy.switch(after)
        assert one.applied() == 160
        one.send_embedded(posts[300:], ENCODER.fingerprint)
        wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: worker.said)
        assert worker.metric("streamclust_records_total") >= COUNT + 140
        as_undisturbed(one, reference)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_wiped_redis_is_filled_again_from_the_topic(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]], redis_port_url: str
) -> None:
    one = deployment(batch_records=20)
    one.send_embedded(posts[:200], ENCODER.fingerprint)
    worker = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == 200, why=lambda: worker.said)
    with redis.Redis.from_url(redis_port_url) as server:
        server.flushall()
    one.send_embedded(posts[200:], ENCODER.fingerprint)
    wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: worker.said)
    as_undisturbed(one, reference)


def test_a_full_redis_pauses_the_worker_and_loses_nothing(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]], redis_port_url: str
) -> None:
    one = deployment(batch_records=20)
    one.send_embedded(posts[:100], ENCODER.fingerprint)
    worker = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() == 100 and one.published(), why=lambda: worker.said)
    with redis.Redis.from_url(redis_port_url) as server:
        server.config_set("maxmemory", "1mb")
        one.send_embedded(posts[100:], ENCODER.fingerprint)
        wait_until(lambda: worker.get("/readyz")[0] == 503, why=lambda: worker.said)
        assert "maxmemory" in worker.get("/readyz")[1]
        assert one.applied() == 100
        server.config_set("maxmemory", "0")
        wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: worker.said)
    wait_until(lambda: worker.ready, why=lambda: worker.said)
    as_undisturbed(one, reference)


def test_a_broker_that_restarts_is_waited_for(
    deployment: MakeDeployment, posts: Posts, reference: tuple[list[dict[str, Any]], set[str]], private_broker: Noida
) -> None:
    one = deployment(batch_records=20, bootstrap=private_broker.bootstrap)
    one.send_embedded(posts[:200], ENCODER.fingerprint)
    worker = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() >= 60, every=0.01, why=lambda: worker.said)
    one.close_outlet()
    with worker.frozen():  # this broker loses what it acknowledges while it goes down, which no Kafka does
        time.sleep(0.5)
        private_broker.stop()
    wait_until(lambda: not worker.ready, why=lambda: worker.said)
    private_broker.start()
    one.send_embedded(posts[200:], ENCODER.fingerprint)
    wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: worker.said)
    assert worker.alive
    as_undisturbed(one, reference)
