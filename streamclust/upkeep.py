"""What to merge, split, retire and forget at a moment of event time. Decides only; the clusterer does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamclust.clusters import Cluster
from streamclust.linking import Candidate, LinkModel
from streamclust.params import DAY, Params
from streamclust.splitting import Halves, halves, with_words

_SHARE = 0.1
_STANDS_OUT = 1.65
"""Odds of the best candidate as a multiple of the next one's: half a unit of log-odds."""


class Gone(NamedTuple):
    """A retired cluster's number in the index, and the ids that lead to it."""

    retired_at: float
    label: int
    absorbed: tuple[str, ...]


def merge_score(one: Cluster, other: Cluster, model: LinkModel, params: Params) -> float | None:
    """The link score of two clusters if they should be one, else None.

    They are asked only when one claim was near enough to join either: that is the evidence, and it costs no search.
    """
    score = model.affinity(one, other)
    return score if score >= params.merge_threshold else None


def why_merged(score: float) -> str:
    """One sentence for people."""
    return f"a claim was near enough to join either, and as wholes they have a link score of {score:.3f}"


def why_joined_late(score: float) -> str:
    """One sentence for people, of a new cluster that was compared once more."""
    return f"compared again when more had come, they have a link score of {score:.3f}"


def stands_out(chosen: Candidate, ranked: Sequence[Candidate]) -> bool:
    """Whether no other candidate is nearly as good: where many are, it is the language or the tone that is alike, not the claim."""
    rival = max((other.score for other in ranked if other is not chosen), default=0.0)
    return chosen.score * (1.0 - rival) >= _STANDS_OUT * rival * (1.0 - chosen.score)


def keeper(one: Cluster, other: Cluster) -> tuple[Cluster, Cluster]:
    """(the one that keeps its id, the one it absorbs): the larger, else the older."""
    return (one, other) if (one.size, -one.label) >= (other.size, -other.label) else (other, one)


def division(cluster: Cluster, model: LinkModel, params: Params) -> Halves | None:
    """The cluster as two, if it looks like two: it hangs together loosely, and its halves, as clusters, would be far from merging.

    One look proves nothing. The clusterer asks again after new texts, and splits what has looked like two `split_patience` times in a row.
    """
    if cluster.cohesion > params.split_cohesion:
        return None
    found = halves(cluster)
    if found is None or min(found.kept.distinct, found.new.distinct) < max(params.split_wordings, cluster.distinct * _SHARE):
        return None
    threshold = min(params.split_threshold, params.merge_threshold)
    if model.affinity(found.kept, found.new) > threshold:
        return None  # words in common would only add to it, and dividing words is the dearest part
    worded = with_words(cluster, found)
    return worded if model.affinity(worded.kept, worded.new) <= threshold else None


def why_split(cluster: Cluster, parts: Halves, params: Params) -> str:
    """One sentence for people."""
    looks = f"in {params.split_patience} looks, each after new texts, " if params.split_patience > 1 else ""
    return (
        f"{looks}its exemplars fell in two: {parts.kept.distinct} and {parts.new.distinct} wordings at cosine {parts.alike:.2f},"
        f" cohesion {cluster.cohesion:.2f} as one, {parts.kept.cohesion:.2f} and {parts.new.cohesion:.2f} apart"
    )


def quiet_clusters(quietest_first: Iterable[int], live: Mapping[int, Cluster], now: float, params: Params) -> Iterator[Cluster]:
    """Clusters without a claim for longer than the window, longest quiet first."""
    for label in quietest_first:
        # Ahead of now stands only what the stream's first claim touched, before its time was taken back.
        if abs(now - live[label].touched_at) <= params.retire_after:
            return
        yield live[label]


def why_revived(seconds: float, *, repeated: bool) -> str:
    """One sentence for people, of a cluster that fell silent so long ago."""
    came = "one of its texts came again" if repeated else "a claim came that belongs to it"
    return f"{came}, {seconds / DAY:.0f} days after it had retired"


def forgettable(retired: OrderedDict[str, Gone], now: float, params: Params) -> Iterator[tuple[str, Gone]]:
    """Take from `retired`, the longest retired first, the ids of those on record for long enough, or of more than there may be."""
    while retired:
        first = next(iter(retired.values()))
        if first.retired_at >= now - params.forget_after and len(retired) <= params.max_retired:
            return
        yield retired.popitem(last=False)


def rivalry(chosen: Candidate, ranked: Sequence[Candidate]) -> float:
    """Score of the best other candidate as a share of the chosen one's; 0.0 where there is none."""
    if len(ranked) == 1:
        return 0.0
    other = ranked[1] if ranked[0] is chosen else ranked[0]
    return other.score / chosen.score if chosen.score > 0.0 else 1.0
