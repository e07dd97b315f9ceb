"""Adjusted mutual information is that of scikit-learn, and does not mind many clusters."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score

from streamclust.evaluation.contingency import contingency, numbered
from streamclust.evaluation.information import adjusted_mutual_information

two_labellings = st.integers(1, 60).flatmap(
    lambda n: st.tuples(st.lists(st.integers(0, 9), min_size=n, max_size=n), st.lists(st.integers(0, 12), min_size=n, max_size=n))
)


def ours(gold: list[int], found: list[int]) -> float:
    return adjusted_mutual_information(contingency(numbered(gold), numbered(found)))


@given(two_labellings)
def test_it_is_that_of_scikit_learn(both: tuple[list[int], list[int]]) -> None:
    assert ours(*both) == pytest.approx(adjusted_mutual_info_score(*both), abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_so_it_is_on_clusters_of_all_sizes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = np.minimum(rng.zipf(1.4, 2000), 400)
    found = np.where(rng.random(2000) < 0.7, gold, rng.zipf(1.6, 2000)).tolist()
    assert ours(gold.tolist(), found) == pytest.approx(adjusted_mutual_info_score(gold, found), abs=1e-9)


@pytest.mark.parametrize("least", range(1, 301, 50))
def test_the_same_clusters_are_perfect_however_many_posts_are_alone(least: int) -> None:
    sizes = range(least, least + 50)
    assert [ours(list(range(n)), list(range(n))) for n in sizes] == [1.0] * 50
    assert [ours([0, *range(n)], [n, *range(n, 2 * n)]) for n in sizes] == [1.0] * 50


@pytest.mark.parametrize("n", [3, 4, 9, 10, 19, 22, 40, 161, 300])
def test_nearly_all_alone_it_is_that_of_scikit_learn_too(n: int) -> None:
    alone, first, last = list(range(n)), [1, *range(1, n)], [*range(n - 1), n - 2]
    both = [*first[:-1], n - 2]
    for gold, found in permutations((alone, first, last, both), 2):
        assert ours(gold, found) == pytest.approx(adjusted_mutual_info_score(gold, found), abs=1e-7)


def test_so_it_is_on_all_clusters_of_five_posts() -> None:
    every = [list(numbers) for numbers in product(range(5), repeat=5) if numbered(numbers).tolist() == list(numbers)]
    assert len(every) == 52
    for gold, found in product(every, repeat=2):
        assert ours(gold, found) == pytest.approx(adjusted_mutual_info_score(gold, found), abs=1e-7)


def test_chance_is_nothing_even_among_very_many_small_clusters() -> None:
    rng = np.random.default_rng(0)
    gold, found = rng.integers(0, 20_000, 60_000).tolist(), rng.integers(0, 25_000, 60_000).tolist()
    assert ours(gold, found) == pytest.approx(0.0, abs=0.005)
