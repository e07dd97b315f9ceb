"""HDBSCAN."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import numpy as np
from sklearn.cluster import HDBSCAN  # type: ignore[import-untyped, unused-ignore]

from streamclust.evaluation.baselines.base import BATCH, Texts, Try, timed

FIXED = 5
GRID = (2, 3, 10)


class Density:
    """Clusters are what stays together longest while the density asked for rises; what never is in one is noise.

    Source: Campello, Moulavi and Sander, PAKDD 2013; scikit-learn's. Distances are Euclidean between unit vectors, which orders pairs
    as the cosine does; all pairs are looked at, for trees are no help in so many dimensions. It sees all texts at once.

    Parameter: the fewest texts of a cluster. Fixed: 5, scikit-learn's own. Best: of 2, 3, 5 and 10.
    """

    name: ClassVar[str] = "hdbscan"
    title: ClassVar[str] = "HDBSCAN of scikit-learn"
    kind: ClassVar[str] = BATCH
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 10_000
    why: ClassVar[str] = "its memory: 16 bytes times the square of the texts, 1.6 GB here"

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        for smallest in (FIXED, *GRID):
            yield timed(partial(_cluster, texts.vectors, smallest), f"at least {smallest}")


def _cluster(vectors: np.ndarray, smallest: int) -> np.ndarray:
    if len(vectors) <= smallest:
        return np.full(len(vectors), -1)
    labels: np.ndarray = HDBSCAN(min_cluster_size=smallest, algorithm="brute", copy=True).fit_predict(vectors)
    return labels
