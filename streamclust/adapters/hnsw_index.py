"""`CentroidIndex` on hnswlib: updated in place, one writer, one thread."""

from __future__ import annotations

from collections.abc import Sequence

import hnswlib
import numpy as np

from streamclust.params import Params

_FIRST_CAPACITY = 1024
_SEED = 1
_FEW = 4096


class HnswIndex:
    """Approximate neighbors by hierarchical navigable small worlds (Malkov and Yashunin, TPAMI 2020).

    hnswlib's hazards are kept inside: it grows ahead of need (adding past capacity raises), never asks for more neighbors than
    live (raises) nor searches an empty index (raises), compares with all where the graph reaches fewer than asked for (raises),
    writes and searches from one thread (a search beside a write goes wrong), marks deleted and leaves a fresh generation to
    `rebuild` (`replace_deleted` is slow and loses recall), and never reads an index file (a crafted one overflows the heap).
    Exact copies, which destroy its recall, are for the caller to keep out.

    Args:
        dim: length of a vector.
        params: M, ef_construction and ef; read from here.
    """

    def __init__(self, dim: int, params: Params) -> None:
        self._dim = dim
        self._params = params
        self._start(_FIRST_CAPACITY)

    def _start(self, capacity: int) -> None:
        params = self._params
        self._index = hnswlib.Index("ip", self._dim)
        self._index.init_index(capacity, M=params.index_neighbors, ef_construction=params.index_build_effort, random_seed=_SEED)
        self._index.set_ef(params.index_search_effort)
        self._index.set_num_threads(1)
        self._labels: set[int] = set()
        self._deleted = 0

    def write(self, label: int, vector: np.ndarray) -> None:
        """Add or move a label; see `CentroidIndex.write`."""
        if label not in self._labels and len(self._labels) + self._deleted >= self._index.get_max_elements():
            self._index.resize_index(2 * self._index.get_max_elements())
        self._index.add_items(vector[None], (label,), num_threads=1)
        self._labels.add(label)

    def delete(self, label: int) -> None:
        """Mark a live label deleted; see `CentroidIndex.delete`."""
        self._labels.remove(label)
        self._index.mark_deleted(label)
        self._deleted += 1

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        """Nearest live labels; see `CentroidIndex.search`."""
        k = min(k, len(self._labels))
        if k <= 0:
            return [], []
        try:
            labels, distances = self._index.knn_query(vector, k, num_threads=1)
        except RuntimeError:  # the graph gives fewer than k: a move can cut a label off from the others
            return self._compare_all(vector, k) if len(self._labels) <= _FEW else self.search(vector, k // 2)
        return labels[0].tolist(), [1.0 - distance for distance in distances[0].tolist()]

    def _compare_all(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        """The exact answer."""
        labels = np.array(sorted(self._labels))
        similarities = np.asarray(self._index.get_items(labels), np.float32) @ vector
        order = np.lexsort((labels, -similarities))[:k]
        return labels[order].tolist(), similarities[order].tolist()

    def rebuild(self, labels: Sequence[int], vectors: np.ndarray) -> None:
        """Start a fresh generation; see `CentroidIndex.rebuild`."""
        self._start(max(_FIRST_CAPACITY, 2 * len(labels)))
        if len(labels):
            self._index.add_items(vectors, labels, num_threads=1)
            self._labels = set(labels)

    @property
    def deleted(self) -> int:
        """Labels marked deleted in this generation."""
        return self._deleted

    def __len__(self) -> int:
        return len(self._labels)
