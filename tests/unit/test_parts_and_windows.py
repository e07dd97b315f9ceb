"""Which posts are scored, and when."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamclust.errors import InputUnreadable
from streamclust.evaluation.history import Arrived, History, Merged
from streamclust.evaluation.metrics import score
from streamclust.evaluation.parts import ALL, CLAIMS, MEANINGS, SPREAD, parts, truth
from streamclust.evaluation.streams import NOISE
from streamclust.evaluation.windows import FEWEST, TIME, over_time, with_times
from streamclust.testing import claim


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
    windows = over_time([0] * posts, History.of_labels([0] * posts), count=count)
    assert windows[0].first == 1
    assert windows[-1].last == posts
    assert all(one.last + 1 == other.first for one, other in pairwise(windows))
    lengths = {one.last - one.first + 1 for one in windows}
    assert max(lengths) - min(lengths) <= 1
    assert len(windows) == max(1, min(count, posts // FEWEST))


def test_a_window_is_scored_by_itself_and_says_when_it_begins() -> None:
    gold, found = "a" * 20 + "ab" * 10, History.of_labels("x" * 40)
    early, late = over_time(gold, found, times=[float(n) for n in range(40)], count=2)
    assert (early.begins, early.ends, late.begins, late.ends) == (0.0, 19.0, 20.0, 39.0)
    assert asdict(late.scores) == asdict(score("ab" * 10, "x" * 20))
    assert early.scores.ari == 1.0


def test_a_window_is_scored_at_arrival_and_after_all_merges() -> None:
    history = History([*(Arrived(n % 2) for n in range(40)), Merged(1, 0)])
    for window in over_time("a" * 40, history, count=2):
        assert window.at_arrival == score("a" * 20, [0, 1] * 10)
        assert window.scores == score("a" * 20, [0] * 20)


def test_windows_by_time_are_equally_long_and_those_without_a_post_are_left_out() -> None:
    times = [*[0.0] * 50, *[9.9] * 5, *[30.0] * 20, 40.0, 5.0, 29.0, 10.0, 0.0]
    gold = [number % 7 for number in range(80)]
    windows = over_time(gold, History.of_labels(gold), times=times, count=4, by=TIME)
    assert [(one.begins, one.ends) for one in windows] == [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (30.0, 40.0)]
    assert [(one.first, one.last, one.scores.n_items) for one in windows] == [(1, 80, 57), (79, 79, 1), (78, 78, 1), (56, 76, 21)]
    gap = over_time(gold, History.of_labels(gold), times=[*[0.0] * 60, *[40.0] * 20], count=4, by=TIME)
    assert [(one.begins, one.last) for one in gap] == [(0.0, 60), (30.0, 80)]


@given(st.lists(st.floats(-1e9, 1e10), min_size=1, max_size=200), st.integers(1, 15))
def test_windows_by_time_hold_every_post_once(times: list[float], count: int) -> None:
    windows = over_time([0] * len(times), History.of_labels([0] * len(times)), times=times, count=count, by=TIME)
    assert sum(one.scores.n_items for one in windows) == len(times)
    assert len(windows) <= max(1, min(count, len(times) // FEWEST))


def test_windows_by_time_are_refused_where_a_post_has_none() -> None:
    with pytest.raises(ValueError, match="1 of 2 posts have no time"):
        over_time("ab", History.of_labels("ab"), times=[1.0, None], by=TIME)
    timed, without = (replace(claim("the dam has burst", number), created_at=time) for number, time in ((1, 5.0), (2, None)))
    given_out = with_times([timed, without])
    assert next(given_out) == timed
    with pytest.raises(InputUnreadable, match=r"has no time.*--windows-by posts.*--map created_at=FIELD"):
        next(given_out)
