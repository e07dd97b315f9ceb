"""The centroid leader algorithm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import numpy as np

from streamclust.evaluation.baselines.base import GRAIN, ONE_PASS, Texts, Try, timed

GRID = (0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70)


class Leader:
    """A text joins the cluster with the nearest centroid if that is near enough, else it founds one.

    Source: Hartigan 1975, chapter 3 (leader); with the running mean of the members in the leader's place, as in single-pass
    clustering for event detection (Allan, Papka and Lavrenko, SIGIR 1998). Searched exactly. Ties go to the older cluster.

    Parameter: the smallest cosine similarity. Fixed: that of the preset's grain. Best: of a grid by .05.
    """

    name: ClassVar[str] = "leader"
    title: ClassVar[str] = "nearest centroid"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = True
    most: ClassVar[int] = 50_000
    why: ClassVar[str] = "its speed"

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        for threshold in (GRAIN[texts.preset], *GRID):
            yield timed(partial(lead, texts.vectors, threshold), f"cosine {threshold:.2f}")


def lead(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64: the cluster of each text, in the order they were founded.

    Args:
        vectors: (n, dim) float32, unit length.
        threshold: smallest cosine similarity to a centroid.
    """
    centroids = np.empty((64, vectors.shape[1]), np.float32)
    sums = np.empty_like(centroids)
    labels = np.empty(len(vectors), np.int64)
    used = 0
    for text, vector in enumerate(vectors):
        similarities = centroids[:used] @ vector
        best = int(similarities.argmax()) if used else -1
        if best < 0 or similarities[best] < threshold:
            if used == len(centroids):
                centroids, sums = (np.concatenate([rows, np.empty_like(rows)]) for rows in (centroids, sums))
            best, used = used, used + 1
            sums[best] = 0.0
        sums[best] += vector
        centroids[best] = sums[best] / np.linalg.norm(sums[best])
        labels[text] = best
    return labels
