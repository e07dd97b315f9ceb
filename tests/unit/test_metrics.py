"""Laws of the metrics, and the formulas again as plain loops over items and pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamclust.evaluation.metrics import Scores, score

Labels = list[int]
SHARES = [name for name, kind in Scores.__annotations__.items() if kind == "float"]
COUNTS = [name for name, kind in Scores.__annotations__.items() if kind == "int"]

labels = st.lists(st.integers(0, 5), min_size=1, max_size=24)
two_labellings = st.integers(1, 24).flatmap(
    lambda n: st.tuples(st.lists(st.integers(0, 6), min_size=n, max_size=n), st.lists(st.integers(0, 6), min_size=n, max_size=n))
)
relaxed = settings(deadline=None, max_examples=30)


def same(ours: Scores, theirs: Scores) -> bool:
    return asdict(ours) == pytest.approx(asdict(theirs), abs=1e-9)


@given(labels)
@relaxed
def test_perfect_clusters_score_one_everywhere(gold: Labels) -> None:
    scores = asdict(score(gold, [f"c{label}" for label in gold]))
    assert {name: scores[name] for name in SHARES} == pytest.approx(dict.fromkeys(SHARES, 1.0))


@pytest.mark.parametrize("n", [1, 2, 3, 50, 2000])
def test_singletons_against_singletons_are_perfect(n: int) -> None:
    scores = asdict(score(range(n), range(n, 2 * n)))
    assert {name: scores[name] for name in SHARES} == pytest.approx(dict.fromkeys(SHARES, 1.0))
    assert {scores[name] for name in COUNTS} == {n}


@given(two_labellings, st.randoms(use_true_random=False))
@relaxed
def test_neither_the_names_of_clusters_nor_the_order_of_items_matters(both: tuple[Labels, Labels], random: Random) -> None:
    gold, found = both
    items = list(zip(gold, found, strict=True))
    random.shuffle(items)
    names = random.sample(range(100), 7)
    assert same(score(gold, found), score([(names[g], "gold") for g, _ in items], [str(names[f]) for _, f in items]))


@given(two_labellings)
@relaxed
def test_swapping_gold_and_found_swaps_precision_and_recall(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    there, back = score(gold, found), score(found, gold)
    assert (there.ami, there.ari, there.nmi) == pytest.approx((back.ami, back.ari, back.nmi), abs=1e-9)
    assert (there.b3_precision, there.pair_precision) == pytest.approx((back.b3_recall, back.pair_recall))
    assert there.homogeneity == pytest.approx(back.completeness, abs=1e-9)


@given(two_labellings)
@relaxed
def test_b_cubed_equals_the_average_over_items(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    scores = score(gold, found)
    assert (scores.b3_precision, scores.b3_recall, scores.b3_f1) == pytest.approx(slow_b_cubed(gold, found, range(len(gold))))


@given(two_labellings)
@relaxed
def test_b_cubed_without_lone_items_averages_over_the_others_only(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    sizes = Counter(gold)
    several = [i for i, label in enumerate(gold) if sizes[label] >= 2]
    expected = slow_b_cubed(gold, found, several)[2] if several else 1.0
    assert score(gold, found).b3_f1_multi == pytest.approx(expected)


@given(two_labellings)
@relaxed
def test_pair_counts_equal_a_loop_over_pairs(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    ways = Counter((gold[i] == gold[j], found[i] == found[j]) for i, j in combinations(range(len(gold)), 2))
    hit, missed, wrong = ways[True, True], ways[True, False], ways[False, True]
    scores = score(gold, found)
    assert scores.pair_precision == pytest.approx(hit / (hit + wrong) if hit + wrong else 1.0)
    assert scores.pair_recall == pytest.approx(hit / (hit + missed) if hit + missed else 1.0)
    assert scores.pair_f1 == pytest.approx(2 * hit / (2 * hit + missed + wrong) if hit + missed + wrong else 1.0)


@given(two_labellings)
@relaxed
def test_purity_equals_the_majority_of_each_found_cluster(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    majorities = [max(Counter(g for g, f in zip(gold, found, strict=True) if f == c).values()) for c in set(found)]
    assert score(gold, found).purity == pytest.approx(sum(majorities) / len(gold))


@given(two_labellings)
@relaxed
def test_counts_are_those_of_the_labels(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    scores = score(gold, found)
    assert (scores.n_items, scores.gold_clusters, scores.found_clusters) == (len(gold), len(set(gold)), len(set(found)))
    assert scores.gold_singletons == sum(size == 1 for size in Counter(gold).values())
    assert scores.found_singletons == sum(size == 1 for size in Counter(found).values())


@given(two_labellings)
@relaxed
def test_v_measure_is_nmi_with_the_arithmetic_mean(both: tuple[Labels, Labels]) -> None:
    scores = score(*both)
    assert scores.v_measure == pytest.approx(scores.nmi, abs=1e-9)


def test_one_lump_finds_all_pairs_and_earns_no_agreement() -> None:
    scores = score([0, 0, 1, 1, 2, 2], ["all"] * 6)
    assert (scores.ami, scores.ari, scores.homogeneity) == pytest.approx((0.0, 0.0, 0.0))
    assert (scores.pair_recall, scores.completeness, scores.b3_recall) == (1.0, 1.0, 1.0)
    assert scores.pair_precision == pytest.approx(3 / 15)


def test_clusters_of_one_flatter_purity_and_find_no_pair() -> None:
    scores = score([0, 0, 1, 1], [0, 1, 2, 3])
    assert (scores.purity, scores.pair_recall, scores.pair_f1) == (1.0, 0.0, 0.0)
    assert scores.ami == pytest.approx(0.0, abs=1e-9)


def test_b_cubed_comes_out_as_worked_by_hand() -> None:
    scores = score("aaabb", [1, 1, 2, 2, 2])
    assert scores.b3_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert scores.b3_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)


def test_labels_may_be_of_any_hashable_kind() -> None:
    assert score([None, ("a", 1), "x", "x"], ["x", 2.5, None, None]).pair_f1 == 1.0


@pytest.mark.parametrize(("gold", "found", "said"), [([1], [1, 2], "1 gold labels for 2"), ([], [], "no items")])
def test_labels_that_do_not_pair_up_are_refused(gold: Labels, found: Labels, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        score(gold, found)


def slow_b_cubed(gold: Labels, found: Labels, items: range | list[int]) -> tuple[float, float, float]:
    """The definition, item by item."""
    precisions, recalls = [], []
    for i in items:
        ours = [j for j in range(len(found)) if found[j] == found[i]]
        right = [j for j in range(len(gold)) if gold[j] == gold[i]]
        both = len(set(ours) & set(right))
        precisions.append(both / len(ours))
        recalls.append(both / len(right))
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return precision, recall, 2 * precision * recall / (precision + recall)
