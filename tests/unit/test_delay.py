"""The detection delay, against its definition looked up again at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from evaluations import histories
from hypothesis import given
from hypothesis import strategies as st

from streamclust.evaluation.delay import Delay, delays
from streamclust.evaluation.history import Arrived, History, Merged, Moved, Step

KTHS = (1, 2, 3)


def slowly(gold: Sequence[object], steps: Sequence[Step]) -> dict[int, list[tuple[int, int] | None]]:
    """For each k and gold cluster: (own posts since the k-th, number of the latest post) when it is first seen."""
    answers: dict[int, list[tuple[int, int] | None]] = {}
    for k in KTHS:
        for label in dict.fromkeys(gold):
            posts = [number for number, one in enumerate(gold) if one == label]
            if len(posts) >= k:
                answers.setdefault(k, []).append(_first_seen(gold, steps, posts, posts[k - 1]))
    return answers


def _first_seen(gold: Sequence[object], steps: Sequence[Step], posts: list[int], kth: int) -> tuple[int, int] | None:
    for stop in range(1, len(steps) + 1):
        found = History(steps[:stop]).at_end()
        if len(found) <= kth:
            continue
        own = [post for post in posts if post < len(found)]
        there = [post for post, cluster in enumerate(found) if cluster == found[kth]]
        both = len(set(own) & set(there))
        if both > len(own) / 2 and both > len(there) / 2:
            return sum(post > kth for post in own), len(found) - 1
    return None


@given(histories(30), st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_each_gold_cluster_is_seen_when_the_definition_says(steps: list[Step], labels: list[int]) -> None:
    gold = labels[: len(History(steps))]
    expected = slowly(gold, steps)
    times = [float(10 * number) for number in range(len(gold))]
    found = {one.k: one for one in delays(gold, History(steps), times=times, kths=KTHS)}
    assert sorted(found) == sorted(expected)
    for k, cases in expected.items():
        assert found[k].clusters == len(cases)
        assert found[k].ever == pytest.approx(sum(case is not None for case in cases) / len(cases))
        later = [case[0] for case in cases if case is not None]
        assert found[k].posts == (float(np.quantile(later, 0.5, method="inverted_cdf")) if later else None)


def only(found: list[Delay]) -> Delay:
    assert len(found) == 1
    return found[0]


def test_a_cluster_found_as_it_comes_has_no_delay() -> None:
    seen = only(delays("aab", History.of_labels("xxy"), times=[0.0, 5.0, 9.0]))
    assert (seen.k, seen.clusters, seen.at_once, seen.ever) == (2, 1, 1.0, 1.0)
    assert (seen.posts, seen.posts_most, seen.seconds, seen.seconds_most) == (0.0, 0.0, 0.0, 0.0)


def test_a_merge_ends_the_delay_when_it_happens() -> None:
    steps: list[Step] = [Arrived("x"), Arrived("y"), Arrived("z"), Arrived("other"), Merged("y", "x"), Arrived("x")]
    seen = only(delays(["a", "a", "a", "b", "a"], History(steps), times=[0.0, 60.0, 120.0, 300.0, 900.0], kths=(2,)))
    assert (seen.at_once, seen.ever) == (0.0, 1.0)
    assert (seen.posts, seen.seconds) == (1.0, 240.0)


def test_a_move_out_of_a_mixed_cluster_ends_it_too() -> None:
    steps: list[Step] = [*[Arrived("x")] * 4, Arrived("z"), Moved(0, "y"), Moved(1, "y")]
    seen = only(delays("bbaac", History(steps), kths=(2,)))
    assert (seen.clusters, seen.at_once, seen.ever) == (2, 0.5, 1.0)


def test_one_lump_of_everything_sees_nothing() -> None:
    seen = only(delays("abcabc", History.of_labels("xxxxxx"), kths=(2,)))
    assert (seen.at_once, seen.ever, seen.posts, seen.posts_most) == (0.0, 0.0, None, None)


def test_lone_clusters_never_see_a_second_post() -> None:
    assert only(delays("aaa", History.of_labels("xyz"), kths=(2,))).ever == 0.0


def test_without_all_times_there_are_no_seconds() -> None:
    seen = only(delays("aa", History.of_labels("xx"), times=[1.0, None], kths=(2,)))
    assert (seen.posts, seen.seconds) == (0.0, None)


def test_a_k_that_no_cluster_reaches_is_left_out() -> None:
    assert [one.k for one in delays("aabbb", History.of_labels("xxyyy"), kths=(2, 3, 4))] == [2, 3]
