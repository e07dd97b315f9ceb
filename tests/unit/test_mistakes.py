"""Split and mis-merge errors against counting by hand, and what a clustering is free of."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.evaluation.contingency import contingency, numbered
from streamclust.evaluation.mistakes import Mistakes, mistakes

Labels = list[int]
two_labellings = st.integers(1, 24).flatmap(
    lambda n: st.tuples(st.lists(st.integers(0, 5), min_size=n, max_size=n), st.lists(st.integers(0, 6), min_size=n, max_size=n))
)


def of(gold: object, found: object) -> Mistakes:
    return mistakes(contingency(numbered(list(gold)), numbered(list(found))))  # type: ignore[call-overload]


def groups(labels: Labels) -> list[set[int]]:
    by_label = defaultdict(set)
    for item, label in enumerate(labels):
        by_label[label].add(item)
    return list(by_label.values())


def torn(clusters: list[set[int]], others: list[set[int]]) -> float:
    several = [cluster for cluster in clusters if len(cluster) > 1]
    return sum(not any(cluster <= other for other in others) for cluster in several) / len(several) if several else 0.0


@given(two_labellings)
def test_shares_are_those_of_clusters_that_fit_into_no_other(both: tuple[Labels, Labels]) -> None:
    gold, found = map(groups, both)
    wrong = of(*both)
    assert wrong.split == pytest.approx(torn(gold, found))
    assert wrong.mixed == pytest.approx(torn(found, gold))


@given(two_labellings)
def test_cutting_then_joining_leads_from_found_to_gold(both: tuple[Labels, Labels]) -> None:
    gold, found = both
    pieces = len({frozenset(f & g) for f in groups(found) for g in groups(gold)} - {frozenset()})
    wrong = of(gold, found)
    assert len(set(found)) + wrong.cuts == pieces
    assert pieces - wrong.joins == len(set(gold))


@given(two_labellings)
def test_swapping_gold_and_found_swaps_the_two_errors(both: tuple[Labels, Labels]) -> None:
    there, back = of(*both), of(*reversed(both))
    assert (there.split, there.cuts) == (back.mixed, back.joins)


def test_a_perfect_clustering_needs_nothing() -> None:
    assert of("aab", "xxy") == Mistakes(split=0.0, mixed=0.0, cuts=0, joins=0)


def test_one_stray_post_makes_its_cluster_split_and_the_other_mixed() -> None:
    assert of("aaaabbb", "xxxyyyy") == Mistakes(split=0.5, mixed=0.5, cuts=1, joins=1)


def test_lone_posts_split_everything_and_mix_nothing() -> None:
    assert of("aaabb", "12345") == Mistakes(split=1.0, mixed=0.0, cuts=0, joins=3)
