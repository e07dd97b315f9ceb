"""How early a burst is found, against how often a quiet stream raises a false alarm: ours and what others do, on the same counts.

Thresholds of the others are chosen on development seeds, each for the false alarms that are allowed; everything that is printed is of
other seeds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson
from river import drift

from streamclust.claims import isoformat, parse_time
from streamclust.evaluation.bursts import BUCKET, START, Arrivals, Background, Injected, Watch, burst
from streamclust.params import DAY, Params

ALLOWED = 1.0
"""False alarms per 10,000 cluster-days."""

_DEVELOPMENT, _REPORTED = range(100, 104), range(200, 208)
_WARM_UP = int(3 * DAY / BUCKET)
_COOLDOWN = 12
_AUTHORS = 8
_SIZES = (10, 20, 40)
_BURST, _RAMP = 12, 72
_BURSTS = 60

Alarms = list[tuple[int, float]]
"""(cluster, buckets since the start of the stream), by time."""


@dataclass(frozen=True, slots=True)
class Row:
    """How a detector did.

    Args:
        name: which one.
        false_alarms: per 10,000 cluster-days.
        found: share of the injected that were found, by kind.
        delay: median buckets from the start of one to its alarm, those not found counted as never; by kind.
    """

    name: str
    false_alarms: float
    found: dict[str, float]
    delay: dict[str, float]


# what others do: a score per bucket and cluster


def fixed_z(counts: np.ndarray) -> np.ndarray:
    """Standard deviations above the mean of the day before."""
    day = int(DAY / BUCKET)
    mean, square = _trailing(counts, day) / day, _trailing(counts**2, day) / day
    scores: np.ndarray = (counts - mean) / np.sqrt(np.maximum(square - mean**2, 0.0) + 0.1)
    return scores


def signitrend(counts: np.ndarray, floor: float = 0.5) -> np.ndarray:
    """(x − max(μ, β)) / (σ + β) with exponentially weighted μ and σ (SigniTrend), which knows nothing of the rest of the stream."""
    keep = 0.5 ** (BUCKET / Params().trend_half_life)
    mean, square = np.zeros(len(counts)), np.zeros(len(counts))
    scores = np.empty(counts.shape)
    for at in range(counts.shape[1]):
        x = counts[:, at]
        scores[:, at] = (x - np.maximum(mean, floor)) / (np.sqrt(np.maximum(square - mean**2, 0.0)) + floor)
        mean, square = keep * mean + (1.0 - keep) * x, keep * square + (1.0 - keep) * x**2
    return scores


def point_by_point(counts: np.ndarray) -> np.ndarray:
    """Poisson against the bucket before (Gnip: Hendrickson et al., 2013)."""
    before = np.concatenate([np.zeros((len(counts), 1)), counts[:, :-1]], axis=1)
    scores: np.ndarray = (counts - before) / np.sqrt(np.maximum(before, 1.0))
    return scores


def mastodon(counts: np.ndarray) -> np.ndarray:
    """(observed − expected)² / expected: accounts of the last 24 hours against those of the 24 hours before, as Mastodon's trends."""
    day = int(DAY / BUCKET)
    observed = _trailing(counts, day) + counts
    expected = np.maximum(np.concatenate([np.zeros((len(counts), day)), observed[:, :-day]], axis=1), 1.0)
    return np.where(observed > expected, (observed - expected) ** 2 / expected, 0.0)


def _trailing(values: np.ndarray, width: int) -> np.ndarray:
    """Sum of the `width` buckets before each."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1, dtype=np.float64)], axis=1)
    at = np.arange(values.shape[1])
    sums: np.ndarray = total[:, at] - total[:, np.maximum(at - width, 0)]
    return sums


SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "fixed z-score": fixed_z,
    "SigniTrend's z": signitrend,
    "Poisson, point by point (Gnip)": point_by_point,
    "(o − e)² / e (Mastodon)": mastodon,
}


RIVERS: dict[str, Callable[[], Any]] = {
    **{f"ADWIN (river), delta {delta:g}": partial(drift.ADWIN, delta=delta, clock=1) for delta in (2e-3, 1e-9)},
    **{f"PageHinkley (river), threshold {t:g}": partial(drift.PageHinkley, threshold=t, mode="up") for t in (50.0, 1000.0)},
}


# streams


@cache
def quiet(seed: int) -> Arrivals:
    """A stream in which nothing takes off; its first three days are for learning."""
    return Background().arrivals(seed)


@cache
def lively(seed: int) -> Arrivals:
    """The same, with bursts and ramps put in, one a cluster, on either side of the clusters' ranks."""
    rng = np.random.default_rng(seed)
    stream = quiet(seed)
    for number, cluster in enumerate(rng.choice(stream.clusters_in_all, _BURSTS, replace=False).tolist()):
        size, shape = _SIZES[number % 3], ("step", "wave", "step", "ramp")[number % 4]
        start = START + float(rng.uniform(_WARM_UP + 1, 13 * DAY / BUCKET)) * BUCKET
        stream = stream.joined(burst(seed * 1000 + number, cluster, start, size, _RAMP if shape == "ramp" else _BURST, shape))
    return stream


