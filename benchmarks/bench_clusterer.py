"""The clusterer on ready vectors: against its own hnswlib calls and nothing else, and with ten times as many clusters.

Both are one thread that waits for nothing, so processor time is measured: others on the machine disturb it less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter, process_time
from typing import Any

import hnswlib
import numpy as np

from benchmarks.harness import Clock, Result, compare, summary, timed
from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.claims import Claim, EmbeddedClaim, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.params import Params

BATCH = 512
CALLS_BAR = 0.5
GROWTH_BAR = 0.5
_GROWTH = 10
_ROOM = 1024

Call = tuple[str, Any, Any]


class RecordingIndex(HnswIndex):
    """An `HnswIndex` that writes down what reaches hnswlib.

    Attributes:
        calls: (`add`, vectors, labels), (`query`, vector, k), (`delete`, label, None), (`rebuild`, vectors, labels), in order.
    """

    def __init__(self, dim: int, params: Params) -> None:
        super().__init__(dim, params)
        self.calls: list[Call] = []

    def write(self, label: int, vector: np.ndarray) -> None:
        """Add or move a label."""
        self.calls.append(("add", vector[None].copy(), (label,)))
        super().write(label, vector)

    def delete(self, label: int) -> None:
        """Delete a label."""
        self.calls.append(("delete", label, None))
        super().delete(label)

    def search(self, vector: np.ndarray, k: int) -> tuple[list[int], list[float]]:
        """Nearest live labels."""
        if len(self):
            self.calls.append(("query", vector, min(k, len(self))))
        return super().search(vector, k)

    def rebuild(self, labels: Sequence[int], vectors: np.ndarray) -> None:
        """Start a fresh generation."""
        self.calls.append(("rebuild", vectors.copy(), list(labels)))
        super().rebuild(labels, vectors)


def run(claims: Sequence[EmbeddedClaim], params: Params, *, repeats: int) -> Iterator[Result]:
    """Both measures."""
    yield against_calls(claims, params, repeats)
    yield at_ten_times(claims, params, repeats)


def against_calls(claims: Sequence[EmbeddedClaim], params: Params, repeats: int) -> Result:
    """The clusterer against a bare loop that makes the hnswlib calls of one of its runs, recorded beforehand."""
    dim = len(claims[0].vector)
    recorder = RecordingIndex(dim, params)
    assign_all(StreamClusterer(recorder, params), claims)
    calls = recorder.calls
    return compare(
        f"clusterer, {len(claims)} ready vectors",
        lambda: clusterer_rate(claims, params, process_time),
        lambda: timed(len(claims), partial(replay, calls, dim, params), process_time),
        bar=CALLS_BAR,
        baseline=f"its {len(calls)} hnswlib calls alone",
        repeats=repeats,
    )


def clusterer_rate(claims: Sequence[EmbeddedClaim], params: Params, clock: Clock = perf_counter) -> float:
    """Claims per second of a new clusterer."""
    clusterer = StreamClusterer(HnswIndex(len(claims[0].vector), params), params)
    return timed(len(claims), partial(assign_all, clusterer, claims), clock)


def assign_all(clusterer: StreamClusterer, claims: Sequence[EmbeddedClaim]) -> None:
    """All claims, in batches."""
    for start in range(0, len(claims), BATCH):
        clusterer.assign(claims[start : start + BATCH])


def replay(calls: Sequence[Call], dim: int, params: Params) -> None:
    """Make the calls on a bare hnswlib index; it has room for all from the start."""
    room = _ROOM + sum(len(labels) for kind, _, labels in calls if kind in ("add", "rebuild"))
    index = _bare(dim, params, room)
    for kind, what, more in calls:
        if kind == "query":
            index.knn_query(what, more, num_threads=1)
        elif kind == "add":
            index.add_items(what, more, num_threads=1)
        elif kind == "delete":
            index.mark_deleted(what)
        else:
            index = _bare(dim, params, room)
            index.add_items(what, more, num_threads=1)


def _bare(dim: int, params: Params, room: int) -> Any:
    index = hnswlib.Index("ip", dim)
    index.init_index(room, M=params.index_neighbors, ef_construction=params.index_build_effort, random_seed=1)
    index.set_ef(params.index_search_effort)
    index.set_num_threads(1)
    return index


def at_ten_times(claims: Sequence[EmbeddedClaim], params: Params, repeats: int) -> Result:
    """The same claims, turn by turn, into a clusterer with few live clusters and into one with ten times as many."""
    few = min(3_000, len(claims) // 4)
    strangers = strange_claims(claims, _GROWTH * few)
    small, large = (filled(strangers[:count], params) for count in (few, _GROWTH * few))
    before = len(small.clusters), len(large.clusters)
    turns = [(_cpu_rate(large, part), _cpu_rate(small, part)) for part in _parts(claims, max(2 * repeats, 4))]
    after = len(small.clusters), len(large.clusters)
    return summary(
        f"clusterer, {before[1]} to {after[1]} live clusters", turns, bar=GROWTH_BAR, baseline=f"itself at {before[0]} to {after[0]}"
    )


def _cpu_rate(clusterer: StreamClusterer, claims: Sequence[EmbeddedClaim]) -> float:
    return timed(len(claims), partial(assign_all, clusterer, claims), process_time)


def filled(strangers: Sequence[EmbeddedClaim], params: Params) -> StreamClusterer:
    """A clusterer in which each of these claims has founded a cluster, or nearly each."""
    clusterer = StreamClusterer(HnswIndex(len(strangers[0].vector), params), params)
    assign_all(clusterer, strangers)
    clusterer.take_changes()
    return clusterer


def strange_claims(claims: Sequence[EmbeddedClaim], count: int, seed: int = 1) -> list[EmbeddedClaim]:
    """Claims unlike each other but from the same part of space: real vectors half drowned in noise, with words of other texts."""
    rng = np.random.default_rng(seed)
    real = np.stack([claims[i].vector for i in rng.integers(len(claims), size=count)])
    noise = rng.standard_normal(real.shape, np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    rows = 0.45 * real + 0.9 * noise
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    words = sorted({word for embedded in claims for word in embedded.claim.comparison.split()})
    picks = rng.integers(len(words), size=(count, 12))
    at = next((e.claim.created_at for e in claims if e.claim.created_at is not None), None)
    return [EmbeddedClaim(_stranger(" ".join(words[i] for i in row), n, at), v) for n, (row, v) in enumerate(zip(picks, rows, strict=True))]


def _stranger(text: str, number: int, at: float | None) -> Claim:
    record = {"id": f"stranger-{number}", "text": f"{text} stranger{number}", "created_at": at}
    return parse_claim(record, origin=Origin("strangers", 0, number))


def _parts(claims: Sequence[EmbeddedClaim], count: int) -> list[Sequence[EmbeddedClaim]]:
    """The claims cut into equal parts, in order."""
    size = len(claims) // count
    return [claims[i * size : (i + 1) * size] for i in range(count)]
