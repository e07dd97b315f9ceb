"""A cluster in a few words: the claim that stands for it and its keywords."""

from __future__ import annotations

from streamclust.clusters import Cluster, Exemplar, top_words


def representative(cluster: Cluster) -> Exemplar:
    """The exemplar nearest the centroid; the earliest of equals."""
    return max(cluster.exemplars, key=lambda exemplar: float(exemplar.vector.dot(cluster.total)))


def keywords(cluster: Cluster, most: int = 5) -> list[str]:
    """Its most telling words by summed idf weight, heaviest first."""
    return [word for word, _ in top_words(cluster.words, most)]
