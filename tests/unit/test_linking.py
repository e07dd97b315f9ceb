"""Link scores and the decision."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamclust.clusters import Cluster, Limits
from streamclust.linking import BEST, Candidate, Found, Join, LinkModel, cluster_overlap, decide, logistic
from streamclust.params import Params
from streamclust.testing import HashEncoder, claim

ENCODER = HashEncoder(32)
PARAMS = Params()
LIMITS = Limits(4, 64, 0.05)
NOW = 50
vocabulary = st.sampled_from(["dam", "flood", "mayor", "vote", "bridge", "virus", "mask", "school"])
texts = st.lists(vocabulary, min_size=1, max_size=5, unique=True).map(" ".join)
labels = itertools.count()


def vector_of(text: str) -> np.ndarray:
    return ENCODER.encode([text])[0]


def weights_of(text: str) -> dict[str, float]:
    words = text.split()
    return {word: len(words) ** -0.5 for word in words}


def cluster_of(*said: str, label: int | None = None) -> Cluster:
    label = next(labels) if label is None else label
    first, *others = said
    cluster = Cluster.found(claim(first, label), vector_of(first), weights_of(first), label=label, number=100 * label, seen_at=0.0, now=0.0)
    for number, text in enumerate(others, 1):
        cluster.absorb(claim(text, number), vector_of(text), weights_of(text), number=100 * label + number, limits=LIMITS)
        cluster.count(claim(text, number), seen_at=0.0, now=0.0)
    return cluster


def candidate(score: float, similarity: float, cluster: Cluster | None = None) -> Candidate:
    return Candidate(score, similarity, similarity, 0.0, 0, 0.0, cluster or cluster_of("dam"))


clusters = st.lists(texts, min_size=1, max_size=6).map(lambda said: cluster_of(*said))


@given(texts)
def test_a_claim_scores_one_with_the_cluster_of_its_own_words(text: str) -> None:
    best = LinkModel(PARAMS).rank(vector_of(text), weights_of(text), [cluster_of(text)], NOW)[0]
    assert (best.similarity, best.nearest, best.overlap) == pytest.approx((1.0,) * 3, abs=2e-3)
    assert best.score > 0.99


@settings(max_examples=30, deadline=None)
@given(texts, st.lists(clusters, min_size=1, max_size=6), st.floats(0, 9), st.floats(0, 9))
def test_candidates_come_best_first_and_each_once(text: str, among: list[Cluster], overlap: float, nearest: float) -> None:
    model = LinkModel(PARAMS.with_values(link_overlap=overlap, link_nearest=nearest))
    ranked = model.rank(vector_of(text), weights_of(text), among, NOW)
    scores = [c.score for c in ranked]
    assert scores == sorted(scores, reverse=True)
    assert len({c.cluster.label for c in ranked}) == len(ranked) == min(BEST, len(among))


@settings(max_examples=30, deadline=None)
@given(texts, st.lists(clusters, min_size=2, max_size=6))
def test_the_order_of_the_candidates_does_not_matter(text: str, among: list[Cluster]) -> None:
    model = LinkModel(PARAMS)
    one, other = (model.rank(vector_of(text), weights_of(text), order, NOW) for order in (among, among[::-1]))
    assert [c.cluster.label for c in one] == [c.cluster.label for c in other]


@settings(max_examples=30, deadline=None)
@given(texts, clusters, st.integers(0, NOW), st.tuples(*[st.floats(0, 5)] * 5))
def test_the_score_is_the_documented_model(text: str, cluster: Cluster, touch: int, weights: tuple[float, ...]) -> None:
    names = ("link_similarity", "link_nearest", "link_overlap", "link_size", "link_gap")
    params, cluster.touch = PARAMS.with_values(**dict(zip(names, weights, strict=True))), touch
    found = LinkModel(params).rank(vector_of(text), weights_of(text), [cluster], NOW)[0]
    features = (found.similarity, found.nearest, found.overlap, math.log(cluster.distinct), -math.log(1 + NOW - touch))
    z = params.link_bias + sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    assert found.score == pytest.approx(1 / (1 + math.exp(-z)), abs=1e-6)
    assert found.gap == NOW - touch
    assert (found.nearest == found.similarity) or weights[1] > 0


def test_of_two_alike_the_one_spoken_of_last_is_likelier() -> None:
    long_ago, lately = cluster_of("dam", label=1), cluster_of("dam", label=2)
    lately.touch = NOW - 1
    assert [c.cluster.label for c in LinkModel(PARAMS).rank(vector_of("dam"), weights_of("dam"), [long_ago, lately], NOW)] == [2, 1]


def test_other_numbers_speak_against_a_link_and_missing_ones_do_not() -> None:
    same, none, other = (cluster_of(f"dam {said}") for said in ("14 dead", "dead", "15 dead"))
    for cluster, said in ((same, "14"), (none, "dam"), (other, "15")):
        cluster.words = {"dead": 1.0, said: 1.0}
    clash = {c.cluster.label: c.clash for c in LinkModel(PARAMS).rank(vector_of("dam"), weights_of("dead 14"), [same, none, other], NOW)}
    assert clash == {same.label: 0.0, none.label: 0.0, other.label: 1.0}


def test_other_numbers_speak_against_two_clusters_being_one() -> None:
    model = LinkModel(Params())
    one, same, other, none = (cluster_of(f"dam burst {number}") for number in ("14", "14", "43", ""))
    assert model.affinity(one, same) > model.affinity(one, other) == model.affinity(other, one)
    without = LinkModel(Params(link_clash=0.0))
    assert without.affinity(one, other) > model.affinity(one, other)
    assert without.affinity(one, none) == model.affinity(one, none)


@pytest.mark.parametrize("z", [-1e6, -800.0, 0.0, 800.0, 1e6])
def test_the_logistic_function_never_overflows(z: float) -> None:
    assert logistic(z) == pytest.approx(0.5 * (1 + math.tanh(z / 2)))


def test_equal_scores_go_to_the_larger_then_to_the_older() -> None:
    small_old, large, small_new = cluster_of("dam", label=1), cluster_of("dam", label=2), cluster_of("dam", label=3)
    large.size = 5
    ranked = LinkModel(PARAMS).rank(vector_of("dam"), weights_of("dam"), [small_new, small_old, large], NOW)
    assert [c.cluster.label for c in ranked] == [2, 1, 3]


@given(clusters, clusters)
def test_affinity_is_symmetric_and_highest_with_itself(one: Cluster, other: Cluster) -> None:
    model = LinkModel(PARAMS)
    assert model.affinity(one, other) == pytest.approx(model.affinity(other, one), abs=1e-6)
    assert model.affinity(one, one) >= model.affinity(one, other) - 1e-6


@given(texts, clusters, clusters)
def test_overlaps_are_cosines(text: str, one: Cluster, other: Cluster) -> None:
    for overlap in (word_overlap(text, one), cluster_overlap(one, other)):
        assert -1e-9 <= overlap <= 1.0 + 1e-9
    assert cluster_overlap(one, one) == pytest.approx(1.0)


def test_a_cluster_without_words_is_no_candidate_for_a_claim_that_has_some() -> None:
    wordless = cluster_of("dam")
    wordless.words, wordless.words_square = {}, 0.0
    model = LinkModel(PARAMS)
    assert model.rank(vector_of("dam"), weights_of("dam"), [wordless], NOW) == []
    assert model.rank(vector_of("dam"), {}, [wordless], NOW)[0].overlap == 0.0
    assert cluster_overlap(wordless, wordless) == 0.0


def word_overlap(text: str, cluster: Cluster) -> float:
    return LinkModel(PARAMS).rank(vector_of(text), weights_of(text), [cluster], NOW)[0].overlap


# the decision


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), max_size=6))
def test_a_claim_joins_the_best_that_reaches_threshold_and_radius_or_founds(pairs: list[tuple[float, float]]) -> None:
    ranked = [candidate(score, similarity) for score, similarity in sorted(pairs, reverse=True)]
    allowed = [c for c in ranked if c.score >= PARAMS.link_threshold and c.similarity >= PARAMS.min_similarity]
    assert decide(ranked, PARAMS) == (Join(allowed[0]) if allowed else Found())


def test_at_the_threshold_a_claim_joins() -> None:
    exactly = candidate(PARAMS.link_threshold, PARAMS.min_similarity)
    assert decide([exactly], PARAMS) == Join(exactly)


def test_a_candidate_outside_the_radius_is_passed_over() -> None:
    far, near = candidate(0.9, PARAMS.min_similarity - 0.01), candidate(0.8, 0.8)
    assert decide([far, near], PARAMS) == Join(near)
    assert decide([far], PARAMS) == Found()
