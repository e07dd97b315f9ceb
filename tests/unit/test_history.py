"""Where posts were, step by step, against lists that are rewritten at every step."""

from __future__ import annotations

from collections import Counter

from evaluations import histories
from hypothesis import given
from hypothesis import strategies as st

from streamclust.evaluation.history import Arrived, Contents, History, Merged, Moved, Standing, Step


def slowly(steps: list[Step]) -> list[object]:
    """The cluster of each post, by rewriting all of them; a cluster that was taken in leads to its taker for ever."""
    posts: list[object] = []
    leads = {number: number for number in range(6)}
    for step in steps:
        match step:
            case Arrived(cluster):
                posts.append(leads[cluster])  # type: ignore[index]
            case Merged(absorbed, kept):
                gone, into = leads[absorbed], leads[kept]  # type: ignore[index]
                leads = {name: into if there == gone else there for name, there in leads.items()}
                posts = [into if post == gone else post for post in posts]
            case Moved(post, cluster):
                posts[post] = leads[cluster]  # type: ignore[index]
    return posts


@given(histories())
def test_posts_are_where_all_merges_and_moves_lead(steps: list[Step]) -> None:
    assert History(steps).at_end() == slowly(steps)


@given(histories())
def test_at_arrival_is_untouched_by_what_came_later(steps: list[Step]) -> None:
    history = History()
    for step in steps:
        history.add(step)
    assert history.at_arrival == [step.cluster for step in steps if isinstance(step, Arrived)]
    assert len(history) == len(history.at_arrival) == len(history.at_end())


@given(histories())
def test_one_post_is_where_the_list_of_all_says(steps: list[Step]) -> None:
    standing = Standing()
    for step in steps:
        standing.take(step)
    clusters = standing.clusters()
    assert [standing.cluster_of(post) for post in range(len(clusters))] == clusters


@given(histories(), st.integers(0, 9))
def test_after_some_posts_nothing_is_known_of_what_came_later(steps: list[Step], posts: int) -> None:
    arrivals = [place for place, step in enumerate(steps) if isinstance(step, Arrived)]
    stop = arrivals[posts] if posts < len(arrivals) else len(steps)
    assert History(steps).after(posts) == slowly(steps[:stop])


@given(histories())
def test_contents_are_those_of_the_posts_that_are_there(steps: list[Step]) -> None:
    posts = History(steps).at_end()
    gold = [number % 3 for number in range(len(posts))]
    contents = Contents(gold)
    for step in steps:
        contents.take(step)
    for cluster in set(posts):
        held = Counter(label for label, there in zip(gold, posts, strict=True) if there == cluster)
        assert held[contents.commonest(cluster)] == max(held.values())
    assert contents.commonest("nowhere") is None


def test_a_merge_with_itself_is_nothing() -> None:
    assert History([Arrived("a"), Merged("a", "a"), Arrived("a")]).at_end() == ["a", "a"]
