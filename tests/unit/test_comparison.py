"""The comparison: who gets which posts, how a setting is chosen, and what stands in a line."""

from __future__ import annotations

import numpy as np
import pytest
from evaluations import SECONDS, Fake, Small, lines

from streamclust.evaluation.comparison import BEST, BOTH, FIXED, OURS, of_posts
from streamclust.evaluation.metrics import score


def test_ours_comes_first_at_arrival_and_after_merges() -> None:
    arrival, merged, *_ = lines(Fake([0, 1, 2, 3]))
    assert [arrival.name, merged.name] == [OURS, OURS]
    assert (arrival.scores.found_clusters, merged.scores.found_clusters) == (4, 3)
    assert merged.scores.ami == merged.ours.ami == 1.0
    assert (merged.ratio, merged.speed) == (1.0, 6 / SECONDS)


def test_copies_follow_their_first_copy_and_noise_is_alone_with_its_copies() -> None:
    text_of = np.array([0, 1, 0, 2, 3, 2])
    assert of_posts(np.array([5, 5, 7, 8]), text_of) == [5, 5, 5, 7, 8, 7]
    found = of_posts(np.array([0, 0, -1, -1]), text_of)
    assert found[3] == found[5] != found[4]
    assert len(set(found)) == 3


def test_each_text_is_given_once_in_order_with_the_vector_the_clusterer_saw() -> None:
    fake = Fake([0, 0, 1, 2])
    lines(fake)
    assert (fake.asked[0].vectors == np.eye(4)).all()
    assert (fake.asked[0].gold_clusters, fake.asked[0].preset) == (3, "claim")


def test_a_line_for_the_fixed_setting_and_one_for_the_best_on_these_labels() -> None:
    _, _, fixed, best = lines(Fake([0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 1, -1]))
    assert [(one.setting, one.chosen) for one in (fixed, best)] == [("setting 0", FIXED), ("setting 2", BEST)]
    assert (fixed.scores.ami, best.scores.ami) == pytest.approx((0.0, 1.0))
    assert (best.mistakes.cuts, best.mistakes.joins) == (0, 0)
    assert best.ratio == pytest.approx((6 / 4.0) / (6 / SECONDS))


def test_one_line_where_the_fixed_setting_is_the_best() -> None:
    (only,) = lines(Fake([0, 0, 1, 2], [0, 0, 0, 1], [0, 0, 1, 2]))[2:]
    assert (only.setting, only.chosen) == ("setting 0", BOTH)


def test_a_baseline_with_a_limit_gets_the_posts_before_the_text_that_is_too_many() -> None:
    (only,) = lines(small := Small([0, 0]))[2:]
    assert (only.posts, only.texts, len(small.asked[0])) == (3, 2, 2)
    assert only.limited == "its manners"
    assert only.scores.n_items == only.ours.n_items == 3
    assert lines(Fake([0, 0, 1, 2]))[2].limited == ""


def test_ours_beside_part_of_the_stream_is_what_stood_after_that_part() -> None:
    (small,), (whole,) = lines(Small([0, 0]))[2:], lines(Fake([0, 0, 1, 2]))[2:]
    assert small.ours == score(["a", "a", "a"], ["x", "y", "x"])
    assert whole.ours.ami == 1.0


def test_a_delay_is_told_only_of_labels_given_on_arrival() -> None:
    assert [one.k for one in lines(Fake([0, 0, 1, 2]))[2].delays] == [2]
    assert lines(Small([0, 0]))[2].delays == []
