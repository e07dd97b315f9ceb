"""How good the clusters are early and late in a stream."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from streamclust.evaluation.metrics import Scores, score

WINDOWS = 10
FEWEST = 20
"""Posts of a window at least: below that a figure says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The figures of one stretch of the stream.

    Args:
        first: number of its first post, from 1.
        last: number of its last post.
        begins: event time of the first, seconds since 1970, or None.
        scores: of its posts alone; clusters that lie partly outside count with what lies inside.
    """

    first: int
    last: int
    begins: float | None
    scores: Scores


def over_time(
    gold: Sequence[Hashable], found: Sequence[Hashable], *, times: Sequence[float | None] | None = None, count: int = WINDOWS
) -> list[Window]:
    """Figures of windows with equally many posts, in order.

    Args:
        gold: the right cluster of each post.
        found: the cluster it was put in.
        times: event time of each post.
        count: windows, fewer where they would have less than `FEWEST` posts.
    """
    posts = len(gold)
    count = max(1, min(count, posts // FEWEST))
    edges = [posts * number // count for number in range(count + 1)]
    return [
        Window(first=start + 1, last=stop, begins=times[start] if times else None, scores=score(gold[start:stop], found[start:stop]))
        for start, stop in pairwise(edges)
    ]
