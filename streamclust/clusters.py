"""A cluster of claims: what it holds, how it absorbs a claim or another cluster, and its plain record."""

from __future__ import annotations

import base64
import hashlib
import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from streamclust.claims import Claim
from streamclust.trends import Trend

LIVE, MERGED, RETIRED = "live", "merged", "retired"
HEAT_HALF_LIFE = 3600.0
_NEAR_COPY = 0.9
_CONSIDERED = 4
_COUNTED_LABELS = 32
_HISTORY = 64


class DistinctCounter:
    """How many different names were seen: exact up to `SIZE`, estimated above (±6 %).

    k minimum values (Bar-Yossef et al., RANDOM 2002): of n hashes spread evenly over [0, 1) the k-th
    smallest lies near k/n.

    >>> authors = DistinctCounter()
    >>> for name in ["ann", "bob", "ann"]:
    ...     _ = authors.add(name)
    >>> authors.count
    2
    """

    SIZE = 256
    __slots__ = ("_smallest",)

    def __init__(self, smallest: bytes = b"") -> None:
        self._smallest = array("Q", smallest)

    def add(self, name: str) -> int:
        """Count `name` once, however often it comes; its 64-bit hash."""
        value = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
        self._insert(value)
        return value

    def update(self, other: DistinctCounter) -> None:
        """Count all that `other` counted."""
        for value in other._smallest:
            self._insert(value)

    def _insert(self, value: int) -> None:
        kept = self._smallest
        at = bisect_left(kept, value)
        if at > self.SIZE or (at < len(kept) and kept[at] == value):
            return
        kept.insert(at, value)
        if len(kept) > self.SIZE + 1:
            kept.pop()

    @property
    def count(self) -> int:
        """Distinct names seen."""
        kept = self._smallest
        if len(kept) <= self.SIZE:
            return len(kept)
        return round(self.SIZE * 2.0**64 / kept[-1])

    @property
    def only(self) -> int | None:
        """The hash of the one name there is; None where there are none or several."""
        return self._smallest[0] if len(self._smallest) == 1 else None

    def tobytes(self) -> bytes:
        """The kept hashes, for saving."""
        return self._smallest.tobytes()


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A member that stands for others like it.

    Args:
        vector: (dim,) float32, unit length.
    """

    claim_id: str
    text: str
    vector: np.ndarray = field(repr=False, compare=False)


@dataclass(slots=True, kw_only=True, eq=False)
class Cluster:
    """Claims that say the same.

    Args:
        id: for ever; derived from the founding claim's id.
        label: its number in the index.
        total: (dim,) float32, the sum of the distinct members' unit vectors.
        norm: length of `total`.
        indexed: (dim,) float32 unit vector the index holds for it, values representable in float16.
        words: idf-weighted word counts of the distinct members, the heaviest ones.
        words_square: squared length of `words`.
        size: claims, copies included.
        distinct: texts, copies not counted.
        first_at, last_at: event time of the earliest and latest member, seconds.
        touched_at: the stream's clock when it last took a claim.
        founder: id of the claim that founded it.
        heat: claims, each halved every hour of event time; `growth` reads it.
        version: number of changes.
        touch: number of the clusterer's last action on it; orders clusters by how long they have been quiet.
        merged_into: the cluster that absorbed it.
        absorbed: ids of the clusters it absorbed, in order.
        trend: how its authors come in; None before its second claim, and where the stream has no times.
    """

    id: str
    label: int
    total: np.ndarray
    norm: float
    indexed: np.ndarray
    words: dict[str, float]
    words_square: float
    first_at: float
    last_at: float
    touched_at: float
    size: int = 0
    distinct: int = 0
    heat: float = 0.0
    founder: str = ""
    version: int = 0
    touch: int = 0
    status: str = LIVE
    retired_at: float = 0.0
    merged_into: str | None = None
    absorbed: list[str] = field(default_factory=list)
    exemplars: list[Exemplar] = field(default_factory=list)
    authors: DistinctCounter = field(default_factory=DistinctCounter)
    sources: dict[str, int] = field(default_factory=dict)
    langs: dict[str, int] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    trend: Trend | None = None
    _redundant: tuple[float, int] | None = field(default=None, init=False, repr=False)

    @classmethod
    def found(cls, claim: Claim, vector: np.ndarray, words: Mapping[str, float], *, label: int, seen_at: float, now: float) -> Self:
        """A cluster of one claim."""
        cluster = cls(
            id=cluster_id(claim.id),
            label=label,
            total=vector,
            norm=math.sqrt(vector.dot(vector)),
            indexed=vector,
            words=dict(words),
            words_square=sum(w * w for w in words.values()),
            first_at=seen_at,
            last_at=seen_at,
            touched_at=now,
            founder=claim.id,
            distinct=1,
            exemplars=[Exemplar(claim.id, claim.text, vector)],
        )
        cluster.count(claim, seen_at=seen_at, now=now)
        return cluster

    def absorb(self, claim: Claim, vector: np.ndarray, words: Mapping[str, float], *, limits: tuple[int, int]) -> None:
        """Take in a new text: centroid, words and exemplars. `count` books the claim itself.

        Args:
            vector: (dim,) float32 unit vector.
            words: idf weight of each word of the claim, unit length.
            limits: how many exemplars and words to keep.
        """
        most_exemplars, most_words = limits
        self.distinct += 1
        self.total = self.total + vector
        self.norm = math.sqrt(self.total.dot(self.total))
        self._add_words(words, most_words)
        self._consider_exemplar(claim.id, claim.text, vector, most_exemplars)

    def count(self, claim: Claim, *, seen_at: float, now: float) -> int | None:
        """Book one more claim: size, span, heat, who said it and where.

        Returns:
            The author's hash; None where nobody is named.
        """
        self.size += 1
        self.version += 1
        self.heat = 1.0 + self._cooled(seen_at)
        self.first_at = min(self.first_at, seen_at)
        self.last_at = max(self.last_at, seen_at)
        self.touched_at = now
        if claim.source is not None:
            count_label(self.sources, claim.source)
        if claim.lang is not None:
            count_label(self.langs, claim.lang)
        return self.authors.add(claim.author) if claim.author is not None else None

    def merge(self, other: Cluster, *, now: float, limits: tuple[int, int]) -> None:
        """Take in all of `other`; nothing of its weight is lost. `other` becomes a redirect."""
        most_exemplars, most_words = limits
        self.total = self.total + other.total
        self.norm = math.sqrt(self.total.dot(self.total))
        self._add_words(other.words, most_words)
        for exemplar in other.exemplars:
            self._consider_exemplar(exemplar.claim_id, exemplar.text, exemplar.vector, most_exemplars)
        self.heat = self._cooled(other.last_at) + other.heat * _decay(max(self.last_at - other.last_at, 0.0))
        self.size += other.size
        self.distinct += other.distinct
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.touched_at = now
        self.authors.update(other.authors)
        for mine, theirs in ((self.sources, other.sources), (self.langs, other.langs)):
            for name, times in theirs.items():
                count_label(mine, name, times)
        self.absorbed += [other.id, *other.absorbed]
        self.version += 1
        other.merged_into = self.id
        other._close(MERGED, now)

    def retire(self, *, now: float) -> None:
        """Take no more claims."""
        self._close(RETIRED, now)

    def _close(self, status: str, now: float) -> None:
        """Vectors go from here on; the exemplar nearest the centroid comes first while they can tell."""
        self.status, self.retired_at, self.trend = status, now, None
        self.version += 1
        self.exemplars.sort(key=lambda e: float(e.vector.dot(self.total)), reverse=True)

    @property
    def centroid(self) -> np.ndarray:
        """(dim,) float32 unit vector."""
        return self.total / np.float32(self.norm)

    @property
    def cohesion(self) -> float:
        """Length of the mean vector in 0..1: the mean cosine of the members to their centroid."""
        return self.norm / self.distinct

    def growth(self, now: float) -> float:
        """Claims per hour of late, at event time `now`."""
        return self.heat * _decay(max(now - self.last_at, 0.0)) * math.log(2) if self.last_at else 0.0

    def trend_score(self, now: float) -> float:
        """Score of its trend for ranking, at event time `now`; 0.0 where it has none."""
        return self.trend.standing(now) if self.trend is not None else 0.0

    def note(self, what: str, at: float, **details: Any) -> None:
        """Keep a line of history; the middle of a very long one is dropped."""
        self.history.append({"what": what, "at": at, **details})
        if len(self.history) > _HISTORY:
            del self.history[_HISTORY // 2]

    def _cooled(self, at: float) -> float:
        """Heat as it stands at event time `at`; a late claim finds it as it is."""
        return self.heat * _decay(at - self.last_at) if at > self.last_at else self.heat

    def _add_words(self, words: Mapping[str, float], most: int) -> None:
        mine, square = self.words, self.words_square
        for word, weight in words.items():
            before = mine.get(word, 0.0)
            mine[word] = before + weight
            square += (2.0 * before + weight) * weight
        if len(mine) > 2 * most:
            mine = dict(sorted(mine.items(), key=lambda item: (-item[1], item[0]))[:most])
            square = sum(w * w for w in mine.values())
        self.words, self.words_square = mine, square

    def _consider_exemplar(self, claim_id: str, text: str, vector: np.ndarray, most: int) -> None:
        """Keep a member if it is unlike the others: while there is room, or in place of the most redundant one.

        Once there is no room one in `_CONSIDERED` is looked at: it would be a tenth of the time a claim takes.
        """
        kept = self.exemplars
        if len(kept) >= most and self.distinct % _CONSIDERED:
            return
        nearest = max([float(e.vector.dot(vector)) for e in kept])
        if nearest >= _NEAR_COPY:
            return
        if len(kept) < most:
            kept.append(Exemplar(claim_id, text, vector))
            self._redundant = None
            return
        if self._redundant is None:
            self._redundant = max((_nearest_other(kept, i), i) for i in range(len(kept)))
        redundancy, position = self._redundant
        if redundancy > nearest:
            kept[position] = Exemplar(claim_id, text, vector)
            self._redundant = None

    def to_record(self) -> dict[str, Any]:
        """Plain values and bytes; `from_record` gives the same cluster back, bit for bit."""
        live = self.status == LIVE
        return {
            "id": self.id,
            "label": self.label,
            "total": self.total.tobytes() if live and self.distinct > 1 else b"",
            "norm": self.norm,
            "words": self.words if live else dict(top_words(self.words, 16)),
            "words_square": self.words_square,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "touched_at": self.touched_at,
            "size": self.size,
            "distinct": self.distinct,
            "heat": self.heat,
            "founder": self.founder,
            "version": self.version,
            "touch": self.touch,
            "status": self.status,
            "retired_at": self.retired_at,
            "merged_into": self.merged_into,
            "absorbed": self.absorbed,
            "exemplars": [(e.claim_id, e.text, _halves(e.vector) if live and self.distinct > 1 else b"") for e in self.exemplars],
            "authors": self.authors.tobytes(),
            "sources": self.sources,
            "langs": self.langs,
            "history": self.history,
            "trend": self.trend.to_record() if self.trend is not None else None,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], indexed: np.ndarray | None = None) -> Self:
        """The cluster a record was made from.

        Args:
            indexed: (dim,) float32, what the index last held for it; a lone claim's vector is that and is not saved twice.
        """
        values = dict(record)
        vector = np.empty(0, np.float32) if indexed is None else indexed
        values["total"] = np.frombuffer(record["total"], np.float32) if record["total"] else vector
        values["exemplars"] = [
            Exemplar(claim_id, text, np.frombuffer(raw, np.float16).astype(np.float32) if raw else vector)
            for claim_id, text, raw in record["exemplars"]
        ]
        values["authors"] = DistinctCounter(record["authors"])
        values["trend"] = Trend.from_record(record["trend"]) if record["trend"] is not None else None
        for name in ("words", "sources", "langs"):
            values[name] = dict(record[name])
        for name in ("absorbed", "history"):
            values[name] = list(record[name])
        return cls(indexed=vector, **values)


def cluster_id(claim_id: str) -> str:
    """The id of the cluster this claim would found: `c` and twelve letters or digits.

    >>> cluster_id("post-1") == cluster_id("post-1") != cluster_id("post-2")
    True
    """
    digest = hashlib.blake2b(claim_id.encode(), digest_size=10).digest()
    return "c" + base64.b32encode(digest).decode().lower()[:12]


def top_words(words: Mapping[str, float], most: int) -> list[tuple[str, float]]:
    """The heaviest words, heaviest first."""
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))[:most]


def _decay(seconds: float) -> float:
    return math.exp2(-seconds / HEAT_HALF_LIFE)


def _halves(vector: np.ndarray) -> bytes:
    return vector.astype(np.float16).tobytes()


def _nearest_other(exemplars: list[Exemplar], position: int) -> float:
    mine = exemplars[position].vector
    return max((float(e.vector.dot(mine)) for i, e in enumerate(exemplars) if i != position), default=-1.0)


def count_label(counts: dict[str, int], name: str, times: int = 1) -> None:
    """Count a label; once the table is full new ones go under the empty name, so that it stays bounded."""
    if name not in counts and len(counts) >= _COUNTED_LABELS:
        name = ""
    counts[name] = counts.get(name, 0) + times
