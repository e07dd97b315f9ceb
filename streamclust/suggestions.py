"""Pairs of clusters that may be one: nearly linked by a claim, kept for people and judges to look at, never joined by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Pair = tuple[str, str]
"""Ids of two clusters, in the order of the alphabet."""


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

    def with_another(self, other: Suggestion) -> Suggestion:
        """Both taken together: the better one's evidence, the earlier claim id of equals."""
        best = max(self, other, key=lambda s: (s.score, [-ord(letter) for letter in s.claim_id]))
        return best._replace(at=max(self.at, other.at), times=self.times + other.times)


class Suggestions:
    """Open suggestions, by pair; their pairs follow merges and end with a cluster.

    Args:
        most: kept by `prune`; the lowest scores go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Pair, Suggestion] = {}
        self._of: dict[str, set[str]] = {}
        self._changed: dict[Pair, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, one: str, other: str) -> Suggestion | None:
        """The open suggestion of two clusters."""
        return self._open.get(pair(one, other))

    def show(self, one: str, other: str, shown: Suggestion) -> bool:
        """Keep what a claim has shown; whether the pair is new."""
        key = pair(one, other)
        known = self._open.get(key)
        self._put(key, shown if known is None else known.with_another(shown))
        return known is None

    def close(self, one: str, other: str) -> None:
        """It has been decided, or the two cannot be one any more."""
        key = pair(one, other)
        if self._open.pop(key, None) is not None:
            self._changed[key] = None
            for mine, theirs in (key, key[::-1]):
                self._of[mine].discard(theirs)
                if not self._of[mine]:
                    del self._of[mine]

    def merge(self, kept: str, absorbed: str) -> None:
        """What was said of the absorbed cluster is said of the other now."""
        self.close(kept, absorbed)
        for other in sorted(self._of.get(absorbed, ())):
            self.show(kept, other, self._open[pair(absorbed, other)])
            self.close(absorbed, other)

    def drop(self, cluster_id: str) -> None:
        """The cluster takes no more claims: nothing is to be decided about it."""
        for other in sorted(self._of.get(cluster_id, ())):
            self.close(cluster_id, other)

    def prune(self) -> None:
        """Let go of the weakest beyond `most`."""
        if len(self._open) <= self._most:
            return
        ranked = sorted(self._open, key=lambda key: (-self._open[key].score, key))
        for one, other in ranked[self._most :]:
            self.close(one, other)

    def ranked(self) -> list[tuple[Pair, Suggestion]]:
        """All open ones, the best score first."""
        return sorted(self._open.items(), key=lambda item: (-item[1].score, item[0]))

    def take_changes(self) -> dict[Pair, list[Any] | None]:
        """Records that changed since the last call; None for a closed one."""
        changed, self._changed = self._changed, {}
        return {key: self._open[key].to_record() if key in self._open else None for key in changed}

    def restore(self, saved: Mapping[Pair, Any]) -> None:
        """Go on with these."""
        for key, (score, claim_id, at, times, features) in saved.items():
            self._put(key, Suggestion(score, claim_id, at, times, tuple(features)))
        self._changed = {}

    def _put(self, key: Pair, suggestion: Suggestion) -> None:
        self._open[key] = suggestion
        self._changed[key] = None
        for mine, theirs in (key, key[::-1]):
            self._of.setdefault(mine, set()).add(theirs)


def pair(one: str, other: str) -> Pair:
    """The two in the order of the alphabet.

    >>> pair("cb", "ca") == pair("ca", "cb") == ("ca", "cb")
    True
    """
    return (one, other) if one <= other else (other, one)
