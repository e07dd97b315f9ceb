"""A cluster of claims: what it holds, how it absorbs a claim or another cluster, and its plain record."""

from __future__ import annotations

import base64
import hashlib
import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from streamclust.claims import Claim
from streamclust.exemplars import NEAR_COPY, Exemplar, closest_pair, nearest, room, weightier_first
from streamclust.trends import Trend

LIVE, MERGED, RETIRED = "live", "merged", "retired"
HEAT_HALF_LIFE = 3600.0
_GROWN = 8
_CLEARLY = 0.02
_CONSIDERED = 4
_UNLIKE = 0.1
_FOLDED = 128
_RIVAL_SHARE = 0.1
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


class Limits(NamedTuple):
    """How much a cluster may keep.

    Args:
        exemplars: exemplars at most.
        terms: words.
        complexity: what earns a cluster one more exemplar.
    """

    exemplars: int
    terms: int
    complexity: float


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
        founder: id of the claim that founded it; empty once it was split, for the claim may be in either half.
        heat: claims, each halved every hour of event time; `growth` reads it.
        peak: claims it had at most before it was split.
        check_at: so many texts at which it is next looked at whether it has become two.
        doubts: times in a row that it looked like two.
        parted: ids of the clusters it was split from or that were split from it; it never merges with them again.
        version: number of changes.
        touch: number of the clusterer's last action on it; orders clusters by how long they have been quiet.
        retirements: how often it has retired.
        revivable: whether it retired and a claim may still bring it back: its vectors are kept.
        merged_into: the cluster that absorbed it.
        absorbed: ids of the clusters it absorbed, in order.
        exemplars: the few members that stand for all; every member is booked to one.
        folded: number of an exemplar that is kept no more → number of the one that stands for its members.
        stands: number of the exemplar that stands for the whole cluster.
        ambiguity: how near the next cluster is to its claims of late: the score of the second best candidate as a share of its own
            score, exponentially weighted; 0 where there is no other, 1 where another is as near.
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
    peak: int = 0
    check_at: int = 0
    doubts: int = 0
    version: int = 0
    touch: int = 0
    status: str = LIVE
    retired_at: float = 0.0
    retirements: int = 0
    revivable: bool = False
    merged_into: str | None = None
    absorbed: list[str] = field(default_factory=list)
    parted: list[str] = field(default_factory=list)
    exemplars: list[Exemplar] = field(default_factory=list)
    folded: dict[int, int] = field(default_factory=dict)
    stands: int = 0
    ambiguity: float = 0.0
    authors: DistinctCounter = field(default_factory=DistinctCounter)
    sources: dict[str, int] = field(default_factory=dict)
    langs: dict[str, int] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    trend: Trend | None = None
    _closest: tuple[float, int, int] | None = field(default=None, init=False, repr=False)

    @classmethod
    def found(
        cls, claim: Claim, vector: np.ndarray, words: Mapping[str, float], *, label: int, number: int, seen_at: float, now: float
    ) -> Self:
        """A cluster of one claim, whose text has this number among all texts."""
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
            exemplars=[Exemplar(claim.id, claim.text, vector, number)],
            stands=number,
        )
        cluster.count(claim, seen_at=seen_at, now=now)
        return cluster

    def absorb(self, claim: Claim, vector: np.ndarray, words: Mapping[str, float], *, number: int, limits: Limits) -> int:
        """Take in a new text: centroid, words and exemplars. `count` books the claim itself.

        Args:
            vector: (dim,) float32 unit vector.
            words: idf weight of each word of the claim, unit length.
            number: of the text among all texts.
            limits: how much to keep.

        Returns:
            Number of the exemplar the text is booked to: its own, if it has become one.
        """
        booked = self._book_text(claim, vector, number, limits)
        self.distinct += 1
        self.total = self.total + vector
        self.norm = math.sqrt(self.total.dot(self.total))
        self._add_words(words, limits.terms)
        return booked

    def credit(self, number: int) -> None:
        """Book a copy to the exemplar its first copy was booked to."""
        kept = self.folded.get(number, number)
        for exemplar in self.exemplars:
            if exemplar.number == kept:
                exemplar.claims += 1

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

    def merge(self, other: Cluster, *, now: float, limits: Limits) -> None:
        """Take in all of `other`; nothing of its weight is lost. `other` becomes a redirect."""
        self._join_exemplars(other, limits)
        self.total = self.total + other.total
        self.norm = math.sqrt(self.total.dot(self.total))
        self._add_words(other.words, limits.terms)
        self.ambiguity = (self.ambiguity * self.distinct + other.ambiguity * other.distinct) / (self.distinct + other.distinct)
        self.heat = self._cooled(other.last_at) + other.heat * _decay(max(self.last_at - other.last_at, 0.0))
        self.size += other.size
        self.distinct += other.distinct
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.touched_at = now
        self.elect()
        self.authors.update(other.authors)
        for mine, theirs in ((self.sources, other.sources), (self.langs, other.langs)):
            for name, times in theirs.items():
                count_label(mine, name, times)
        self.absorbed += [other.id, *other.absorbed]
        self.parted = list(dict.fromkeys([*self.parted, *other.parted]))
        self.doubts = 0
        self.version += 1
        other.merged_into = self.id
        other._end(MERGED, now)
        other.close()

    def keep(self, half: Cluster, *, now: float) -> None:
        """Shrink to a half of itself that has vectors, words, exemplars and counts of its own."""
        self.peak = max(self.peak, self.size)
        self.heat *= half.size / self.size
        self.total, self.norm, self.words, self.words_square = half.total, half.norm, half.words, half.words_square
        self.size, self.distinct, self.exemplars, self.folded = half.size, half.distinct, half.exemplars, half.folded
        self.founder, self.touched_at, self._closest = "", now, None
        self.version += 1

    def retire(self, *, now: float) -> None:
        """Fall silent; a claim may bring it back until it is closed."""
        self._end(RETIRED, now)
        self.retirements += 1
        self.revivable = True

    def revive(self) -> None:
        """Take claims again."""
        self.status, self.retired_at, self.revivable = LIVE, 0.0, False
        self.version += 1

    def _end(self, status: str, now: float) -> None:
        self.status, self.retired_at = status, now
        self.version += 1

    def close(self) -> None:
        """Take no more claims. Vectors go; the exemplars come in the order of their nearness to the centroid while they can tell."""
        self.revivable, self.trend = False, None
        self.exemplars.sort(key=lambda e: (e.number == self.stands, float(e.vector.dot(self.total))), reverse=True)
        for exemplar in self.exemplars:
            exemplar.close()

    @property
    def centroid(self) -> np.ndarray:
        """(dim,) float32 unit vector."""
        return self.total / np.float32(self.norm)

    @property
    def word_weights(self) -> dict[str, float]:
        """Its words at unit length, as those of one claim."""
        length = math.sqrt(self.words_square) or 1.0
        return {word: weight / length for word, weight in self.words.items()}

    @property
    def cohesion(self) -> float:
        """Length of the mean vector in 0..1: the mean cosine of the members to their centroid."""
        return self.norm / self.distinct

    @property
    def booked(self) -> list[int]:
        """Numbers under which members are booked: of the exemplars, and of those folded into them."""
        return [*self.folded, *(exemplar.number for exemplar in self.exemplars)]

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

    def rival(self, share: float) -> None:
        """Note how near the second best cluster was to a claim that joined, as a share of this one's score."""
        share = min(max(share, 0.0), 1.0)
        self.ambiguity = share if self.distinct <= 2 else self.ambiguity + _RIVAL_SHARE * (share - self.ambiguity)

    def look_again(self, every: int, *, doubts: int = 0) -> None:
        """Wait for `every` new texts, or an eighth of what there are, before the next look; so often in a row it looked like two."""
        self.doubts = doubts
        self.check_at = self.distinct + max(every, self.distinct // _GROWN)

    def elect(self) -> None:
        """Let another exemplar stand for the cluster if it is clearly nearer to the centroid: the one that stands does not flicker."""
        if len(self.exemplars) == 1:
            self.stands = self.exemplars[0].number
            return
        nearness = {e.number: float(e.vector.dot(self.total)) for e in self.exemplars}
        best = max(self.exemplars, key=lambda e: nearness[e.number])
        if nearness[best.number] > nearness.get(self.stands, -math.inf) + _CLEARLY * self.norm:
            self.stands = best.number

    def _book_text(self, claim: Claim, vector: np.ndarray, number: int, limits: Limits) -> int:
        """Keep a text unlike the exemplars while there is room, or in place of a redundant one; else book it to the nearest."""
        similarity, home = nearest(self.exemplars, vector)
        if similarity < NEAR_COPY and self._make_room(similarity, limits):
            self._append(Exemplar(claim.id, claim.text, vector, number))
            return number
        if len(self.exemplars) > 1:
            home.add(vector)
        else:
            home.claims += 1
            home.wordings += 1
        return home.number

    def _append(self, new: Exemplar) -> None:
        first = self.exemplars[0]
        if len(self.exemplars) == 1 and first.wordings > 1:
            first.total = self.total
        self.exemplars.append(new)
        self._closest = None
        self.elect()

    def _make_room(self, similarity: float, limits: Limits) -> bool:
        """Whether there is room for a text with this cosine to the nearest exemplar; the two most alike become one if that makes some.

        Once there is no room one text in `_CONSIDERED` is looked at, and two must be clearly more alike: exemplars that come and go tell
        less than those that stay.
        """
        if len(self.exemplars) < limits.exemplars and len(self.exemplars) < self._room(limits):
            return True
        if len(self.exemplars) == 1 or len(self.folded) >= _FOLDED or self.distinct % _CONSIDERED:
            return False
        if self._closest is None:
            self._closest = closest_pair(self.exemplars)
        alike, *pair = self._closest
        kept, gone = weightier_first(self.exemplars, pair)
        if alike <= similarity + _UNLIKE:
            return False
        self._fold(self.exemplars[gone], self.exemplars[kept])
        return True

    def _room(self, limits: Limits) -> int:
        return room(limits.exemplars, self.cohesion, self.ambiguity, limits.complexity)

    def _fold(self, gone: Exemplar, into: Exemplar) -> None:
        """One exemplar less; another stands for its members from here on."""
        into.take(gone)
        if gone in self.exemplars:
            self.exemplars.remove(gone)
        self._closest = None
        self.folded = {number: into.number if kept == gone.number else kept for number, kept in self.folded.items()}
        self.folded[gone.number] = into.number

    def _join_exemplars(self, other: Cluster, limits: Limits) -> None:
        for cluster in (self, other):
            only = cluster.exemplars[0]
            if len(cluster.exemplars) == 1 and only.wordings > 1:
                only.total = cluster.total
        self.folded.update(other.folded)
        for theirs in other.exemplars:
            similarity, home = nearest(self.exemplars, theirs.vector)
            mine = replace(theirs)
            if similarity < NEAR_COPY and len(self.exemplars) < limits.exemplars:
                self.exemplars.append(mine)
            else:
                self._fold(mine, home)
        self._closest = None
        if len(self.exemplars) == 1:
            self.exemplars[0].total = None

    def to_record(self) -> dict[str, Any]:
        """Plain values and bytes; `from_record` gives the same cluster back, bit for bit."""
        whole = self.status == LIVE or self.revivable
        return {
            "id": self.id,
            "label": self.label,
            "total": self.total.tobytes() if whole and self.distinct > 1 else b"",
            "norm": self.norm,
            "words": self.words if whole else dict(top_words(self.words, 16)),
            "words_square": self.words_square,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "touched_at": self.touched_at,
            "size": self.size,
            "distinct": self.distinct,
            "heat": self.heat,
            "founder": self.founder,
            "peak": self.peak,
            "check_at": self.check_at,
            "doubts": self.doubts,
            "parted": self.parted,
            "version": self.version,
            "touch": self.touch,
            "status": self.status,
            "retired_at": self.retired_at,
            "retirements": self.retirements,
            "revivable": self.revivable,
            "merged_into": self.merged_into,
            "absorbed": self.absorbed,
            "exemplars": [e.to_record(alone=self.distinct == 1) for e in self.exemplars],
            "folded": list(self.folded.items()) if whole else [],
            "stands": self.stands,
            "ambiguity": self.ambiguity,
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
        values["exemplars"] = [Exemplar.from_record(exemplar, vector) for exemplar in record["exemplars"]]
        values["authors"] = DistinctCounter(record["authors"])
        values["trend"] = Trend.from_record(record["trend"]) if record["trend"] is not None else None
        for name in ("words", "folded", "sources", "langs"):
            values[name] = dict(record[name])
        for name in ("absorbed", "parted", "history"):
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


def count_label(counts: dict[str, int], name: str, times: int = 1) -> None:
    """Count a label; once the table is full new ones go under the empty name, so that it stays bounded."""
    if name not in counts and len(counts) >= _COUNTED_LABELS:
        name = ""
    counts[name] = counts.get(name, 0) + times
