"""Answers move the link model: towards what was said, by a bounded step, and for good."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_streams import EAGER, run, seeded_posts

from streamclust.adapters.memory import ExactIndex, MemoryStore
from streamclust.clusterer import StreamClusterer
from streamclust.commands import CannotLink, Confirm, Reject
from streamclust.learning import LinkLearner
from streamclust.linking import WEIGHTS, LinkModel
from streamclust.params import Params

PARAMS = EAGER.with_values(suggest_threshold=0.2, feedback_rate=0.5, max_clusters=100, merge_threshold=1.0, retire_after=86_400.0 * 90)
SHIPPED = LinkModel(Params()).weights
features = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(0, 14), st.floats(-20, 0), st.sampled_from([0.0, -1.0]))


def log_odds(weights: tuple[float, ...], of: tuple[float, ...]) -> float:
    return weights[0] + sum(w * x for w, x in zip(weights[1:], of, strict=True))


@given(of=features, linked=st.booleans(), rate=st.floats(0, 10))
def test_a_step_goes_the_right_way_and_no_further_than_the_rate(of: tuple[float, ...], linked: bool, rate: float) -> None:
    start = tuple(100.0 + w for w in SHIPPED)  # far from 0, where weights stop
    moved = log_odds(LinkLearner(rate).step(start, of, linked=linked), of) - log_odds(start, of)
    assert abs(moved) <= rate + 1e-6
    assert moved >= -1e-6 if linked else moved <= 1e-6


@given(of=features, linked=st.booleans())
def test_the_step_is_that_of_the_formula(of: tuple[float, ...], linked: bool) -> None:
    z = log_odds(SHIPPED, of)
    slope = 1 / (1 + math.exp(-z)) - linked
    length = 1 + sum(x * x for x in of)
    wanted = [SHIPPED[0] - 0.1 * slope / length, *(max(w - 0.1 * slope * x / length, 0.0) for w, x in zip(SHIPPED[1:], of, strict=True))]
    assert LinkLearner(0.1).step(SHIPPED, of, linked=linked) == pytest.approx(wanted)


@given(answers=st.lists(st.tuples(features, st.booleans()), max_size=30))
def test_no_weight_goes_below_0(answers: list[tuple[tuple[float, ...], bool]]) -> None:
    weights = SHIPPED
    for of, linked in answers:
        weights = LinkLearner(10.0).step(weights, of, linked=linked)
    assert all(weight >= 0.0 for weight in weights[1:])
    assert len(weights) == len(WEIGHTS) + 1


def answered(kind: type[Confirm | Reject], params: Params = PARAMS, most: float = PARAMS.link_threshold) -> StreamClusterer:
    """A clusterer that was told of its suggestions up to a score."""
    clusterer, _ = run(seeded_posts(150, seed=5), params=params)
    pairs = [pair for pair, suggestion in clusterer.suggestions.ranked() if suggestion.score < most]
    assert pairs
    for number, (one, other) in enumerate(pairs):
        clusterer.apply(kind(id=str(number), by="ann", one=one, other=other))
    return clusterer


def test_confirming_raises_what_rejecting_lowers() -> None:
    before = LinkModel(PARAMS).weights
    assert answered(Confirm).link_weights[0] > before[0] > answered(Reject).link_weights[0]


def test_a_rate_of_0_learns_nothing_and_neither_does_what_was_not_asked() -> None:
    assert answered(Reject, PARAMS.with_values(feedback_rate=0.0)).link_weights == LinkModel(PARAMS).weights
    clusterer, _ = run(seeded_posts(150, seed=5), params=PARAMS)
    (one, other), _ = clusterer.suggestions.ranked()[0]
    clusterer.apply(CannotLink(id="x", by="ann", one=one, other=other))
    assert clusterer.link_weights == LinkModel(PARAMS).weights


def test_a_runner_up_of_a_join_teaches_nothing() -> None:
    clusterer, _ = run(seeded_posts(300, seed=5), params=PARAMS)
    ups = [pair for pair, suggestion in clusterer.suggestions.ranked() if suggestion.score >= PARAMS.link_threshold]
    assert ups
    clusterer.apply(Reject(id="x", by="ann", one=ups[0][0], other=ups[0][1]))
    assert clusterer.link_weights == LinkModel(PARAMS).weights


def test_what_was_learned_outlives_a_restart_to_the_last_bit() -> None:
    clusterer, store = answered(Reject), MemoryStore()
    store.save(clusterer.take_changes(), offsets={})
    again = StreamClusterer(ExactIndex(), PARAMS)
    again.restore(store.load())
    assert again.link_weights == clusterer.link_weights != LinkModel(PARAMS).weights
    more = seeded_posts(250, seed=5)[150:]
    assert again.assign(more) == clusterer.assign(more)
