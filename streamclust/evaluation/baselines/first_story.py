"""Nearest-neighbor first-story detection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import ClassVar

import numpy as np

from streamclust.evaluation.baselines.base import ONE_PASS, Texts, Try, timed

WINDOW = 10_000
FIXED = 0.52
GRID = (0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85)
_BLOCK = 256


class FirstStory:
    """A text joins the thread of its nearest neighbor among the last texts if that is near enough, else it starts a thread.

    Source: Petrović, Osborne and Lavrenko, NAACL 2010 (with hashing for speed); searched exactly, as in Mazoyer, Cagé, Hervé and
    Hudelot, LREC 2020 (twembeddings), where it did best on tweets. Ties go to the older text.

    Parameters: a window of 10,000 distinct texts (theirs: the posts of a day), which a slow stream does not fill in months, and the
    smallest cosine similarity. Fixed: .52, the middle of what twembeddings tries for sentence vectors. Best: of a grid by .05.
    """

    name: ClassVar[str] = "first-story"
    title: ClassVar[str] = "nearest neighbor, window of 10,000"
    kind: ClassVar[str] = ONE_PASS
    on_arrival: ClassVar[bool] = True
    most: ClassVar[int] = 1_000_000
    why: ClassVar[str] = "its speed"

    def tries(self, texts: Texts) -> Iterator[Try]:
        """See `Baseline.tries`. The neighbors are sought once: they do not depend on the threshold."""
        started = perf_counter()
        nearest, similarity = nearest_before(texts.vectors, WINDOW)
        seconds = perf_counter() - started
        for threshold in (FIXED, *GRID):
            yield timed(partial(threads, nearest, similarity, threshold), f"cosine {threshold:.2f}", seconds)


def nearest_before(vectors: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of the texts before each text.

    Args:
        vectors: (n, dim) float32, unit length.
        window: how many before it are looked at.

    Returns:
        (n,) int64 numbers, -1 for the first; (n,) float32 cosine similarities, -1.0 for the first.
    """
    count = len(vectors)
    nearest, best = np.full(count, -1, np.int64), np.full(count, -1.0, np.float32)
    for start in range(0, count, _BLOCK):
        stop, oldest = min(start + _BLOCK, count), max(0, start - window)
        similarities = vectors[start:stop] @ vectors[oldest:stop].T
        rows, others = np.arange(start, stop)[:, None], np.arange(oldest, stop)[None, :]
        similarities[(others >= rows) | (others < rows - window)] = -np.inf
        places = similarities.argmax(axis=1)
        found = similarities[np.arange(stop - start), places]
        known = np.isfinite(found)
        nearest[start:stop][known] = places[known] + oldest
        best[start:stop][known] = found[known]
    return nearest, best


def threads(nearest: np.ndarray, similarity: np.ndarray, threshold: float) -> np.ndarray:
    """(n,) int64: the thread of each text, by the number of its first story."""
    labels = np.arange(len(nearest))
    for text in np.flatnonzero(similarity >= threshold).tolist():
        if nearest[text] >= 0:
            labels[text] = labels[nearest[text]]
    return labels
