"""What was taken for what is counted by kind, and claims are whole or not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from streamclust.evaluation.built_in import BUILT_IN, KINDS, NearMiss, near_misses
from streamclust.evaluation.confusions import Confusion, Wholeness, confusions, wholeness

PATH = BUILT_IN["multilingual"]
POSTS = [orjson.loads(line) for line in PATH.read_bytes().splitlines()]
NEAR = near_misses(PATH)
MISSES = {"no dam": NearMiss("dam", "negated"), "two dams": NearMiss("dam", "number")}
LABELS = ["dam", "dam", "dam", "no dam", "no dam", "two dams", "fire", "fire", "lone"]


def test_a_near_miss_is_joined_where_any_post_of_its_claim_lies_with_it() -> None:
    rows = confusions(LABELS, [1, 1, 2, 2, 3, 4, 5, 5, 6], MISSES)
    assert rows == [Confusion(kind="negated", posts=2, joined=0.5), Confusion(kind="number", posts=1, joined=0.0)]


def test_a_near_miss_that_lies_with_another_claim_is_not_joined() -> None:
    assert [row.joined for row in confusions(LABELS, [1, 1, 1, 5, 5, 5, 5, 5, 6], MISSES)] == [0.0, 0.0]


def test_only_claims_of_two_posts_or_more_that_are_no_near_miss_can_be_whole() -> None:
    found = wholeness(LABELS, [1, 1, 2, 3, 4, 1, 5, 5, 6], MISSES)
    assert found == Wholeness(claims=2, whole=0.5, held=pytest.approx(5 / 6))


def test_a_stream_without_such_fields_has_no_near_misses(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"text": "a", "cluster": 7}\n')
    assert near_misses(tmp_path / "posts.jsonl") == {}


def test_the_set_has_sixty_claims_in_several_languages_each_with_two_near_misses() -> None:
    claims = {post["cluster"] for post in POSTS} - set(NEAR)
    assert len(claims) >= 60
    languages = {claim: {post["lang"] for post in POSTS if post["cluster"] == claim} for claim in claims}
    assert min(map(len, languages.values())) >= 4
    assert len(set().union(*languages.values())) >= 14
    near = Counter(miss.claim for miss in NEAR.values())
    assert set(near) == claims
    assert min(near.values()) >= 2
    assert {miss.kind for miss in NEAR.values()} == set(KINDS)


def test_no_text_of_the_set_stands_there_twice_and_ids_and_times_are_in_order() -> None:
    assert len({post["text"] for post in POSTS}) == len({post["id"] for post in POSTS}) == len(POSTS) >= 600
    times = [post["created_at"] for post in POSTS]
    assert times == sorted(times)


def test_the_correction_is_not_made_from_texts_of_the_set() -> None:
    made_from = set((Path(__file__).parents[2] / "benchmarks" / "language_texts.txt").read_text().splitlines())
    assert len(made_from) > 400
    assert not made_from & {post["text"] for post in POSTS}
