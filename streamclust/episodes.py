"""What is told of a trend: its start with the whole reason, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from streamclust.claims import Origin
from streamclust.clusters import Cluster
from streamclust.digest import representative
from streamclust.events import TrendEnded, TrendStarted
from streamclust.trends import RAMP, Onset, Trend


def started(
    cluster: Cluster, trend: Trend, onset: Onset, signs: Sequence[str], words: Sequence[str], *, seconds: float, origin: Origin | None
) -> TrendStarted:
    """The event of a start.

    Args:
        cluster: the one that trends.
        trend: its trend, with the new episode.
        onset: what gave it away.
        signs: why it is thought coordinated.
        words: the cluster's most telling words.
        seconds: length of a bucket.
        origin: the record that tipped the scales.
    """
    excess = onset.excess
    return TrendStarted(
        cluster_id=cluster.id, at=trend.started_at, version=cluster.version, origin=origin,
        episode=trend.episode, kind=onset.kind, coordinated=bool(signs), signs=list(signs),
        authors=excess.authors, seconds=excess.buckets * seconds,
        expected=round(excess.expected, 3), deviation=round(excess.deviation, 3), score=round(excess.score, 3),
        authors_hour=trend.hour, size=cluster.size, distinct=cluster.distinct, sources=dict(cluster.sources), langs=dict(cluster.langs),
        keywords=list(words), text=representative(cluster).text, reason=reason(cluster, onset, signs, seconds),
    )  # fmt: skip


def ended(cluster: Cluster, trend: Trend, why: str, *, at: float) -> TrendEnded:
    """The event of an end.

    Args:
        why: `faded`, `retired` or `merged`.
        at: event time, seconds.
    """
    return TrendEnded(
        cluster_id=cluster.id, at=at, version=cluster.version, episode=trend.episode, started_at=trend.started_at,
        peak_score=round(trend.peak_score, 3), peak_authors=trend.peak_authors, reason=why, size=cluster.size,
    )  # fmt: skip


def reason(cluster: Cluster, onset: Onset, signs: Sequence[str], seconds: float) -> str:
    """One sentence: "23 authors in 10 min, expected 2.1 ± 1.9, z = 7.4, 11 sources, 3 languages"."""
    excess, where = onset.excess, {"source": cluster.sources, "language": cluster.langs}
    parts = [
        f"{excess.authors} authors in {excess.buckets * seconds / 60:g} min",
        f"expected {excess.expected:.1f} ± {excess.deviation:.1f}",
        f"z = {excess.score:.1f}",
        *(f"{len(named)} {word}{'s' * (len(named) != 1)}" for word, named in where.items() if named),
    ]
    told = ", ".join(parts)
    rising = "rising slowly: " if onset.kind == RAMP else ""
    return rising + told + (f"; looks coordinated ({'; '.join(signs)})" if signs else "")
