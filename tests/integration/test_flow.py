"""Raw records to events through both workers, on a real broker and a real Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment import json_lines, wait_until
from small_streams import ENCODER, seeded_posts

from streamclust.evaluation.sample import generate

if TYPE_CHECKING:
    from conftest import MakeDeployment


def test_raw_posts_become_clusters_and_events(deployment: MakeDeployment) -> None:
    posts = list(generate(300, seed=3))
    one = deployment()
    one.send_raw([*json_lines(posts), b"{broken", None])
    embed = one.start("embed", script="embed_with_hashes.py")
    cluster = one.start("cluster")
    wait_until(lambda: one.applied() == len(posts) and one.published(), why=lambda: embed.said + cluster.said)
    assert embed.ready
    assert cluster.ready
    assert embed.terminate() == cluster.terminate() == 0
    assigned = [event["data"]["claim_id"] for event in one.events() if event["type"].endswith("claim.assigned.v1")]
    assert sorted(assigned) == sorted(post["id"] for post in posts)
    assert [dict(letter.headers)["dlq.reason"] for letter in one.dead_letters()] == [b"not_json", b"not_json"]
    assert sum(record["size"] for record in one.clusters() if not record["merged_into"]) == len(posts)


def test_the_cluster_worker_takes_embedded_claims_as_they_are(deployment: MakeDeployment) -> None:
    one = deployment()
    one.send_embedded(seeded_posts(120), ENCODER.fingerprint)
    cluster = one.start("cluster")
    wait_until(lambda: one.applied() == 120 and one.published(), why=lambda: cluster.said)
    assert cluster.metric("streamclust_claims_assigned_total") == 120
