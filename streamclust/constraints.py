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


class Changed(NamedTuple):
    """Rulings that are new, or gone (None): cannot-links, must-links, and texts that are kept out of a cluster."""

    apart: dict[Pair, Ruling | None]
    held: dict[str, Ruling | None]
    barred: dict[tuple[int, str], Ruling | None]


_NOWHERE: Mapping[str, Ruling] = {}


class Constraints:
    """Cannot-link by pair of clusters, must-link by cluster. Both outlive merges: a cluster inherits from those it absorbs."""

    def __init__(self) -> None:
        self._apart: Pairs[Ruling] = Pairs()
        self._held: dict[str, Ruling] = {}
        self._held_changed: dict[str, None] = {}
        self._barred: dict[int, dict[str, Ruling]] = {}
        self._barred_changed: dict[tuple[int, str], None] = {}

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

    def barred(self, fingerprint: int) -> Mapping[str, Ruling]:
        """Who said so, by id of the clusters that a text never goes to; merged ids among them lead to those that took them in."""
        return self._barred.get(fingerprint, _NOWHERE)

    def bar(self, fingerprint: int, cluster_id: str, ruling: Ruling) -> None:
        """A text never goes to a cluster."""
        self._barred.setdefault(fingerprint, {})[cluster_id] = ruling
        self._barred_changed[fingerprint, cluster_id] = None

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

    def inherit(self, child: str, parents: Sequence[str]) -> None:
        """A cluster that was split off may not be joined with what the whole might not, and no text goes to it that was never to go there.

        Args:
            parents: id of the whole, and those that lead to it.
        """
        for other in self._apart.others(parents[0]):
            ruling = self._apart.get(parents[0], other)
            if ruling is not None and other != child:
                self.part(child, other, ruling)
        whole = set(parents)
        for fingerprint, homes in list(self._barred.items()):
            for home in [home for home in homes if home in whole][:1]:
                self.bar(fingerprint, child, homes[home])

    def forget(self, cluster_id: str) -> None:
        """The cluster is no longer on record."""
        for other in self._apart.others(cluster_id):
            self._apart.pop(cluster_id, other)
        self._release(cluster_id)
        for fingerprint in [text for text, homes in self._barred.items() if cluster_id in homes]:
            del self._barred[fingerprint][cluster_id]
            self._barred_changed[fingerprint, cluster_id] = None
            if not self._barred[fingerprint]:
                del self._barred[fingerprint]

    def _release(self, cluster_id: str) -> None:
        if self._held.pop(cluster_id, None) is not None:
            self._held_changed[cluster_id] = None

    def take_changes(self) -> Changed:
        """What changed since the last call; None for what is gone."""
        held, self._held_changed = self._held_changed, {}
        barred, self._barred_changed = self._barred_changed, {}
        return Changed(
            self._apart.take_changes(),
            {cluster_id: self._held.get(cluster_id) for cluster_id in held},
            {(text, home): self._barred.get(text, {}).get(home) for text, home in barred},
        )

    def restore(
        self,
        apart: Mapping[Pair, Sequence[Any]],
        held: Mapping[str, Sequence[Any]],
        barred: Mapping[tuple[int, str], Sequence[Any]],
    ) -> None:
        """Go on with these."""
        for (text, home), record in barred.items():
            self.bar(text, home, Ruling(*record))
        self._barred_changed = {}
        self._apart.restore({key: Ruling(*record) for key, record in apart.items()})
        self._held = {cluster_id: Ruling(*record) for cluster_id, record in held.items()}
