"""In which cluster each post was, from its arrival to the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Arrived(NamedTuple):
    """The next post came and was put into `cluster`."""

    cluster: Hashable


class Merged(NamedTuple):
    """All posts of `absorbed` went over to `kept`."""

    absorbed: Hashable
    kept: Hashable


class Moved(NamedTuple):
    """The post that came as number `post` (from 0) went over to `cluster`."""

    post: int
    cluster: Hashable


Step = Arrived | Merged | Moved


class History:
    """Steps in the order they happened.

    >>> history = History([Arrived("a"), Arrived("b"), Merged("b", "a"), Arrived("c")])
    >>> history.at_arrival, history.at_end()
    (['a', 'b', 'c'], ['a', 'a', 'c'])
    """

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps = list(steps)

    @classmethod
    def of_labels(cls, labels: Iterable[Hashable]) -> History:
        """One that never took anything back."""
        return cls(Arrived(label) for label in labels)

    def add(self, step: Step) -> None:
        """One more."""
        self._steps.append(step)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __len__(self) -> int:
        """Posts that came."""
        return sum(isinstance(step, Arrived) for step in self._steps)

    @property
    def at_arrival(self) -> list[Hashable]:
        """The cluster each post was first put into."""
        return [step.cluster for step in self._steps if isinstance(step, Arrived)]

    def at_end(self) -> list[Hashable]:
        """The cluster each post is in when all has happened."""
        return self.after(len(self))

    def after(self, posts: int) -> list[Hashable]:
        """The cluster that each of the first posts was in when the next one came."""
        standing = Standing()
        for step in self._steps:
            if isinstance(step, Arrived):
                if not posts:
                    break
                posts -= 1
            standing.take(step)
        return standing.clusters()


class Standing:
    """The clusters as they stand after some of the steps.

    A merge costs nothing but a redirect; who is in a cluster is asked of each post.
    """

    def __init__(self) -> None:
        self._put: list[Hashable] = []
        self._redirects: dict[Hashable, Hashable] = {}

    def take(self, step: Step) -> None:
        """Let one step happen."""
        match step:
            case Arrived(cluster):
                self._put.append(self.leads_to(cluster))
            case Merged(absorbed, kept):
                gone, into = self.leads_to(absorbed), self.leads_to(kept)
                if gone != into:
                    self._redirects[gone] = into
            case Moved(post, cluster):
                self._put[post] = self.leads_to(cluster)

    def cluster_of(self, post: int) -> Hashable:
        """Where the post is now."""
        return self.leads_to(self._put[post])

    def clusters(self) -> list[Hashable]:
        """Where each post is now."""
        return [self.leads_to(cluster) for cluster in self._put]

    def leads_to(self, cluster: Hashable) -> Hashable:
        """The cluster itself, or the one that took it in through all merges."""
        path = []
        while cluster in self._redirects:
            path.append(cluster)
            cluster = self._redirects[cluster]
        for passed in path:
            self._redirects[passed] = cluster
        return cluster


class Contents:
    """What the clusters hold by the labels, as they stand after some of the steps.

    Args:
        gold: the right cluster of each post.
    """

    def __init__(self, gold: Sequence[Hashable]) -> None:
        self._gold = gold
        self._standing = Standing()
        self._came = 0
        self._held: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)

    def take(self, step: Step) -> None:
        """Let one step happen."""
        match step:
            case Arrived():
                self._standing.take(step)
                self._put(self._came)
                self._came += 1
            case Merged(absorbed, kept):
                gone, into = self._standing.leads_to(absorbed), self._standing.leads_to(kept)
                self._standing.take(step)
                if gone != into:
                    self._held[into].update(self._held.pop(gone, Counter()))
            case Moved(post, _):
                self._held[self._standing.cluster_of(post)][self._gold[post]] -= 1
                self._standing.take(step)
                self._put(post)

    def commonest(self, cluster: Hashable) -> Hashable:
        """The gold cluster that most posts in it belong to, the earlier of two; None where it is empty."""
        held = +self._held[self._standing.leads_to(cluster)]
        return max(held, key=held.__getitem__, default=None)

    def _put(self, post: int) -> None:
        self._held[self._standing.cluster_of(post)][self._gold[post]] += 1
