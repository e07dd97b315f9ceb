"""A cluster in a few words: what stands for it does not flicker, keywords tell, and a digest keeps to its budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streams import run, seeded_posts

from streamclust.clusters import Cluster, Limits
from streamclust.digest import digest, keywords, representative, summary, token_count
from streamclust.testing import claim
from streamclust.words import Commonness

DIM = 16
LIMITS = Limits(4, 64, 0.01)
few = settings(max_examples=30, deadline=None)


def towards(axis: int, other: int = 0, part: float = 0.0) -> np.ndarray:
    vector = np.zeros(DIM, np.float32)
    vector[axis] = np.sqrt(1 - part * part)
    vector[other] += part
    return (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)


def cluster_of(said: list[tuple[str, np.ndarray]]) -> Cluster:
    (first, vector), *others = said
    cluster = Cluster.found(claim(first, 0), vector, dict.fromkeys(first.split(), 1.0), label=0, number=0, seen_at=0.0, now=0.0)
    for number, (text, vector) in enumerate(others, 1):
        cluster.absorb(claim(text, number), vector, dict.fromkeys(text.split(), 1.0), number=number, limits=LIMITS)
        cluster.count(claim(text, number), seen_at=0.0, now=0.0)
    return cluster


DAM = towards(0)
SAID = [
    ("the dam has burst", DAM),
    ("a dam broke in the north and the valley is under water", towards(1, 0, 0.6)),
    ("dam gone", towards(2, 0, 0.6)),
    ("the mayor says that the dam holds", towards(3, 0, 0.6)),
]


def test_what_stands_for_a_cluster_gives_way_only_to_one_that_is_clearly_nearer() -> None:
    left, right = towards(1, 0, 0.8), towards(2, 0, 0.8)
    cluster = cluster_of([("left", left), *[("left", left)] * 20, *[("right", right)] * 20])
    stood = []
    for number in range(50, 90):  # the centroid sways a little, now here, now there
        cluster.absorb(claim(f"more {number}", number), right if number % 4 < 2 else left, {}, number=number, limits=LIMITS)
        cluster.elect()
        stood.append(representative(cluster).text)
    assert set(stood) == {"left"}
    for number in range(90, 150):
        cluster.absorb(claim(f"more {number}", number), right, {}, number=number, limits=LIMITS)
        cluster.elect()
    assert representative(cluster).text == "right"


def test_a_retired_cluster_keeps_what_stood_for_it() -> None:
    cluster = cluster_of(SAID)
    stood = representative(cluster).text
    cluster.retire(now=9.0)
    assert representative(cluster).text == representative(Cluster.from_record(cluster.to_record())).text == stood


def test_words_common_in_the_stream_are_no_keywords() -> None:
    cluster = cluster_of(SAID)
    stream = Commonness(1000, {"the": 900, "a": 800, "in": 700, "and": 800, "is": 700, "has": 400, "that": 500, "says": 300, "dam": 4})
    assert keywords(cluster, 1) == ["dam"]
    assert "the" in keywords(cluster, 3)
    told = keywords(cluster, 5, stream)
    assert told[0] == "dam"
    assert not {"the", "a", "in", "and", "is"} & set(told)


def test_a_digest_begins_with_what_stands_for_the_cluster_and_tells_the_rest_if_there_is_room() -> None:
    told = digest(cluster_of(SAID), 1000)
    assert told["lines"][0]["text"] == "the dam has burst"
    assert {line["text"] for line in told["lines"]} == {text for text, _ in SAID}


def test_near_copies_are_told_once_and_count_for_the_one_that_is_told() -> None:
    copies = [(f"the dam has burst {n}", towards(0, 5, 0.2)) for n in range(6)]
    told = digest(cluster_of([*SAID[:2], *copies]), 1000)
    assert [line["stands_for"] for line in told["lines"]] == [7, 1]


@few
@given(budget=st.integers(1, 60), seed=st.integers(0, 20))
def test_a_digest_keeps_to_its_budget_and_stands_for_every_claim(budget: int, seed: int) -> None:
    clusterer, _ = run(seeded_posts(120, seed=seed))
    for cluster in clusterer.clusters:
        told = digest(cluster, budget)
        assert 1 <= len(told["lines"]) <= len(cluster.exemplars)
        assert told["tokens"] == sum(token_count(line["text"]) for line in told["lines"])
        assert told["tokens"] <= max(budget, 2)  # a character and its ellipsis
        assert told["stands_for"] == told["size"] == cluster.size


def test_more_tokens_never_tell_less() -> None:
    cluster = cluster_of(SAID)
    counts = [len(digest(cluster, budget)["lines"]) for budget in (4, 8, 16, 40, 200)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 4)


def test_a_very_long_first_line_leaves_room_for_the_others() -> None:
    long = " ".join(["the dam has burst"] * 60)
    told = digest(cluster_of([(long, towards(0)), *SAID[1:]]), 100)
    assert len(told["lines"]) > 1
    assert told["lines"][0]["text"].startswith("the dam has burst")
    assert told["lines"][0]["tokens"] <= 50
    assert told["tokens"] <= 100


@pytest.mark.parametrize("text", ["the dam has burst and the valley is under water", "水坝决堤了村庄被淹没了", "x" * 500])
def test_a_first_line_that_is_too_long_is_cut(text: str) -> None:
    line = digest(cluster_of([(text, DAM)]), 6)["lines"][0]
    assert line["text"].endswith("…")
    assert text.startswith(line["text"][:-1])
    assert line["tokens"] <= 6


def test_a_cluster_beside_another_is_more_ambiguous_than_one_that_stands_apart() -> None:
    beside, apart = cluster_of(SAID), cluster_of(SAID)
    for _ in range(30):
        beside.rival(0.95)
        apart.rival(0.2)
    assert 0.9 < summary(beside)["ambiguity"] <= 1.0
    assert 0.0 <= summary(apart)["ambiguity"] < 0.3
