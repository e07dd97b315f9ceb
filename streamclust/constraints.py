"""What people and judges have decided about clusters: which are never one, and which are never parted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streamclust.pairs import Pair, Pairs


class Ruling(NamedTuple):
    """Who decided.

    Args:
        by: name of the person or judge.
        role: `analyst` or `judge`.
        at: the stream's clock when it was decided, seconds.
        command_id: the command it came with.
    """

    by: str
    role: str
    at: float
    command_id: str


class Constraints:
    """Cannot-link by pair of clusters, must-link by cluster. Both outlive merges: a cluster inherits from those it absorbs."""

    def __init__(self) -> None:
        self._apart: Pairs[Ruling] = Pairs()
        self._held: dict[str, Ruling] = {}
        self._held_changed: dict[str, None] = {}

    def apart(self, one: str, other: str) -> Ruling | None:
        """Who said that the two are never one, if anybody did."""
        return self._apart.get(one, other)

    def held(self, cluster_id: str) -> Ruling | None:
        """Who linked what is in the cluster, so that it is never parted again, if anybody did."""
        return self._held.get(cluster_id)

    def apart_from(self, cluster_id: str) -> list[str]:
        """Those it is never one with, by id."""
        return self._apart.others(cluster_id)

    def part(self, one: str, other: str, ruling: Ruling) -> None:
        """The two are never one."""
        self._apart.put(one, other, ruling)

    def hold(self, cluster_id: str, ruling: Ruling) -> None:
        """What is in the cluster now is never parted."""
        self._held[cluster_id] = ruling
        self._held_changed[cluster_id] = None

    def merge(self, kept: str, absorbed: str) -> None:
        """What the absorbed cluster may not be joined with, the other may not either; an earlier ruling of its own stays."""
        self._apart.pop(kept, absorbed)
        for other in self._apart.others(absorbed):
            ruling = self._apart.pop(absorbed, other)
            if ruling is not None and self._apart.get(kept, other) is None:
                self.part(kept, other, ruling)
        held = self._held.get(absorbed)
        self._release(absorbed)
        if held is not None and kept not in self._held:
            self.hold(kept, held)

    def inherit(self, child: str, parent: str) -> None:
        """A cluster that was split off may not be joined with what the whole might not."""
        for other in self._apart.others(parent):
            ruling = self._apart.get(parent, other)
            if ruling is not None and other != child:
                self.part(child, other, ruling)

    def forget(self, cluster_id: str) -> None:
        """The cluster is no longer on record."""
        for other in self._apart.others(cluster_id):
            self._apart.pop(cluster_id, other)
        self._release(cluster_id)

    def _release(self, cluster_id: str) -> None:
        if self._held.pop(cluster_id, None) is not None:
            self._held_changed[cluster_id] = None

    def take_changes(self) -> tuple[dict[Pair, Ruling | None], dict[str, Ruling | None]]:
        """Cannot-links and must-links that changed since the last call; None for what is gone."""
        held, self._held_changed = self._held_changed, {}
        return self._apart.take_changes(), {cluster_id: self._held.get(cluster_id) for cluster_id in held}

    def restore(self, apart: Mapping[Pair, Sequence[Any]], held: Mapping[str, Sequence[Any]]) -> None:
        """Go on with these."""
        self._apart.restore({key: Ruling(*record) for key, record in apart.items()})
        self._held = {cluster_id: Ruling(*record) for cluster_id, record in held.items()}
