"""A cluster in a few words: the claim that stands for it and its keywords."""

from __future__ import annotations

from typing import Any

from streamclust.clock import isoformat
from streamclust.clusters import Cluster, Exemplar, top_words


def representative(cluster: Cluster) -> Exemplar:
    """The exemplar nearest the centroid; the earliest of equals."""
    return max(cluster.exemplars, key=lambda exemplar: float(exemplar.vector.dot(cluster.total)))


def keywords(cluster: Cluster, most: int = 5) -> list[str]:
    """Its most telling words by summed idf weight, heaviest first."""
    return [word for word, _ in top_words(cluster.words, most)]


def summary(cluster: Cluster) -> dict[str, Any]:
    """The cluster as plain values for those who look on: all but vectors and members."""
    best = representative(cluster)
    return {
        "id": cluster.id,
        "status": cluster.status,
        "merged_into": cluster.merged_into,
        "absorbed": cluster.absorbed,
        "size": cluster.size,
        "distinct": cluster.distinct,
        "authors": cluster.authors.count,
        "sources": cluster.sources,
        "langs": cluster.langs,
        "cohesion": round(cluster.cohesion, 4),
        "per_hour": round(cluster.growth(cluster.touched_at), 3),
        "first_at": isoformat(cluster.first_at) if cluster.first_at else None,
        "last_at": isoformat(cluster.last_at) if cluster.last_at else None,
        "version": cluster.version,
        "keywords": keywords(cluster, 8),
        "representative": {"claim_id": best.claim_id, "text": best.text},
    }
