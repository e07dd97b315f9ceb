"""What is told of all live clusters together, from time to time: too dear to look at after each batch."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence

from streamclust.clusterer import StreamClusterer
from streamclust.ports import ClusterStore
from workers.metrics import RANKS, Metrics

EVERY = 10.0
_PROBES = 50


class Survey:
    """Looks over clusters and stores, at most once in `every` seconds.

    Args:
        metrics: told what was found.
        every: seconds.
        clock: seconds; the differences count.
    """

    def __init__(self, metrics: Metrics, every: float = EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._every = every
        self._clock = clock
        self._due_at = clock()

    def look(self, clusterers: Sequence[StreamClusterer], stores: Sequence[ClusterStore]) -> None:
        """Look, if it is time: what trends, does the index find what it holds, how full is the store?

        Args:
            clusterers: those of this process, one a shard.
            stores: theirs; one server for all of them.

        Raises:
            StoreUnavailable: it does not answer.
        """
        if self._clock() < self._due_at:
            return
        self._due_at = self._clock() + self._every
        scores = (cluster.trend.standing(c.now) for c in clusterers for cluster in c.clusters if cluster.trend is not None)
        self._metrics.trends(trending=sum(len(c.trending) for c in clusterers), scores=heapq.nlargest(len(RANKS), scores))
        self._metrics.recalls(min((c.recall(_PROBES) for c in clusterers), default=1.0))
        for store in stores[:1]:
            used, limit = store.memory()
            self._metrics.remembers(used=used, limit=limit)
