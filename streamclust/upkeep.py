"""What to merge, retire and forget at a moment of event time. Decides only; the clusterer does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamclust.clusters import Cluster
from streamclust.linking import Candidate, LinkModel
from streamclust.params import Params


class Gone(NamedTuple):
    """A retired cluster, and the ids that lead to it."""

    retired_at: float
    cluster_id: str
    absorbed: tuple[str, ...]


def merge_score(one: Cluster, other: Cluster, model: LinkModel, params: Params) -> float | None:
    """The link score of two clusters if they should be one, else None.

    They are asked only when one claim was near enough to join either: that is the evidence, and it costs no search.
    """
    score = model.affinity(one, other)
    return score if score >= params.merge_threshold else None


def keeper(one: Cluster, other: Cluster) -> tuple[Cluster, Cluster]:
    """(the one that keeps its id, the one it absorbs): the larger, else the older."""
    return (one, other) if (one.size, -one.label) >= (other.size, -other.label) else (other, one)


def quiet_clusters(quietest_first: Iterable[int], live: Mapping[int, Cluster], now: float, params: Params) -> Iterator[Cluster]:
    """Clusters without a claim for longer than the window, longest quiet first."""
    for label in quietest_first:
        # Ahead of now stands only what the stream's first claim touched, before its time was taken back.
        if abs(now - live[label].touched_at) <= params.retire_after:
            return
        yield live[label]


def forgettable(retired: deque[Gone], now: float, params: Params) -> Iterator[Gone]:
    """Take from `retired`, oldest first, those that have been on record long enough, or are more than may be."""
    while retired and (retired[0].retired_at < now - params.forget_after or len(retired) > params.max_retired):
        yield retired.popleft()


def rivalry(chosen: Candidate, ranked: Sequence[Candidate]) -> float:
    """Score of the best other candidate as a share of the chosen one's; 0.0 where there is none."""
    if len(ranked) == 1:
        return 0.0
    other = ranked[1] if ranked[0] is chosen else ranked[0]
    return other.score / chosen.score if chosen.score > 0.0 else 1.0
