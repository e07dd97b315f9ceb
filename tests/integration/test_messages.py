"""What the workers really send is what the schemas say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from deployment import json_lines, wait_until
from messages import assert_mutants_invalid, assert_valid, parts, validator

from streamclust.evaluation.sample import generate
from workers.schemas import ENVELOPE, LETTER_LINE, schemas
from workers.topics import read_event

if TYPE_CHECKING:
    from conftest import MakeDeployment

_SOON = (
    "--set=retire_after=600",
    "--set=forget_after=600",
    "--set=link_threshold=0.3",
    "--set=merge_threshold=0.3",
    "--set=upkeep_every=8",
)


def test_every_message_of_a_run_is_valid_and_none_of_its_mutants_is(deployment: MakeDeployment) -> None:
    posts = list(generate(400, seed=3))
    one = deployment()
    one.send_raw([*json_lines(posts), b"{broken", b'{"text": 1}', b"\xff", b"", None])
    embed = one.start("embed", script="embed_with_hashes.py")
    cluster = one.start("cluster", *_SOON)
    wait_until(lambda: one.applied() == len(posts) and one.published(), why=lambda: embed.said + cluster.said)
    assert embed.terminate() == cluster.terminate() == 0
    topics = one.topics
    records = [r for t in (topics.embedded, topics.assigned, topics.events, topics.state, topics.dead_letters) for r in one.records(t)]
    raw = [record for record in one.records(topics.raw) if record.offset < len(posts)]
    seen: dict[str, int] = {}
    for record in [*raw, *records]:
        found = parts(record, topics)
        assert_valid(found)
        for name, _ in found:
            seen[name] = seen.get(name, 0) + 1
            if seen[name] <= 20:
                assert_mutants_invalid(found)
    for event in [*one.events(), *(read_event(r.value, r.headers) for r in one.records(topics.state))]:
        validator(ENVELOPE).validate(orjson.loads(orjson.dumps(event)))
    assert set(seen) == set(schemas()) - {ENVELOPE, LETTER_LINE}, "the run has one of each"