def counts(arrivals: Arrivals) -> np.ndarray:
    """(clusters, buckets) float64, different authors of each bucket."""
    bucket = ((arrivals.times - START) // BUCKET).astype(np.int64)
    last = int(Background().days * DAY / BUCKET)
    unique = np.unique(np.stack([arrivals.clusters, np.minimum(bucket, last - 1), arrivals.authors]), axis=1)
    table = np.zeros((arrivals.clusters_in_all, last))
    np.add.at(table, (unique[0], unique[1]), 1.0)
    return table


# alarms


def crossings(table: np.ndarray, scores: np.ndarray, threshold: float) -> Alarms:
    """Where a score first reaches the threshold with enough authors in the hour; known when the bucket closes."""
    enough = _trailing(table, 11) + table >= _AUTHORS
    clusters, buckets = np.nonzero((scores >= threshold) & enough)
    return _episodes(zip(clusters.tolist(), (buckets + 1.0).tolist(), strict=True))


def rivers(table: np.ndarray, make: Callable[[], Any]) -> Alarms:
    """One of river's drift detectors for each cluster, where it sees a change for the higher."""
    enough = _trailing(table, 11) + table >= _AUTHORS
    mean = _trailing(table, _WARM_UP) / _WARM_UP
    found: Alarms = []
    for cluster, series in enumerate(table):
        detector = make()
        for at, count in enumerate(series.tolist()):
            detector.update(count)
            if detector.drift_detected and count > mean[cluster, at] and enough[cluster, at]:
                found.append((cluster, at + 1.0))
    return _episodes(found)


def ours(arrivals: Arrivals, params: Params) -> Alarms:
    """Our detector's starts; it need not wait for the bucket to close."""
    return [(found.cluster, (found.at - START) / BUCKET) for found in Watch(params).run(arrivals)]


def _episodes(alarms: Iterator[tuple[int, float]] | Alarms) -> Alarms:
    """Alarms of one cluster within the cooldown are one."""
    last: dict[int, float] = defaultdict(lambda: -np.inf)
    kept = []
    for cluster, at in sorted(alarms, key=lambda alarm: (alarm[1], alarm[0])):
        if at - last[cluster] > _COOLDOWN:
            kept.append((cluster, at))
        last[cluster] = at
    return kept


# figures


def false_alarms(alarms: Sequence[Alarms], streams: Sequence[Arrivals]) -> float:
    """Per 10,000 cluster-days, after the days for learning."""
    raised = sum(1 for found in alarms for _, at in found if at >= _WARM_UP)
    days = sum(stream.clusters_in_all * (Background().days - _WARM_UP * BUCKET / DAY) for stream in streams)
    return raised / days * 10_000


def delays(found: Alarms, injected: Sequence[Injected]) -> Iterator[tuple[str, float]]:
    """(kind, buckets from its start to the first alarm in it); infinite for what was not found."""
    for one in injected:
        start, end = (one.start - START) / BUCKET, (one.end - START) / BUCKET
        times = [at - start for cluster, at in found if cluster == one.cluster and start <= at <= end + 1]
        yield ("ramps" if one.shape == "ramp" else f"{one.size} authors"), min(times, default=np.inf)


def row(name: str, detect: Callable[[Arrivals], Alarms], seeds: Sequence[int]) -> Row:
    """A detector on seeds: false alarms on their quiet streams, delays on their lively ones."""
    by_kind = defaultdict(list)
    for seed in seeds:
        for kind, delay in delays(detect(lively(seed)), lively(seed).injected):
            by_kind[kind].append(delay)
    raised = false_alarms([detect(quiet(seed)) for seed in seeds], [quiet(seed) for seed in seeds])
    found = {kind: float(np.mean(np.isfinite(values))) for kind, values in by_kind.items()}
    return Row(name, raised, found, {kind: median(values) for kind, values in by_kind.items()})


def threshold(score: Callable[[np.ndarray], np.ndarray], seeds: Sequence[int], allowed: float) -> float:
    """The lowest that keeps to the allowed false alarms on these seeds."""
    tables = [counts(quiet(seed)) for seed in seeds]
    pairs = [(table, score(table)) for table in tables]
    values = np.concatenate([np.round(scores[:, _WARM_UP:].ravel(), 2) for _, scores in pairs])
    candidates = np.unique(values[values >= np.quantile(values, 0.999)])
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        raised = false_alarms([crossings(*pair, candidates[middle]) for pair in pairs], [quiet(seed) for seed in seeds])
        low, high = (low, middle) if raised <= allowed else (middle + 1, high)
    return float(candidates[low])


def rows(params: Params, *, quick: bool = False) -> Iterator[Row]:
    """Ours first, then the others."""
    development, reported = (_DEVELOPMENT[:1], _REPORTED[:1]) if quick else (_DEVELOPMENT, _REPORTED)
    yield row(f"ours, trend_start {params.trend_start:g}", partial(ours, params=params), reported)
    for name, score in SCORES.items():
        least = threshold(score, development, ALLOWED)
        yield row(f"{name}, at {least:g}", partial(_scored, score=score, least=least), reported)
    for name, make in RIVERS.items():
        yield row(name, partial(_drifts, make=make), reported[:2])


def _drifts(stream: Arrivals, make: Callable[[], Any]) -> Alarms:
    return rivers(counts(stream), make)


def _scored(stream: Arrivals, score: Callable[[np.ndarray], np.ndarray], least: float) -> Alarms:
    table = counts(stream)
    return crossings(table, score(table), least)


def run(params: Params, *, quick: bool = False, data: Path | None = None) -> int:
    """Print the table, or what is found in a recorded stream; exit code 1 where ours misses a bar."""
    if data is not None:
        recorded(data, params)
        return 0
    kinds = [*(f"{size} authors" for size in _SIZES), "ramps"]
    print(f"{'detector':<44} {'false alarms':>12}  " + "  ".join(f"{kind:>16}" for kind in kinds))
    table = []
    for one in rows(params, quick=quick):
        table.append(one)
        cells = [f"{one.delay[kind]:.1f} ({one.found[kind]:.0%})" for kind in kinds]
        print(f"{one.name:<44} {one.false_alarms:>12.2f}  " + "  ".join(f"{cell:>16}" for cell in cells), flush=True)
    return 0 if _passes(table) else 1


def recorded(path: Path, params: Params) -> None:
    """Starts in a recorded stream whose records name their cluster: when, where and why, a line each."""
    arrivals, names = read(path)
    starts = list(Watch(params).run(arrivals))
    for found in starts:
        excess = found.onset.excess
        why = f"{excess.authors} authors in {excess.buckets * params.trend_bucket / 60:g} min, expected {excess.expected:.1f}"
        told = f"{why} ± {excess.deviation:.1f}, z = {excess.score:.1f}"
        print(f"{isoformat(found.at)}  {found.onset.kind:<5}  {names[found.cluster]:<24}  {told}")
    print(f"{len(arrivals)} posts of {len(names)} clusters, {len(starts)} trends")


def read(path: Path) -> tuple[Arrivals, list[str]]:
    """The records of a JSONL file with time, cluster and author, in the order of their times, and the names of the clusters."""
    clusters, authors, texts = Numbers(), Numbers(), Numbers()
    rows_read: list[tuple[float, int, int, int]] = []
    with path.open("rb") as file:
        for line in file:
            record = orjson.loads(line)
            at = parse_time(record.get("created_at", record.get("time")))
            if at is not None:
                text, author = str(record.get("text", len(rows_read))), record.get("author")
                rows_read.append((at, clusters[str(record["cluster"])], authors[str(text if author is None else author)], texts[text]))
    columns = [np.array(column) for column in zip(*sorted(rows_read), strict=True)]
    times, *numbers = columns
    return Arrivals(times, numbers[0], numbers[1], numbers[2], np.zeros(len(times), bool), len(clusters)), list(clusters)


class Numbers(dict[str, int]):
    """Names by the order in which they come."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self)
        return self[name]


def _passes(table: Sequence[Row]) -> bool:
    first, *others = table
    early = all(first.delay[f"{size} authors"] <= 2.0 for size in _SIZES)
    rivals = [other for other in others if other.false_alarms <= max(first.false_alarms, ALLOWED)]
    return first.false_alarms <= ALLOWED and early and all(first.delay[k] <= r.delay[k] for r in rivals for k in first.delay)
