"""Posts through Kafka end in the clusters that `streamclust run` makes of the same posts in the same order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack
import orjson
import pytest
from bag_of_words import save_bag_of_words
from deployment import Deployment, WorkerProcess, json_lines, wait_until

from streamclust.evaluation.sample import generate

if TYPE_CHECKING:
    from conftest import MakeDeployment

EVENTFUL = ["--set=link_bias=-7.5", "--set=merge_threshold=0.5", "--set=retire_after=3600", "--set=upkeep_every=64"]
COUNT = 500


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    return list(generate(COUNT, seed=9))


@pytest.fixture(scope="module")
def model(posts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bag_of_words(tmp_path_factory.mktemp("models") / "bag-of-words", posts, seed=1)


def run_on(lines: list[bytes], model: Path, place: Path) -> tuple[list[dict[str, Any]], set[str]]:
    """Clusters and event ids of `streamclust run`."""
    file, state, events = place / "posts.jsonl", place / "state", place / "events.jsonl"
    file.write_bytes(b"\n".join([*lines, b""]))
    command = [str(Path(sys.executable).with_name("streamclust"))]
    options = ["--state", state, "--events", events, "--model", model, *EVENTFUL]
    subprocess.run([*command, "run", file, *options], check=True, capture_output=True)
    listed = subprocess.run(
        [*command, "clusters", "--state", state, "--status", "all", "--limit", "10000", "--json"], check=True, capture_output=True
    )
    return orjson.loads(listed.stdout), {orjson.loads(line)["id"] for line in events.read_bytes().splitlines()}


def through_kafka(one: Deployment, posts: list[dict[str, Any]], model: Path, partitions: int) -> None:
    """Two embed workers, both there before the first post, for one that joins late may have a batch repeated; and one cluster worker."""
    embeds: list[WorkerProcess] = []
    for _ in range(2):  # one after the other: two that join a new group in one moment may keep each other waiting
        embeds.append(one.start("embed", "--model", str(model)))
        wait_until(lambda: all(worker.ready for worker in embeds), why=lambda: "".join(e.said for e in embeds))
    one.send_raw(json_lines(posts), partitions)
    cluster = one.start("cluster", *EVENTFUL)
    wait_until(lambda: one.applied() >= COUNT and one.published(), why=lambda: cluster.said + "".join(e.said for e in embeds))
    wait_until(lambda: cluster.metric("streamclust_claims_assigned_total") == COUNT)


def clusters_in(one: Deployment) -> dict[str, tuple[int, str, list[str]]]:
    return {record["id"]: (record["size"], record["status"], list(record["absorbed"])) for record in one.clusters()}


@pytest.mark.parametrize("partitions", [1, 2])
def test_the_same_posts_in_the_same_order_give_the_same_clusters_and_events(
    partitions: int, deployment: MakeDeployment, posts: list[dict[str, Any]], model: Path, tmp_path: Path
) -> None:
    """Over two partitions the workers decide the order; it is read off the topic between them."""
    one = deployment(raw_partitions=partitions, batch_records=32)
    through_kafka(one, posts, model, partitions)
    by_id = {post["id"]: orjson.dumps(post) for post in posts}
    order = [msgpack.unpackb(record.value)["id"] for record in one.records(one.topics.embedded)]
    if partitions == 1:
        assert order == list(by_id)
    clusters, event_ids = run_on([by_id[claim_id] for claim_id in dict.fromkeys(order)], model, tmp_path)
    assert clusters_in(one) == {c["id"]: (c["size"], c["status"], c["absorbed"]) for c in clusters}
    assert one.event_ids() == event_ids
