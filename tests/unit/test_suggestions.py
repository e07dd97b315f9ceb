"""Pairs that may be one: kept while both clusters live, never joined by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_streams import EAGER, run, seeded_posts, streams

from streamclust.claims import EmbeddedClaim
from streamclust.events import ClaimAssigned, LinkSuggested
from streamclust.pairs import pair
from streamclust.review import open_suggestions
from streamclust.suggestions import Suggestion, Suggestions

some = settings(max_examples=15, deadline=None)


def shown(score: float, claim_id: str = "p1", at: float = 5.0) -> Suggestion:
    return Suggestion(score, claim_id, at, 1, (score, 0.5))


def book(*pairs: tuple[str, str, float], most: int = 100) -> Suggestions:
    made = Suggestions(most)
    for one, other, score in pairs:
        made.show(one, other, shown(score))
    return made


def test_the_two_of_a_pair_may_be_named_either_way() -> None:
    made = book(("ca", "cb", 0.4))
    assert made.get("cb", "ca") is not None
    assert made.get("cb", "ca") == made.get("ca", "cb")
    assert not made.show("cb", "ca", shown(0.3, "p2"))
    assert len(made) == 1


def test_a_pair_keeps_its_best_evidence_and_counts_all() -> None:
    made = book(("ca", "cb", 0.4))
    made.show("ca", "cb", shown(0.5, "p2", at=9.0))
    made.show("ca", "cb", shown(0.2, "p3", at=7.0))
    assert made.get("ca", "cb") == Suggestion(0.5, "p2", 9.0, 3, (0.5, 0.5))


def test_the_order_in_which_evidence_comes_does_not_matter() -> None:
    first, second = Suggestion(0.5, "p1", 1.0, 1, (0.1,)), Suggestion(0.5, "p2", 2.0, 1, (0.2,))
    assert first.with_another(second) == second.with_another(first) == Suggestion(0.5, "p1", 2.0, 2, (0.1,))


def test_a_merge_takes_suggestions_along_and_closes_the_one_of_the_two() -> None:
    made = book(("ca", "cb", 0.4), ("cb", "cd", 0.6), ("ca", "cd", 0.3))
    made.merge("ca", "cb")
    assert [(key, s.score, s.times) for key, s in made.ranked()] == [(("ca", "cd"), 0.6, 2)]


def test_a_cluster_that_ends_takes_its_suggestions_with_it() -> None:
    made = book(("ca", "cb", 0.4), ("cb", "cd", 0.6), ("ca", "cd", 0.3))
    made.drop("cb")
    assert [key for key, _ in made.ranked()] == [("ca", "cd")]


def test_the_weakest_go_when_there_are_too_many() -> None:
    made = book(("ca", "cb", 0.4), ("cb", "cd", 0.6), ("ca", "cd", 0.3), most=2)
    made.prune()
    assert [s.score for _, s in made.ranked()] == [0.6, 0.4]


actions, clusters = st.sampled_from(["show", "merge", "drop", "prune", "close"]), st.sampled_from("abcde")
steps = st.lists(st.tuples(actions, clusters, clusters, st.integers(1, 9)))


@given(steps=steps, saves=st.sets(st.integers(0, 20)))
def test_what_is_restored_from_changes_is_what_is_there(steps: Any, saves: set[int]) -> None:
    made, saved = Suggestions(3), {}
    for number, (what, one, other, score) in enumerate(steps):
        if one != other:
            _do(made, what, one, other, score / 10)
        if number in saves:
            saved.update(made.take_changes())
    saved.update(made.take_changes())
    again = Suggestions(3)
    again.restore({key: list(record) for key, record in saved.items() if record is not None})
    assert again.ranked() == made.ranked()
    assert again.take_changes() == {}


def _do(made: Suggestions, what: str, one: str, other: str, score: float) -> None:
    if what == "show":
        made.show(one, other, shown(score))
    elif what == "prune":
        made.prune()
    elif what == "drop":
        made.drop(one)
    else:
        getattr(made, what)(one, other)


# in the clusterer

BAND = EAGER.with_values(suggest_threshold=0.3)


@some
@given(claims=streams)
def test_only_pairs_of_live_clusters_are_open(claims: list[EmbeddedClaim]) -> None:
    clusterer, _ = run(claims, params=BAND)
    live = {cluster.id for cluster in clusterer.clusters}
    assert all({one, other} <= live and one < other for (one, other), _ in clusterer.suggestions.ranked())


@some
@given(claims=streams)
def test_suggestions_change_no_cluster(claims: list[EmbeddedClaim]) -> None:
    without, with_them = (run(claims, params=EAGER.with_values(suggest_threshold=t)) for t in (1.0, 0.0))
    assert [e for e in without[1] if isinstance(e, ClaimAssigned)] == [e for e in with_them[1] if isinstance(e, ClaimAssigned)]
    assert len(without[0].suggestions) == 0


@some
@given(claims=streams)
def test_a_suggestion_is_told_when_it_opens_with_what_is_kept(claims: list[EmbeddedClaim]) -> None:
    clusterer, events = run(claims, params=BAND.with_values(merge_threshold=1.0, second_look=0))
    told = {(pair(e.cluster_id, e.other_id), e.claim_id): e for e in events if isinstance(e, LinkSuggested)}
    assert all(e.score >= 0.3 and e.cluster_id != e.other_id for e in told.values())
    for key, suggestion in clusterer.suggestions.ranked():
        if suggestion.times == 1:
            assert told[key, suggestion.claim_id].score == pytest.approx(suggestion.score, abs=1e-6)


def test_there_are_never_more_than_may_be_after_upkeep() -> None:
    clusterer, _ = run(seeded_posts(300, seed=5), params=BAND.with_values(suggestions=4, max_clusters=100))
    clusterer.tick(0.0)
    assert len(clusterer.suggestions) == 4


def test_saved_records_give_the_open_suggestions_best_first() -> None:
    clusterer, _ = run(seeded_posts(300, seed=5), params=BAND.with_values(max_clusters=100))
    records = {name: record for name, record in clusterer.take_changes().review.items() if record is not None}
    found = open_suggestions(records)
    assert found == clusterer.suggestions.ranked()
    assert len(found) > 2
