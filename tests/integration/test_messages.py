"""All that the workers write, on a real broker, is as the checked-in schemas say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from deployment import json_lines, wait_until
from messages import SCHEMAS, kinds, mutants, problems, unnamed
from small_streams import EAGER, seeded_posts

from streamclust.commands import CannotLink, Expel, MustLink
from streamclust.events import ALL
from workers.topics import read_event

if TYPE_CHECKING:
    from conftest import MakeDeployment

_PARAMS = (
    "link_threshold", "upkeep_every", "retire_after", "forget_after", "max_clusters", "max_skew", "merge_threshold",
    "exemplars", "exemplar_complexity", "split_cohesion", "split_threshold", "split_patience", "split_every", "split_wordings",
    "trend_start", "trend_stop", "trend_floor", "trend_authors", "trend_cooldown",
)  # fmt: skip
_SET = [part for name in _PARAMS for part in ("--set", f"{name}={getattr(EAGER, name)}")]


def test_every_message_is_as_its_schema_says_and_a_changed_one_is_not(deployment: MakeDeployment) -> None:
    claims = [asdict(post.claim) for post in seeded_posts(600)]
    posts = [{name: claim[name] for name in ("id", "text", "created_at", "author", "source", "lang")} for claim in claims]
    one = deployment()
    one.send_raw([*json_lines(posts), b"\xff{broken", None])
    embed = one.start("embed", script="embed_with_hashes.py")
    cluster = one.start("cluster", *_SET)
    wait_until(lambda: one.applied() == len(posts) and one.published(), why=lambda: embed.said + cluster.said)
    live = [record["id"] for record in one.clusters() if record["status"] == "live"]
    one.send_commands([MustLink(id="1", by="ann", one=live[0], other=live[1]), CannotLink(id="2", by="ann", one=live[0], other=live[2])])
    one.send_commands([MustLink(id="3", by="ann", one=live[1], other=live[2])])
    one.send_commands(Expel(id=p.claim.id, by="ann", one="", other=p.claim.id, vector=p.vector) for p in seeded_posts(600)[-40:])
    wait_until(lambda: one.obeyed() == 43 and one.published(), why=lambda: cluster.said)
    topics = (one.topics.embedded, one.topics.commands, one.topics.assigned, one.topics.events, one.topics.state, one.topics.dead_letters)
    records = [record for topic in topics for record in one.records(topic)]

    seen = dict(kinds(records))
    elsewhere = {"claims.raw", "cloudevent", "dead-letter-line"}
    assert set(seen) == {name for name in SCHEMAS if not name.startswith("alert")} - elsewhere
    assert any(record.value is None for record in records if record.topic == one.topics.state)
    for name, instance in kinds(records):
        assert not problems(name, instance)
        assert not unnamed(name, instance)
    for name, instance in seen.items():
        assert all(problems(name, mutant) for mutant in mutants(name, instance))
    for post in posts:
        assert not problems("claims.raw", post)
    told = [read_event(r.value, r.headers) for r in records if dict(r.headers).get("ce_type")]
    assert {event["type"] for event in told} > {kind.type for kind in ALL}
    assert not [problem for event in told for problem in problems("cloudevent", event)]
