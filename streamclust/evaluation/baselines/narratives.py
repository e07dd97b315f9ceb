"""The package narrativecluster."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from typing import ClassVar

import numpy as np

from streamclust.evaluation.baselines.base import BATCH, Texts, Try, timed

PACKAGE = "narrativecluster"
FIXED = 0.68
GRID = (0.45, 0.55, 0.75)


class Narratives:
    """Leiden communities of the graph of near neighbors.

    Source: narrativecluster 0.1.9 (P. Gerard): vectors less their mean, neighbors by HNSW (FAISS), edges from a cosine similarity
    upwards, Leiden (Traag, Waltman and van Eck 2019). It sees all texts at once. A community of one is a lone text. It has no
    seed, so that its figures differ a little from run to run. The package is not among ours: `pip install narrativecluster==0.1.9`
    beside them (with faiss-cpu, igraph, pandas and pyarrow some 370 MB).

    Parameter: the cosine similarity of an edge, of vectors less their mean. Fixed: .68, the package's. Best: of that, .45, .55 and .75.
    """

    name: ClassVar[str] = "narrativecluster"
    title: ClassVar[str] = "narrativecluster: HNSW and Leiden"
    kind: ClassVar[str] = BATCH
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 100_000
    why: ClassVar[str] = "its memory"

    @staticmethod
    def installed() -> bool:
        """Whether the package is there."""
        return importlib.util.find_spec(PACKAGE) is not None

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        for threshold in (FIXED, *GRID):
            yield timed(partial(_cluster, texts.vectors, threshold), f"edge {threshold:.2f}")


def _cluster(vectors: np.ndarray, threshold: float) -> np.ndarray:
    from narrativecluster import ClusterConfig, NarrativeClusterer
    from pandas import DataFrame

    posts = DataFrame({"cleaned_text": [str(text) for text in range(len(vectors))], "site": "", "embedding_aligned": list(vectors)})
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # it prints how far it is
        model = NarrativeClusterer(ClusterConfig(tau_graph=threshold, k_graph=min(64, len(vectors)))).fit(posts, deduplicate=False)
    return np.asarray(model.labels_, np.int64)
