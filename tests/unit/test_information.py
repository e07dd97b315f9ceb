"""Adjusted mutual information is that of scikit-learn, and does not mind many clusters."""

from __future__ import annotations

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


def test_chance_is_nothing_even_among_very_many_small_clusters() -> None:
    rng = np.random.default_rng(0)
    gold, found = rng.integers(0, 20_000, 60_000).tolist(), rng.integers(0, 25_000, 60_000).tolist()
    assert ours(gold, found) == pytest.approx(0.0, abs=0.005)
