"""Weights found on labelled streams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from streamclust.claims import parse_claim
from streamclust.evaluation import fitting
from streamclust.evaluation.comparison import Played
from streamclust.evaluation.fitting import Bench, Labelled, best_bias, calibrate, fit, fit_pairs, pairs, worth
from streamclust.evaluation.history import Arrived, History, Merged, Moved, Step
from streamclust.evaluation.metrics import score
from streamclust.evaluation.parts import truth
from streamclust.evaluation.sample import generate
from streamclust.evaluation.streams import NOISE
from streamclust.linking import WEIGHTS
from streamclust.params import Params
from streamclust.testing import HashEncoder

START = Params(link_bias=-12.0, upkeep_every=64)


def labelled(lines: int, seed: int) -> Labelled:
    posts = list(generate(lines, seed=seed))
    claims = [parse_claim(post) for post in posts]
    return Labelled(f"sample {seed}", claims, {claim.id: post["cluster"] for claim, post in zip(claims, posts, strict=True)})


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench([labelled(300, 1), labelled(200, 2)], HashEncoder(64))


def test_calibrating_finds_clusters_at_least_as_good(bench: Bench) -> None:
    found = calibrate(bench, START)
    assert best_bias(bench, found)[1] > best_bias(bench, START)[1] + 0.01
    assert {name for name, value in found.as_dict().items() if value != START.as_dict()[name]} <= {"link_bias", "merge_threshold"}


def test_what_cannot_be_improved_stays_as_it_was_given() -> None:
    posts = [" ".join(f"{word}{number}" for word in ("one", "two", "three", "four")) for number in range(10) for _ in range(3)]
    claims = [parse_claim({"id": f"{place}", "text": text}) for place, text in enumerate(posts)]
    copies = Bench([Labelled("copies", claims, {claim.id: claim.text for claim in claims})], HashEncoder(32))
    for given in (Params(merge_threshold=0.96), Params(link_bias=-9.0)):
        assert [worth(scores) for scores in copies.scores(given)] == pytest.approx([1.0])
        assert calibrate(copies, given) == given


def test_a_fit_is_as_good_as_the_calibrated_start_or_better(bench: Bench) -> None:
    said: list[str] = []
    found = fit(bench, START, tries=3, seed=1, say=said.append)
    assert best_bias(bench, found)[1] >= best_bias(bench, calibrate(bench, START))[1] - 0.005
    assert [line.split(",")[0] for line in said[:2]] == ["as given", "fitted to pairs"]
    changed = {name for name, value in found.as_dict().items() if value != START.as_dict()[name]}
    assert changed <= {"link_bias", *WEIGHTS, "min_similarity", "merge_threshold"}


def test_the_same_seed_gives_the_same_weights(bench: Bench) -> None:
    one, other = (fitting.refine(bench, START, tries=2, seed=5) for _ in range(2))
    assert one == other


def test_pairs_are_what_the_clusterer_considered_in_its_order(bench: Bench) -> None:
    stream = bench.streams[0]
    player = bench.play(stream, START)
    features, linked, weights = pairs(player)
    considered = [c for claim in stream.claims for c in (player.store.member(claim.id) or {"candidates": ()})["candidates"]]
    assert len(features) == len(linked) == len(weights) == len(considered) > 200
    assert weights.sum() == pytest.approx(1.0)
    z = features @ [getattr(START, name) for name in WEIGHTS] + START.link_bias
    assert 1 / (1 + np.exp(-z)) == pytest.approx([c[1] for c in considered], abs=1e-6)
    assert features[linked, 0].mean() > features[~linked, 0].mean()


class Told:
    """A player that was told what happened: the last post had one cluster to choose from."""

    def __init__(self, labels: str, steps: list[Step], candidate: str) -> None:
        self.played = Played(labels=list(labels), history=History(steps))
        self.ids = [f"p{number}" for number in range(len(labels))]
        self.store = self
        self._candidates = {self.ids[-1]: [(candidate, 0.5, 0.5, 0.5, 0.5, 3, 1, 0.0)]}

    def member(self, claim_id: str) -> dict[str, Any]:
        return {"candidates": self._candidates.get(claim_id, [])}


@pytest.mark.parametrize(
    ("between", "candidate", "last", "linked"),
    [
        ([], "one", "x", True),
        ([], "two", "x", False),
        ([Merged("two", "one")], "one", "y", True),
        ([Merged("two", "one")], "one", "x", False),
        ([Moved(1, "two"), Moved(2, "two"), Moved(3, "three")], "two", "y", True),
        ([Moved(1, "two"), Moved(2, "two"), Moved(3, "three")], "three", "y", True),
    ],
    ids=["as founded", "another claim", "what a merge brought", "what a merge outweighs", "what a split left", "what a split took along"],
)
def test_a_pair_is_a_link_where_most_of_what_was_in_the_cluster_just_then_is_of_the_claim(
    between: list[Step], candidate: str, last: str, linked: bool
) -> None:
    came = [Arrived("one"), Arrived("two"), Arrived("two"), Arrived("two")]
    later = [Arrived(candidate), Merged("one", "three"), Merged("three", "two")]
    player = Told(f"xyyy{last}", [*came, *between, *later], candidate)
    assert pairs(player)[1].tolist() == [linked]


def test_posts_of_noise_are_no_cluster_and_no_link() -> None:
    posts = [(f"{claim}", f"{claim} {claim}x {claim}y detail{n}") for claim in ("alpha", "bravo", "delta") for n in range(3)]
    posts += [(NOISE, f"rant{n // 2} babble{n // 2} chatter{n // 2}") for n in range(20)]
    claims = [parse_claim({"id": f"{place}", "text": text}) for place, (_, text) in enumerate(posts)]
    noisy = Bench([Labelled("noisy", claims, {claim.id: label for claim, (label, _) in zip(claims, posts, strict=True)})], HashEncoder(64))
    player = noisy.play(noisy.streams[0], START)
    played = player.played
    assert noisy.scores(START) == [score(truth(played.labels), played.history.at_end())]
    assert noisy.scores(START)[0].gold_clusters == 3 + 20
    only = Bench([Labelled("noise", claims[-20:], dict.fromkeys((claim.id for claim in claims), NOISE))], HashEncoder(64))
    assert not pairs(only.play(only.streams[0], START))[1].any()


def test_no_weight_fitted_to_pairs_is_negative(bench: Bench) -> None:
    found = fit_pairs(bench, START)
    assert min(getattr(found, name) for name in WEIGHTS) >= 0
    assert found.link_similarity + found.link_nearest + found.link_overlap == pytest.approx(15.0, abs=0.01)
    assert (found.link_size, found.link_gap) == (START.link_size, START.link_gap)


def test_a_text_is_encoded_once_however_often_it_is_played() -> None:
    class Counting(HashEncoder):
        texts = 0

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            Counting.texts += len(texts)
            return super().encode(texts)

    stream = labelled(200, 3)
    bench = Bench([stream], Counting(32))
    for bias in (-6.0, -7.0):
        bench.play(stream, START.with_values(link_bias=bias))
    assert Counting.texts == len({claim.comparison for claim in stream.claims})


def test_worth_is_the_mean_of_the_three_that_lead(bench: Bench) -> None:
    scores = bench.scores(START)[0]
    assert worth(scores) == pytest.approx(math.fsum((scores.ami, scores.ari, scores.b3_f1)) / 3)


def test_a_stream_in_which_nothing_links_leaves_the_weights_as_they_are() -> None:
    claims = [parse_claim({"id": f"{number}", "text": f"claim of its own {number}"}) for number in range(20)]
    lonely = Bench([Labelled("lonely", claims, {claim.id: claim.id for claim in claims})], HashEncoder(32))
    assert fit_pairs(lonely, START) == START
    assert fit(lonely, START, tries=1).link_similarity == START.link_similarity


def test_refining_stays_within_what_params_may_be(bench: Bench) -> None:
    edge = START.with_values(min_similarity=0.9, link_gap=10.0, link_clash=100.0)
    assert fitting.refine(bench, edge, tries=6, seed=3).min_similarity <= 1.0
