"""What a baseline is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import ClassVar, Protocol

import numpy as np

ONE_PASS, BATCH = "one pass", "batch"

GRAIN = {"claim": 0.55, "topic": 0.40}
"""Cosine similarity at which a fixed threshold stands, by preset: the best of a plain centroid rule on our development streams, rounded to
.05, so that the fixed figures are not a straw man either."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The distinct texts of a stream, in order of their first copies. Copies follow their first copy.

    Args:
        vectors: (n, dim) float32, unit length: the very vectors that the clusterer saw.
        words: the words of each text, each once.
        gold_clusters: gold clusters of these texts; only what is marked as an oracle may look at it.
        preset: name of the grain.
    """

    vectors: np.ndarray = field(repr=False)
    words: Sequence[tuple[str, ...]] = field(repr=False)
    gold_clusters: int
    preset: str = "claim"

    def __len__(self) -> int:
        return len(self.vectors)

    def first(self, count: int) -> Texts:
        """Only so many of them."""
        return Texts(self.vectors[:count], self.words[:count], self.gold_clusters, self.preset)


@dataclass(frozen=True, slots=True)
class Try:
    """One clustering.

    Args:
        setting: with which parameter, in words.
        labels: (n,) int64, a cluster for each text; -1 = none, which is scored as a cluster of its own.
        seconds: what it took on ready vectors.
    """

    setting: str
    labels: np.ndarray = field(repr=False)
    seconds: float


class Baseline(Protocol):
    """Another way to cluster the same vectors. What it is, its source and its parameters stand in its docstring.

    Attributes:
        name: as `--compare` and the table call it.
        title: what it is, in a few words.
        kind: `ONE_PASS`: each post is put somewhere when it comes, from what came before; `BATCH`: all posts are there at once.
        on_arrival: whether the labels are those that posts were given as they came, so that a detection delay can be told.
        most: distinct texts it takes at most, for its speed or its memory.
        why: why not more.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[str]
    on_arrival: ClassVar[bool]
    most: ClassVar[int]
    why: ClassVar[str]

    def tries(self, texts: Texts) -> Iterator[Try]:
        """The clustering at the setting fixed beforehand, then those among which the best on the gold labels is sought, if any.

        Args:
            texts: at most `most` of them, at least one.
        """


def timed(work: Callable[[], np.ndarray], setting: str, before: float = 0.0) -> Try:
    """Labels from a piece of work, with the time it took.

    Args:
        work: gives the labels.
        setting: in words.
        before: seconds of what was done once for several settings.
    """
    started = perf_counter()
    labels = work()
    return Try(setting, np.asarray(labels, np.int64), before + perf_counter() - started)
