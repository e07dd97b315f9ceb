"""Pairs of clusters that may be one: nearly linked by a claim, kept for people and judges to look at, never joined by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from streamclust.pairs import Pair, Pairs


class Suggestion(NamedTuple):
    """What speaks for two clusters being one.

    Args:
        score: the best link score that a claim of one had with the other.
        claim_id: that claim.
        at: event time at which it was last shown, seconds; 0.0 where the stream has no times.
        times: claims that have shown it.
        features: of that claim and the cluster it did not join, as the link model sees them.
    """

    score: float
    claim_id: str
    at: float
    times: int
    features: tuple[float, ...]

    def to_record(self) -> list[Any]:
        """Plain values."""
        return [*self[:-1], list(self.features)]

    @classmethod
    def from_record(cls, record: Sequence[Any]) -> Self:
        """The suggestion a record was made from."""
        score, claim_id, at, times, features = record
        return cls(score, claim_id, at, times, tuple(features))

    def with_another(self, other: Suggestion) -> Suggestion:
        """Both taken together: the better one's evidence, the earlier claim id of equals."""
        best = min(self, other, key=lambda s: (-s.score, s.claim_id))
        return best._replace(at=max(self.at, other.at), times=self.times + other.times)


class Suggestions:
    """Open suggestions, by pair; their pairs follow merges and end with a cluster.

    Args:
        most: kept by `prune`; the lowest scores go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Pairs[Suggestion] = Pairs()

    def __len__(self) -> int:
        return len(self._open)

    def get(self, one: str, other: str) -> Suggestion | None:
        """The open suggestion of two clusters."""
        return self._open.get(one, other)

    def show(self, one: str, other: str, shown: Suggestion) -> bool:
        """Keep what a claim has shown; whether the pair is new."""
        known = self._open.get(one, other)
        self._open.put(one, other, shown if known is None else known.with_another(shown))
        return known is None

    def again(self, one: str, other: str, score: float, at: float) -> bool:
        """Count a claim that shows a known pair no better than others did; False if the pair is new, or the claim shows it better."""
        known = self._open.get(one, other)
        if known is None or score >= known.score:
            return False
        best, claim_id, last, times, features = known
        self._open.put(one, other, Suggestion(best, claim_id, max(last, at), times + 1, features))
        return True

    def close(self, one: str, other: str) -> Suggestion | None:
        """It has been decided, or the two cannot be one any more; what spoke for it."""
        return self._open.pop(one, other)

    def merge(self, kept: str, absorbed: str) -> None:
        """What was said of the absorbed cluster is said of the other now."""
        self.close(kept, absorbed)
        for other in self._open.others(absorbed):
            suggestion = self._open.pop(absorbed, other)
            if suggestion is not None:
                self.show(kept, other, suggestion)

    def drop(self, cluster_id: str) -> None:
        """The cluster takes no more claims: nothing is to be decided about it."""
        for other in self._open.others(cluster_id):
            self.close(cluster_id, other)

    def prune(self) -> None:
        """Let go of the weakest beyond `most`."""
        if len(self._open) > self._most:
            for (one, other), _ in self.ranked()[self._most :]:
                self.close(one, other)

    def ranked(self) -> list[tuple[Pair, Suggestion]]:
        """All open ones, the best score first."""
        return sorted(self._open.items(), key=lambda item: (-item[1].score, item[0]))

    def take_changes(self) -> dict[Pair, list[Any] | None]:
        """Records that changed since the last call; None for a closed one."""
        return {key: s.to_record() if s is not None else None for key, s in self._open.take_changes().items()}

    def restore(self, saved: Mapping[Pair, Sequence[Any]]) -> None:
        """Go on with these."""
        self._open.restore({key: Suggestion.from_record(record) for key, record in saved.items()})
