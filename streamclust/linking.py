"""Which cluster, if any, a claim belongs to: features of a pair, the link score, and the decision."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from streamclust.clusters import Cluster
from streamclust.params import Params

BEST = 3
"""How many candidates are looked at closely, decided on and kept for the record."""


class Candidate(NamedTuple):
    """A cluster a claim may belong to.

    Args:
        score: link score, 0 to about 1, what is compared with the threshold.
        similarity: cosine of the claim to the centroid.
        nearest: cosine of the claim to the nearest exemplar, or `similarity` where exemplars were not asked.
        overlap: cosine of the idf-weighted words of claim and cluster.
    """

    score: float
    similarity: float
    nearest: float
    overlap: float
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class Join:
    """The claim belongs to this candidate's cluster."""

    best: Candidate


@dataclass(frozen=True, slots=True)
class Found:
    """The claim founds a cluster: no candidate reaches the threshold."""


class LinkRule:
    """A fixed mix of dense similarity and word overlap.

        dense = (1 - e) * similarity + e * nearest
        score = (1 - w) * dense + w * overlap + s * log(distinct)

    with w = `lexical_weight`, e = `exemplar_weight` and s = `size_weight`. The dense part carries paraphrase; the words carry the
    names, numbers and places in which claims differ and which sentence vectors hardly see. The last term is the prior of a
    Chinese restaurant process (Aldous, 1985): what many have said is likelier to be said again than what one has.
    """

    def __init__(self, params: Params) -> None:
        self._lexical = params.lexical_weight
        self._exemplar = params.exemplar_weight
        self._size = params.size_weight

    def rank(self, vector: np.ndarray, words: Mapping[str, float], clusters: Iterable[Cluster]) -> list[Candidate]:
        """Score the clusters; the `BEST` few come back, best first. Ties go to the larger, then to the older one.

        Args:
            vector: (dim,) float32 unit vector of the claim.
            words: its idf weights, unit length.
        """
        dense, lexical, size = 1.0 - self._lexical, self._lexical, self._size
        scored = []  # plain tuples: this loop is the hottest in the house
        for cluster in clusters:
            similarity = float(cluster.total.dot(vector)) / cluster.norm
            theirs = cluster.words
            shared = [weight * theirs[word] for word, weight in words.items() if word in theirs]
            overlap = sum(shared) / math.sqrt(cluster.words_square) if shared else 0.0
            score = dense * similarity + lexical * overlap + size * math.log(cluster.distinct)
            scored.append((-score, -cluster.size, cluster.label, similarity, overlap, cluster))
        scored.sort()
        ranked = [Candidate(-score, similarity, similarity, overlap, c) for score, _, _, similarity, overlap, c in scored[:BEST]]
        if self._exemplar:
            ranked = [self._with_exemplars(vector, candidate) for candidate in ranked]
            ranked.sort(key=_best_first)
        return ranked

    def _with_exemplars(self, vector: np.ndarray, candidate: Candidate) -> Candidate:
        """The candidate scored by its nearest exemplar too."""
        score, similarity, _, overlap, cluster = candidate
        if cluster.distinct == 1:
            return candidate
        nearest = max([float(e.vector.dot(vector)) for e in cluster.exemplars])
        score += (1.0 - self._lexical) * self._exemplar * (nearest - similarity)
        return Candidate(score, similarity, nearest, overlap, cluster)

    def affinity(self, one: Cluster, other: Cluster) -> float:
        """Link score of two clusters, from their centroids and words alone."""
        similarity = float(one.total.dot(other.total)) / (one.norm * other.norm)
        return (1.0 - self._lexical) * similarity + self._lexical * cluster_overlap(one, other)


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


def cluster_overlap(one: Cluster, other: Cluster) -> float:
    """Cosine of two clusters' word weights."""
    few, many = (one, other) if len(one.words) <= len(other.words) else (other, one)
    shared = sum([weight * many.words[word] for word, weight in few.words.items() if word in many.words])
    return shared / (math.sqrt(one.words_square * other.words_square) or 1.0)


def _best_first(candidate: Candidate) -> tuple[float, int, int]:
    return -candidate.score, -candidate.cluster.size, candidate.cluster.label
