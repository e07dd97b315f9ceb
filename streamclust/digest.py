"""A cluster in a few words: the claim that stands for it and its keywords."""

from __future__ import annotations

from typing import TypedDict

from streamclust.claims import isoformat
from streamclust.clusters import Cluster, Exemplar, top_words
from streamclust.trends import QUIET


class Representative(TypedDict):
    """The claim that stands for a cluster.

    Args:
        claim_id: its id.
        text: what was posted.
    """

    claim_id: str
    text: str


class TrendSummary(TypedDict):
    """Whether a cluster takes off.

    Args:
        stage: `quiet`, `emerging`, `trending` or `cooling`.
        score: how far above what was expected it is; halves every two hours. As of its last claim.
        episodes: trends so far.
        authors_hour: different authors of the hour before its last claim.
    """

    stage: str
    score: float
    episodes: int
    authors_hour: int


class ClusterSummary(TypedDict):
    """A cluster as plain values for those who look on: all but vectors and members.

    Args:
        id: the cluster's, for ever.
        status: `live`, `retired` or `merged`.
        merged_into: the cluster that took it in.
        absorbed: ids of those it took in, in order.
        size: claims, copies included.
        distinct: texts, copies not counted.
        authors: different authors, estimated above 256.
        sources: claims by source.
        langs: claims by language.
        cohesion: mean cosine of the distinct claims to the centroid.
        per_hour: claims per hour of late, at the stream's clock.
        first_at: time of the earliest claim, RFC 3339; null where the stream has no times.
        last_at: time of the latest claim, likewise.
        version: number of changes.
        keywords: its most telling words, heaviest first.
        representative: the claim that stands for it.
        trend: whether it takes off; nothing is known before its second claim, after its end, and where the stream has no times.
    """

    id: str
    status: str
    merged_into: str | None
    absorbed: list[str]
    size: int
    distinct: int
    authors: int
    sources: dict[str, int]
    langs: dict[str, int]
    cohesion: float
    per_hour: float
    first_at: str | None
    last_at: str | None
    version: int
    keywords: list[str]
    representative: Representative
    trend: TrendSummary


def representative(cluster: Cluster) -> Exemplar:
    """The exemplar nearest the centroid; the earliest of equals."""
    return max(cluster.exemplars, key=lambda exemplar: float(exemplar.vector.dot(cluster.total)))


def keywords(cluster: Cluster, most: int = 5) -> list[str]:
    """Its most telling words by summed idf weight, heaviest first."""
    return [word for word, _ in top_words(cluster.words, most)]


def summary(cluster: Cluster) -> ClusterSummary:
    """The cluster as plain values."""
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
        "trend": _trend_summary(cluster),
    }


def _trend_summary(cluster: Cluster) -> TrendSummary:
    trend = cluster.trend
    if trend is None:
        return {"stage": QUIET, "score": 0.0, "episodes": 0, "authors_hour": 0}
    score = round(cluster.trend_score(cluster.touched_at), 3)
    return {"stage": trend.stage, "score": score, "episodes": trend.episode, "authors_hour": trend.hour}
