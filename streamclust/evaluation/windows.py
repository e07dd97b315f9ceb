"""How good the clusters are early and late in a stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from streamclust.claims import Claim
from streamclust.errors import InputUnreadable
from streamclust.evaluation.history import History
from streamclust.evaluation.metrics import Scores, score

WINDOWS = 10
FEWEST = 20
"""Posts of a window at least, on average: below that a figure says nothing."""
POSTS, TIME = "posts", "time"
"""What windows have equally much of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The figures of one stretch of the stream, of its posts alone; clusters that lie partly outside count with what lies inside.

    Args:
        first: number of its first post, from 1.
        last: number of its last post; by time, posts of other windows may lie between, where a stream is not in order of time.
        begins: event time of the first, or at which the window begins, seconds since 1970; None where there is none.
        ends: event time of the last, or at which the window ends; the same.
        at_arrival: its posts in the clusters they were first put into.
        scores: its posts in the clusters they are in at the end of the stream, after merges.
    """

    first: int
    last: int
    begins: float | None
    ends: float | None
    at_arrival: Scores
    scores: Scores


class _Span(NamedTuple):
    """The posts of a window, and when it is."""

    posts: Sequence[int]
    begins: float | None
    ends: float | None


def over_time(
    gold: Sequence[Hashable], history: History, *, times: Sequence[float | None] | None = None, count: int = WINDOWS, by: str = POSTS
) -> list[Window]:
    """Figures of windows in order.

    Args:
        gold: the right cluster of each post.
        history: in which cluster each was.
        times: event time of each post.
        count: windows, fewer where they would have less than `FEWEST` posts.
        by: `POSTS`: windows have equally many posts; `TIME`: they are equally long, and those without a post are left out.

    Raises:
        ValueError: by time, and not all posts have one.
    """
    times = times or [None] * len(gold)
    count = max(1, min(count, len(gold) // FEWEST))
    spans = _equally_long(times, count) if by == TIME else _equally_many(times, count)
    arrived, final = history.at_arrival, history.at_end()
    return [
        Window(
            first=span.posts[0] + 1,
            last=span.posts[-1] + 1,
            begins=span.begins,
            ends=span.ends,
            at_arrival=_score(gold, arrived, span.posts),
            scores=_score(gold, final, span.posts),
        )
        for span in spans
    ]


def with_times(claims: Iterable[Claim]) -> Iterator[Claim]:
    """The claims, which all have a time.

    Raises:
        InputUnreadable: one has none.
    """
    for claim in claims:
        if claim.created_at is None:
            raise InputUnreadable(
                f"post {claim.id!r} has no time, so there are no windows by time; take --windows-by posts, "
                "or name the field that holds the time with --map created_at=FIELD"
            )
        yield claim


def _equally_many(times: Sequence[float | None], count: int) -> Iterator[_Span]:
    edges = [len(times) * number // count for number in range(count + 1)]
    for start, stop in pairwise(edges):
        yield _Span(range(start, stop), times[start], times[stop - 1])


def _equally_long(times: Sequence[float | None], count: int) -> Iterator[_Span]:
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        raise ValueError(f"{len(times) - len(known)} of {len(times)} posts have no time")
    start = min(known)
    length = (max(known) - start) / count
    inside = defaultdict[int, list[int]](list)
    for post, time in enumerate(known):
        inside[min(int((time - start) / length), count - 1) if length else 0].append(post)
    for number in sorted(inside):
        yield _Span(inside[number], start + number * length, start + (number + 1) * length)


def _score(gold: Sequence[Hashable], found: Sequence[Hashable], posts: Sequence[int]) -> Scores:
    return score([gold[post] for post in posts], [found[post] for post in posts])
