"""Online topic modelling in the manner of BERTopic."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import ClassVar

import numpy as np
from sklearn.cluster import MiniBatchKMeans  # type: ignore[import-untyped, unused-ignore]
from sklearn.decomposition import IncrementalPCA  # type: ignore[import-untyped, unused-ignore]

from streamclust.evaluation.baselines.base import ONE_PASS, Texts, Try, timed

DIMENSIONS = 5
FIXED = 50
BATCH_SIZE = 1000


class OnlineTopics:
    """Batches of texts go through incremental PCA to five dimensions and into mini-batch k-means.

    Source: Grootendorst 2022 (BERTopic), its documentation's online topic modelling, with the parts it names. Its third part, the
    words of a topic, moves no text, so that scikit-learn alone gives its clusters. A text is put where the model stands after its own
    batch, not before.

    Parameter: the clusters. Fixed: 50, the documentation's. Best: of that and the number of gold clusters, which nobody knows in a
    stream. A first batch smaller than the clusters is waited for. The five dimensions turn from batch to batch, and the means with them
    only by and by: topics that are clear within a batch can change their number between two.
    """

    name: ClassVar[str] = "online-topics"
    title: ClassVar[str] = "BERTopic's online parts: PCA, mini-batch k-means"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = True
    most: ClassVar[int] = 1_000_000
    why: ClassVar[str] = "its speed"

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        for clusters in dict.fromkeys((FIXED, texts.gold_clusters)):
            yield timed(partial(_cluster, texts.vectors, clusters), f"{clusters} clusters")


def _cluster(vectors: np.ndarray, clusters: int) -> np.ndarray:
    count = len(vectors)
    if count < 2:
        return np.zeros(count, np.int64)
    clusters, dimensions = min(clusters, count), min(DIMENSIONS, count, vectors.shape[1])
    size = max(BATCH_SIZE, clusters)
    edges = [*range(0, max(count - size, 0) + 1, size), count]  # what is left over goes with the last batch
    reduction = IncrementalPCA(n_components=dimensions)
    means = MiniBatchKMeans(n_clusters=clusters, random_state=0, n_init=1, batch_size=size)
    labels = np.empty(count, np.int64)
    for start, stop in pairwise(edges):
        batch = vectors[start:stop].astype(np.float64)  # the two parts do not agree on float32 from the second batch on
        reduced = reduction.partial_fit(batch).transform(batch)
        labels[start:stop] = means.partial_fit(reduced).predict(reduced)
    return labels
