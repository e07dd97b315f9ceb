"""Arrivals whose trends are known: who posts into which cluster when, with bursts, ramps and floods put in.

There are no texts and no vectors, for speed. The background is as bad as real streams are: rates of a few clusters far above those of
most, nights, flurries (posts that bring on others), hours in which a cluster is livelier than in others, authors who come back, copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from streamclust.params import DAY, Params
from streamclust.trends import Onset, Trend, TrendDetector

BUCKET = 300.0
START = 1_767_571_200.0
"""Monday 2026-01-05, midnight."""

_FLURRY, _FLURRY_SECONDS, _GENERATIONS = 0.3, 600.0, 4
_REGULARS = 0.3
_COPIES = 0.4


class Injected(NamedTuple):
    """Something that was put in on purpose.

    Args:
        cluster: into which cluster.
        start, end: event time, seconds.
        size: authors per bucket at its height.
        shape: `step` (all at once), `wave` (up fast, down slowly), `ramp` (ever more over its whole length) or a kind of flood.
    """

    cluster: int
    start: float
    end: float
    size: float
    shape: str


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Posts in the order of their time.

    Args:
        times: (n,) float64, seconds.
        clusters, authors, texts: (n,) int64; who posts, and which wording; a text that came before is a copy.
        young: (n,) bool, whether the account is new.
        clusters_in_all: how many clusters there are.
        injected: what was put in.
    """

    times: np.ndarray
    clusters: np.ndarray
    authors: np.ndarray
    texts: np.ndarray
    young: np.ndarray
    clusters_in_all: int
    injected: tuple[Injected, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    @property
    def days(self) -> float:
        """Days from the first post to the last, whole buckets."""
        return float(np.ceil((self.times[-1] - START) / BUCKET)) * BUCKET / DAY

    def joined(self, other: Arrivals) -> Arrivals:
        """Both streams as one."""
        order = np.argsort(np.concatenate([self.times, other.times]), kind="stable")
        columns = {
            n: np.concatenate([getattr(self, n), getattr(other, n)])[order] for n in ("times", "clusters", "authors", "texts", "young")
        }
        most = max(self.clusters_in_all, other.clusters_in_all)
        return Arrivals(**columns, clusters_in_all=most, injected=self.injected + other.injected)


@dataclass(frozen=True, slots=True)
class Background:
    """How an ordinary stream is.

    Args:
        clusters: how many.
        days: for how long.
        busiest: posts per bucket of the liveliest cluster; rates fall off as a power of the rank.
        tail: that power; 0 makes all alike.
        night: share of the day's rate that is left at the dead of night.
        moods: squared coefficient of variation of a cluster's rate from hour to hour, on average; each cluster has its own.
        surge_at, surge: from this share of the time on the whole stream is so many times as busy.
    """

    clusters: int = 300
    days: float = 14.0
    busiest: float = 12.0
    tail: float = 1.1
    night: float = 0.15
    moods: float = 0.3
    surge_at: float = 1.0
    surge: float = 1.0

    def arrivals(self, seed: int) -> Arrivals:
        """One such stream."""
        rng = np.random.default_rng(seed)
        buckets = int(self.days * DAY / BUCKET)
        cycle = self._cycle(buckets)
        parts = [self._posts(rng, rate, cycle) for rate in self.busiest * np.arange(1, self.clusters + 1) ** -self.tail]
        return _assembled(rng, parts, self.clusters)

    def _cycle(self, buckets: int) -> np.ndarray:
        """(buckets,) share of the mean rate: a day's wave, quieter weekends, and the surge."""
        at = np.arange(buckets) * BUCKET / DAY
        day = self.night + (1.0 - self.night) * np.clip(0.5 - 0.75 * np.cos(2.0 * np.pi * (at - 3.0 / 24.0)), 0.0, 1.0)
        week = np.where(at % 7.0 < 5.0, 1.0, 0.7)
        wave = day * week
        busy: np.ndarray = wave / wave.mean() * np.where(np.arange(buckets) >= self.surge_at * buckets, self.surge, 1.0)
        return busy

    def _posts(self, rng: np.random.Generator, rate: float, cycle: np.ndarray) -> np.ndarray:
        """Times of one cluster's posts."""
        mood = self.moods * rng.exponential()
        hours = len(cycle) // 12 + 1
        moods = rng.gamma(1.0 / mood, mood, hours) if mood > 1e-3 else np.ones(hours)
        counts = rng.poisson(rate * (1.0 - _FLURRY) * cycle * np.repeat(moods, 12)[: len(cycle)])
        generation = START + BUCKET * (np.repeat(np.arange(len(cycle)), counts) + rng.random(counts.sum()))
        times = [generation]
        for _ in range(_GENERATIONS):
            children = rng.poisson(_FLURRY, len(generation))
            generation = np.repeat(generation, children) + rng.exponential(_FLURRY_SECONDS, children.sum())
            times.append(generation)
        return np.concatenate(times)


def burst(seed: int, cluster: int, start: float, size: float, buckets: int, shape: str = "step") -> Arrivals:
    """Fresh authors who post into one cluster, Poisson around `size` a bucket at the height of it."""
    rng = np.random.default_rng(seed)
    at = np.arange(buckets)
    heights = {"step": np.ones(buckets), "ramp": (at + 1.0) / buckets, "wave": np.minimum((at + 1.0) / 2.0, np.exp2(-(at - 1.0) / 4.0))}
    counts = rng.poisson(size * heights[shape])
    times = np.sort(start + BUCKET * (np.repeat(at, counts) + rng.random(counts.sum())))
    one = Injected(cluster, start, start + buckets * BUCKET, size, shape)
    return _made(times, cluster, 10**9 * (seed + 1) + np.arange(len(times)), 10**9 * (seed + 1) + np.arange(len(times)), False, one)


def flood(
    seed: int, cluster: int, start: float, kind: str, *, accounts: int = 500, posts: int = 10_000, seconds: float = 3600.0
) -> Arrivals:
    """A campaign.

    Args:
        kind: `bot` (one account, all those `posts`), `copies` (many accounts, one text) or `paraphrases` (many new accounts, each in
            its own words).
    """
    rng = np.random.default_rng(seed)
    posts = posts if kind == "bot" else accounts
    times = np.sort(start + seconds * rng.random(posts))
    authors = 10**12 * (seed + 1) + (np.zeros(posts, np.int64) if kind == "bot" else np.arange(posts))
    texts = 10**12 * (seed + 1) + (np.zeros(posts, np.int64) if kind == "copies" else np.arange(posts))
    size = (1 if kind == "bot" else accounts) * BUCKET / seconds
    one = Injected(cluster, start, start + seconds, size, kind)
    return _made(times, cluster, authors, texts, kind == "paraphrases", one)


@dataclass(slots=True)
class Found:
    """A trend that a detector reports.

    Args:
        cluster: in which cluster.
        at: event time, seconds.
        onset: what gave it away.
        trend: the cluster's, as it stands.
    """

    cluster: int
    at: float
    onset: Onset
    trend: Trend


@dataclass(slots=True)
class Watch:
    """The detector on bare arrivals, as the clusterer would lead it.

    Args:
        params: the numbers that decide.
    """

    params: Params = field(default_factory=Params)
    trends: dict[int, Trend] = field(default_factory=dict)
    ended: list[tuple[int, float]] = field(default_factory=list)

    def run(self, arrivals: Arrivals) -> Iterator[Found]:
        """Trends as they start."""
        detector, texts = TrendDetector(self.params), set[int]()
        on: set[int] = set()
        columns = (getattr(arrivals, name).tolist() for name in ("times", "clusters", "authors", "texts", "young"))
        for at, cluster, author, text, young in zip(*columns, strict=True):
            if detector.turn(at):
                self._end(detector, on, at)
            trend = self.trends.get(cluster)
            if trend is None:
                trend = self.trends[cluster] = detector.begin()
            onset = detector.observe(trend, author, at, copied=text in texts, born=_born(at, author, young))
            texts.add(text)
            if onset is not None:
                trend.started_at = at
                on.add(cluster)
                yield Found(cluster, at, onset, trend)

    def _end(self, detector: TrendDetector, on: set[int], at: float) -> None:
        for cluster in [c for c in sorted(on) if detector.faded(self.trends[c])]:
            on.discard(cluster)
            self.trends[cluster].stage = "quiet"
            self.ended.append((cluster, at))


def records(arrivals: Arrivals) -> Iterator[dict[str, Any]]:
    """The same as posts with made-up texts, for the whole way through encoder and clusterer: a cluster has words of its own."""
    columns = (getattr(arrivals, name).tolist() for name in ("times", "clusters", "authors", "texts", "young"))
    for number, (at, cluster, author, text, young) in enumerate(zip(*columns, strict=True)):
        subject = " ".join(f"{word}{cluster}" for word in ("flood", "bridge", "mayor", "dam", "school", "vote"))
        yield {
            "id": f"post-{number}",
            "text": f"{subject} {_WORDS[text % 10]} {_WORDS[text // 10 % 10]} {_WORDS[text // 100 % 10]} {text // 1000 % 1000}",
            "created_at": at,
            "author": f"account{author}",
            "author_since": _born(at, author, young),
            "source": ("board", "chat", "feed")[author % 3],
            "cluster": cluster,
        }


def _born(at: float, author: int, young: bool) -> float:
    """When an account was made: two days ago, or some time in twelve years."""
    return at - 2.0 * DAY if young else START - (60.0 + author * 997 % 4400) * DAY


_WORDS = ("now", "today", "really", "again", "look", "sad", "wow", "they say", "not true", "please share")


def _assembled(rng: np.random.Generator, parts: list[np.ndarray], clusters: int) -> Arrivals:
    times = np.concatenate(parts)
    numbers = np.repeat(np.arange(clusters), [len(part) for part in parts])
    order = np.argsort(times, kind="stable")
    times, numbers = times[order], numbers[order]
    count = len(times)
    regulars = numbers * 1000 + (20.0 * rng.random(count)).astype(np.int64)
    authors = np.where(rng.random(count) < _REGULARS, regulars, 10**8 + np.arange(count))
    texts = np.where(rng.random(count) < _COPIES, -1 - numbers * 10 - (3.0 * rng.random(count)).astype(np.int64), np.arange(count))
    return Arrivals(times, numbers, authors, texts, rng.random(count) < 0.05, clusters)


def _made(times: np.ndarray, cluster: int, authors: np.ndarray, texts: np.ndarray, young: bool, one: Injected) -> Arrivals:
    number = np.full(len(times), cluster)
    return Arrivals(times, number, authors, texts, np.full(len(times), young), cluster + 1, (one,))
