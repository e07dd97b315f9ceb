"""Which posts are scored, and when."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.evaluation.metrics import score
from streamclust.evaluation.parts import ALL, CLAIMS, MEANINGS, SPREAD, parts, truth
from streamclust.evaluation.streams import NOISE
from streamclust.evaluation.windows import FEWEST, over_time


def test_posts_of_noise_are_gold_clusters_of_their_own() -> None:
    assert len(set(truth([NOISE, "a", NOISE, "a"]))) == 3


def test_each_part_scores_its_own_posts() -> None:
    labels = ["a", "a", NOISE, "b", NOISE, "c", "c"]
    found = ["x", "x", "x", "y", "z", "u", "v"]
    scored = parts(labels, found)
    assert {part: figures.n_items for part, figures in scored.items()} == {ALL: 7, CLAIMS: 5, SPREAD: 4}
    assert scored[ALL].gold_clusters == 5
    assert scored[CLAIMS] == score("aabcc", "xxyuv")
    assert scored[SPREAD] == score("aacc", "xxuv")


@pytest.mark.parametrize(
    ("labels", "named"),
    [(["a", "a"], [ALL]), (["a", "a", "b"], [ALL, SPREAD]), (["a", "a", NOISE], [ALL, CLAIMS]), (["a", NOISE], [ALL, CLAIMS])],
)
def test_a_part_that_says_nothing_new_is_left_out(labels: list[str], named: list[str]) -> None:
    assert list(parts(labels, labels)) == named
    assert set(named) <= set(MEANINGS)


@given(st.integers(1, 400), st.integers(1, 15))
def test_windows_cover_all_posts_once_and_equally(posts: int, count: int) -> None:
    windows = over_time([0] * posts, [0] * posts, count=count)
    assert windows[0].first == 1
    assert windows[-1].last == posts
    assert all(one.last + 1 == other.first for one, other in pairwise(windows))
    lengths = {one.last - one.first + 1 for one in windows}
    assert max(lengths) - min(lengths) <= 1
    assert len(windows) == max(1, min(count, posts // FEWEST))


def test_a_window_is_scored_by_itself_and_says_when_it_begins() -> None:
    gold, found = "a" * 20 + "ab" * 10, "x" * 40
    early, late = over_time(gold, found, times=[float(n) for n in range(40)], count=2)
    assert (early.begins, late.begins) == (0.0, 20.0)
    assert asdict(late.scores) == asdict(score("ab" * 10, "x" * 20))
    assert early.scores.ari == 1.0
