"""Which cluster, if any, a claim belongs to: features of a pair, the link score, and the decision."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from streamclust.clusters import Cluster
from streamclust.params import Params

WEIGHTS = ("link_similarity", "link_nearest", "link_overlap", "link_size", "link_gap", "link_clash")
"""The params that weigh the features of a candidate, beside `link_bias`."""
_Scored = tuple[float, int, int, float, float, Cluster]
BEST = 3
"""How many candidates are looked at closely, decided on and kept for the record."""


class Candidate(NamedTuple):
    """A cluster a claim may belong to.

    Args:
        score: link score, 0 to 1, the higher the likelier; compared with the threshold. It is no share of right links: how steeply it rises
            is fixed by hand, and .5 is where clusters came out best on development streams.
        similarity: cosine of the claim to the centroid.
        nearest: cosine of the claim to the nearest exemplar, or `similarity` where exemplars were not asked.
        overlap: cosine of the idf-weighted words of claim and cluster.
        gap: claims since the cluster last took one.
        clash: 1.0 where both name numbers and share none, else 0.0.
    """

    score: float
    similarity: float
    nearest: float
    overlap: float
    gap: int
    clash: float
    cluster: Cluster

    @property
    def features(self) -> tuple[float, ...]:
        """What the link model weighs, in the order of `WEIGHTS`: more of each is more likely a link."""
        return features(self.similarity, self.nearest, self.overlap, self.cluster.distinct, self.gap, self.clash)


@dataclass(frozen=True, slots=True)
class Join:
    """The claim belongs to this candidate's cluster."""

    best: Candidate


@dataclass(frozen=True, slots=True)
class Found:
    """The claim founds a cluster: no candidate reaches the threshold."""


class LinkModel:
    """How much speaks for a claim belonging to a cluster: a logistic model with a bias and six weights.

        z = bias + s * similarity + n * nearest + o * overlap + d * log(distinct) - g * log(1 + gap) - c * clash
        score = 1 / (1 + exp(-z))

    The cosines carry paraphrase; the words carry the names, numbers and places in which claims differ and which sentence vectors
    hardly see; where both name numbers and none is the same, they likely speak of different things, however alike they sound. Size
    and gap are what is to be expected before the text is read: what many have said is likelier to be said
    again (the prior of a Chinese restaurant process; Aldous, 1985), and so is what was said just now (the same process with
    forgetting; Blei and Frazier, JMLR 2011). The gap is counted in claims, not in seconds: it means the same in a slow stream and
    in a fast one, and in one without times. `streamclust fit` finds the weights.
    """

    def __init__(self, params: Params) -> None:
        self._bias = params.link_bias
        self._similarity = params.link_similarity
        self._nearest = params.link_nearest
        self._overlap = params.link_overlap
        self._size = params.link_size
        self._gap = params.link_gap
        self._clash = params.link_clash

    @property
    def weights(self) -> tuple[float, ...]:
        """The bias, and the weights in the order of `WEIGHTS`."""
        return self._bias, self._similarity, self._nearest, self._overlap, self._size, self._gap, self._clash

    @weights.setter
    def weights(self, weights: Sequence[float]) -> None:
        self._bias, self._similarity, self._nearest, self._overlap, self._size, self._gap, self._clash = weights

    def rank(self, vector: np.ndarray, words: Mapping[str, float], clusters: Iterable[Cluster], now: int) -> list[Candidate]:
        """Score the clusters; the `BEST` few come back, best first. Ties go to the larger, then to the older one.

        A claim with words passes over clusters that have none: models find all signs alike.

        Args:
            vector: (dim,) float32 unit vector of the claim.
            words: its idf weights, unit length.
            now: number of the clusterer's last action (`Cluster.touch`).
        """
        dense, lexical, size, recent = self._similarity + self._nearest, self._overlap, self._size, self._gap
        scored: list[_Scored] = []  # plain tuples: this loop is the hottest in the house
        for cluster in clusters:
            theirs = cluster.words
            if words and not theirs:
                continue
            similarity = float(cluster.total.dot(vector)) / cluster.norm
            shared = [weight * theirs[word] for word, weight in words.items() if word in theirs]
            overlap = sum(shared) / math.sqrt(cluster.words_square) if shared else 0.0
            prior = size * math.log(cluster.distinct) - recent * math.log(1 + now - cluster.touch)
            scored.append((-dense * similarity - lexical * overlap - prior, -cluster.size, cluster.label, similarity, overlap, cluster))
        scored.sort()
        numbers = [word for word in words if word[0].isdigit()]
        ranked = [self._closely(vector, numbers, now, one) for one in scored[:BEST]]
        ranked.sort(key=_best_first)
        return ranked

    def _closely(self, vector: np.ndarray, numbers: list[str], now: int, scored: _Scored) -> Candidate:
        """The candidate, scored by its nearest exemplar and its numbers too."""
        less, _, _, similarity, overlap, cluster = scored
        nearest, z = similarity, -less
        if self._nearest and cluster.distinct > 1:
            nearest = max([float(e.vector.dot(vector)) for e in cluster.exemplars])
            z += self._nearest * (nearest - similarity)
        clash = numbers_clash(numbers, cluster.words) if numbers else 0.0
        score = logistic(self._bias + z - self._clash * clash)
        return Candidate(score, similarity, nearest, overlap, now - cluster.touch, clash, cluster)

    def affinity(self, one: Cluster, other: Cluster) -> float:
        """Link score of two clusters, from their centroids and words alone."""
        similarity = float(one.total.dot(other.total)) / (one.norm * other.norm)
        z = self._bias + (self._similarity + self._nearest) * similarity + self._overlap * cluster_overlap(one, other)
        numbers = [word for word in one.words if word[0].isdigit()]
        return logistic(z - self._clash * numbers_clash(numbers, other.words) if numbers else z)


