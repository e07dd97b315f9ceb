"""What people and judges are asked about the clusters and what they have said: in the clusterer's state, saved as plain records by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streamclust.clusters import LIVE, Cluster
from streamclust.linking import Candidate
from streamclust.params import Params
from streamclust.suggestions import Pair, Suggestion, Suggestions, pair

SUGGESTION = "suggestion"


class Shown(NamedTuple):
    """Two clusters that a claim shows to be nearly one.

    Args:
        older, younger: by when they were founded.
    """

    older: Cluster
    younger: Cluster
    suggestion: Suggestion


class Review:
    """Suggestions, and whatever else is not for the stream alone to decide."""

    def __init__(self, params: Params) -> None:
        self._least = params.suggest_threshold
        self.suggestions = Suggestions(params.suggestions)

    def consider(self, joined: Cluster, ranked: Sequence[Candidate], claim_id: str, at: float) -> Shown | None:
        """Keep the best candidate that a claim did not join, if it lives and lies in the band; what is new with it.

        Args:
            joined: the cluster that has the claim now, founded or joined.
            ranked: the candidates it had, best first.
        """
        for candidate in ranked[:2]:
            if candidate.cluster is not joined:
                near = candidate.score >= self._least and candidate.cluster.status == LIVE
                return self._show(joined, candidate, claim_id, at) if near else None
        return None

    def _show(self, joined: Cluster, candidate: Candidate, claim_id: str, at: float) -> Shown | None:
        score, similarity, nearest, overlap, cluster = candidate
        shown = Suggestion(score, claim_id, at, 1, (similarity, nearest, overlap, float(cluster.distinct)))
        if not self.suggestions.show(joined.id, cluster.id, shown):
            return None
        older, younger = sorted((joined, cluster), key=lambda c: c.label)
        return Shown(older, younger, shown)

    def merge(self, kept: str, absorbed: str) -> None:
        """One cluster has absorbed another."""
        self.suggestions.merge(kept, absorbed)

    def retire(self, cluster_id: str) -> None:
        """A cluster takes no more claims."""
        self.suggestions.drop(cluster_id)

    def tidy(self) -> None:
        """Keep what is kept within its bounds."""
        self.suggestions.prune()

    def take_changes(self) -> dict[str, Any]:
        """Records by name that changed since the last call; None for one that is gone."""
        return {f"{SUGGESTION}/{one}/{other}": record for (one, other), record in self.suggestions.take_changes().items()}

    def restore(self, records: Mapping[str, Any]) -> None:
        """Go on from saved records."""
        self.suggestions.restore(dict(_pairs(records, SUGGESTION)))


def open_suggestions(records: Mapping[str, Any]) -> list[tuple[Pair, Suggestion]]:
    """Suggestions among saved records, the best score first."""
    book = Suggestions(0)
    book.restore(dict(_pairs(records, SUGGESTION)))
    return book.ranked()


def _pairs(records: Mapping[str, Any], kind: str) -> Iterator[tuple[Pair, Any]]:
    for name, record in records.items():
        found, _, rest = name.partition("/")
        if found == kind:
            yield pair(*rest.split("/")), record
