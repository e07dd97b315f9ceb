"""How long a gold cluster goes unseen: the detection delay of its k-th post."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from streamclust.evaluation.history import Arrived, History, Merged, Moved, Standing, Step

KTHS = (2, 5, 10, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How soon gold clusters are seen once they have k posts.

    A gold cluster is *seen* from the first moment, at or after its k-th post, at which that post lies in a found cluster that holds more
    than half of the gold cluster's posts so far, and more than half of whose posts are the gold cluster's. (Without the second
    half one lump of everything would see all at once.) How late is told of those that are seen at all; `ever` says how many that are.

    Args:
        k: the post looked at.
        clusters: gold clusters with at least k posts.
        at_once: share of them seen as the k-th post came.
        ever: share of them seen at some time.
        posts: median of the gold cluster's own posts that came between its k-th post and that moment; None = none is seen.
        posts_most: the same, 90th percentile.
        seconds: median of event time between the two; None = none is seen, or not all posts have times.
        seconds_most: the same, 90th percentile.
    """

    k: int
    clusters: int
    at_once: float
    ever: float
    posts: float | None
    posts_most: float | None
    seconds: float | None
    seconds_most: float | None


def delays(
    gold: Sequence[Hashable], history: History, *, times: Sequence[float | None] | None = None, kths: Sequence[int] = KTHS
) -> list[Delay]:
    """The delay for each k for which there is a gold cluster large enough.

    Takes time in proportion to the posts, and to the gold clusters inside what is merged.

    Args:
        gold: the right cluster of each post.
        history: what was found, of as many posts.
        times: event time of each post, seconds; None where one has none.
        kths: the k to look at.
    """
    watch = _Watch(gold, kths)
    for step in history:
        watch.take(step)
    stamps = None if times is None or None in times else np.array(times, np.float64)
    return [_summary(k, seen, stamps) for k in kths if (seen := watch.seen(k))]


@dataclass(slots=True)
class _Case:
    """One gold cluster and one k.

    Args:
        post: number of its k-th post.
        at: number of the post with which it was seen; None = not yet.
        later: posts of the gold cluster after the k-th until then.
    """

    gold: Hashable
    k: int
    post: int
    at: int | None = None
    later: int = 0


class _Watch:
    """Follows the found clusters and notes when each gold cluster is seen."""

    def __init__(self, gold: Sequence[Hashable], kths: Sequence[int]) -> None:
        self._gold = gold
        self._kths = frozenset(kths)
        self._standing = Standing()
        self._came = 0
        self._posts_of: Counter[Hashable] = Counter()
        self._inside: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)
        self._size: Counter[Hashable] = Counter()
        self._open: defaultdict[Hashable, list[_Case]] = defaultdict(list)
        self._cases: list[_Case] = []

    def take(self, step: Step) -> None:
        """Let one step happen, and look at the gold clusters it touches."""
        match step:
            case Arrived(cluster):
                self._arrive(cluster, step)
            case Merged(absorbed, kept):
                self._merge(self._standing.leads_to(absorbed), self._standing.leads_to(kept), step)
            case Moved(post, _):
                self._move(post, step)

    def seen(self, k: int) -> list[_Case]:
        """The cases of one k."""
        return [case for case in self._cases if case.k == k]

    def _arrive(self, cluster: Hashable, step: Step) -> None:
        post, gold = self._came, self._gold[self._came]
        self._came += 1
        self._standing.take(step)
        self._add(self._standing.leads_to(cluster), gold, 1)
        self._posts_of[gold] += 1
        if self._posts_of[gold] in self._kths:
            case = _Case(gold, self._posts_of[gold], post)
            self._cases.append(case)
            self._open[gold].append(case)
        self._look(gold)

    def _merge(self, absorbed: Hashable, kept: Hashable, step: Step) -> None:
        self._standing.take(step)
        if absorbed == kept:
            return
        inside = self._inside.pop(absorbed, Counter())
        self._size.pop(absorbed, None)
        for gold, count in inside.items():
            self._add(kept, gold, count)
        for gold in list(self._inside[kept]):
            self._look(gold)

    def _move(self, post: int, step: Step) -> None:
        left, gold = self._standing.cluster_of(post), self._gold[post]
        self._standing.take(step)
        joined = self._standing.cluster_of(post)
        self._add(left, gold, -1)
        self._add(joined, gold, 1)
        for touched in {gold, *self._inside[left], *self._inside[joined]}:
            self._look(touched)

    def _add(self, cluster: Hashable, gold: Hashable, count: int) -> None:
        self._inside[cluster][gold] += count
        self._size[cluster] += count

    def _look(self, gold: Hashable) -> None:
        """Close the cases of this gold cluster that are seen now."""
        if cases := self._open.get(gold):
            self._open[gold] = [case for case in cases if not self._close(case)]

    def _close(self, case: _Case) -> bool:
        cluster = self._standing.cluster_of(case.post)
        held, posts = self._inside[cluster][case.gold], self._posts_of[case.gold]
        if 2 * held <= posts or 2 * held <= self._size[cluster]:
            return False
        case.at, case.later = self._came - 1, posts - case.k
        return True


def _summary(k: int, cases: Sequence[_Case], stamps: np.ndarray | None) -> Delay:
    seen = [case for case in cases if case.at is not None]
    posts = [float(case.later) for case in seen]
    seconds = [] if stamps is None else [_waited(case, stamps) for case in seen]
    return Delay(
        k=k,
        clusters=len(cases),
        at_once=sum(case.at == case.post for case in seen) / len(cases),
        ever=len(seen) / len(cases),
        posts=_quantile(posts, 0.5),
        posts_most=_quantile(posts, 0.9),
        seconds=_quantile(seconds, 0.5),
        seconds_most=_quantile(seconds, 0.9),
    )


def _waited(case: _Case, stamps: np.ndarray) -> float:
    """Seconds of event time, from the k-th post to the latest post until it was seen."""
    stop = case.post + 1 if case.at is None else case.at + 1
    return float(stamps[case.post : stop].max() - stamps[case.post])


def _quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the values that at least this share of them does not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf")) if values else None