def features(similarity: float, nearest: float, overlap: float, wordings: int, gap: int, clash: float) -> tuple[float, ...]:
    """What `WEIGHTS` weigh, in their order; the arguments are those of a `Considered`.

    >>> features(0.5, 0.6, 0.2, 1, 0, 0.0)
    (0.5, 0.6, 0.2, 0.0, -0.0, -0.0)
    """
    return similarity, nearest, overlap, math.log(wordings), -math.log(1 + gap), -clash


def logistic(z: float) -> float:
    """`1 / (1 + exp(-z))`.

    >>> logistic(0.0)
    0.5
    """
    return 1.0 / (1.0 + math.exp(-z)) if z > -700.0 else 0.0


def decide(ranked: Sequence[Candidate], params: Params) -> Join | Found:
    """Join the best candidate that reaches the threshold and lies within the radius, or found a cluster.

    >>> decide([], Params())
    Found()
    """
    for candidate in ranked:
        if candidate.score < params.link_threshold:
            break
        if candidate.similarity >= params.min_similarity:
            return Join(candidate)
    return Found()


def numbers_clash(numbers: Iterable[str], words: Mapping[str, float]) -> float:
    """1.0 if there are numbers among the words, and none of these, which are some; else 0.0.

    >>> numbers_clash(["14"], {"14": 1.0, "dead": 1.0}), numbers_clash(["14"], {"15": 1.0}), numbers_clash(["14"], {"dead": 1.0})
    (0.0, 1.0, 0.0)
    """
    if any(number in words for number in numbers):
        return 0.0
    return 1.0 if any(word[0].isdigit() for word in words) else 0.0


def cluster_overlap(one: Cluster, other: Cluster) -> float:
    """Cosine of two clusters' word weights."""
    few, many = (one, other) if len(one.words) <= len(other.words) else (other, one)
    shared = sum([weight * many.words[word] for word, weight in few.words.items() if word in many.words])
    return shared / (math.sqrt(one.words_square * other.words_square) or 1.0)


def _best_first(candidate: Candidate) -> tuple[float, int, int]:
    return -candidate.score, -candidate.cluster.size, candidate.cluster.label
