"""Agglomerative clustering with average link."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import ClassVar

import numpy as np

from streamclust.evaluation.baselines.base import BATCH, GRAIN, Texts, Try, timed

GRID = tuple(round(0.15 + 0.025 * step, 3) for step in range(25))
_BLOCK = 512


class AverageLink:
    """The two clusters with the highest mean similarity between their members are joined, again and again.

    Source: Sokal and Michener 1958 (UPGMA); the tree is found by the nearest-neighbor chain (Murtagh 1983), which gives the same
    one. On vectors of claims it is the best of the baselines of MultiClaimNet (Panchendrarajan, Míguez and Zubiaga 2025).
    It sees all texts at once and undoes nothing.

    Parameter: the smallest mean cosine similarity. Fixed: that of the preset's grain. Best: of a grid by .025, all cut from one tree.
    """

    name: ClassVar[str] = "average-link"
    title: ClassVar[str] = "agglomerative, average link"
    kind: ClassVar[str] = BATCH
    on_arrival: ClassVar[bool] = False
    most: ClassVar[int] = 32_000
    why: ClassVar[str] = "its memory: 2 bytes times the square of the texts, 2 GB here"

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`."""
        started = perf_counter()
        merges, heights = tree(texts.vectors)
        seconds = perf_counter() - started
        for threshold in (GRAIN[texts.preset], *GRID):
            yield timed(partial(cut, merges, heights, threshold), f"cosine {threshold:.3f}", seconds)


def tree(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The whole tree of average link, in time and memory by the square of the texts.

    Args:
        vectors: (n, dim) float32, unit length.

    Returns:
        (n - 1, 2) int64: texts whose clusters are joined, in no particular order; (n - 1,) float32: at which mean similarity.
    """
    count = len(vectors)
    similarities = _Pairs(vectors)
    sizes = np.ones(count)
    merges, heights = np.empty((max(count - 1, 0), 2), np.int64), np.empty(max(count - 1, 0), np.float32)
    chain: list[int] = []
    oldest = 0
    for number in range(count - 1):
        if not chain:
            while not sizes[oldest]:
                oldest += 1
            chain.append(oldest)
        one, other, row, height = _grow(chain, similarities, sizes)
        merges[number], heights[number] = (one, other), height
        _join(one, other, row, similarities, sizes)
    return merges, heights


def cut(merges: np.ndarray, heights: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64: the clusters that are left when joins below `threshold` are undone; each goes by one of its texts."""
    parent = np.arange(len(merges) + 1)
    for one, other in merges[heights >= threshold].tolist():
        parent[_root(parent, one)] = _root(parent, other)
    return np.array([_root(parent, text) for text in range(len(parent))], np.int64)


class _Pairs:
    """The similarity of every two clusters, the lower half of the square as one float32 array.

    Row `i` holds what `i` has in common with 0 to `i - 1`.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        count = len(vectors)
        numbers = np.arange(count, dtype=np.int64)
        self._starts = numbers * (numbers - 1) // 2
        self._values = np.empty(count * (count - 1) // 2, np.float32)
        for start in range(0, count, _BLOCK):
            stop = min(start + _BLOCK, count)
            block = vectors[start:stop] @ vectors[:stop].T
            for row in range(start, stop):
                self._values[self._starts[row] : self._starts[row] + row] = block[row - start, :row]

    def row(self, one: int) -> np.ndarray:
        """(n,) float32: what `one` has in common with each; -inf with itself."""
        left = self._values[self._starts[one] : self._starts[one] + one]
        return np.concatenate([left, np.array([-np.inf], np.float32), self._values[self._starts[one + 1 :] + one]])

    def write(self, one: int, row: np.ndarray) -> None:
        """Put a row in its place."""
        self._values[self._starts[one] : self._starts[one] + one] = row[:one]
        self._values[self._starts[one + 1 :] + one] = row[one + 1 :]


def _grow(chain: list[int], similarities: _Pairs, sizes: np.ndarray) -> tuple[int, int, np.ndarray, float]:
    """Go from nearest neighbor to nearest neighbor until two are each other's; take them off the chain.

    Returns:
        The last on the chain, its mutual neighbor, the last one's row, and their similarity.
    """
    while True:
        last, before = chain[-1], chain[-2] if len(chain) > 1 else -1
        row = similarities.row(last)
        row[sizes == 0] = -np.inf
        best = int(row.argmax())
        if before >= 0 and row[before] >= row[best]:
            del chain[-2:]
            return last, before, row, float(row[before])
        chain.append(best)


def _join(one: int, other: int, row: np.ndarray, similarities: _Pairs, sizes: np.ndarray) -> None:
    """Put `one` into `other`: mean similarities are weighted by size (Lance and Williams 1967)."""
    weight = sizes[one] / (sizes[one] + sizes[other])
    row[one] = row[sizes == 0] = 0.0
    similarities.write(other, (weight * row + (1.0 - weight) * np.nan_to_num(similarities.row(other), neginf=0.0)).astype(np.float32))
    sizes[other] += sizes[one]
    sizes[one] = 0


def _root(parent: np.ndarray, text: int) -> int:
    while parent[text] != text:
        parent[text] = parent[parent[text]]
        text = int(parent[text])
    return text
