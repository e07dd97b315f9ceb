"""The two stories every adapter plays: encode a batch, cluster a batch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from streamclust.claims import Claim, EmbeddedClaim, Origin, parse_claim
from streamclust.clusterer import StreamClusterer
from streamclust.clusters import Cluster
from streamclust.commands import Command, Evidence, Expel
from streamclust.digest import summary
from streamclust.events import Event, cloud_event, state_event
from streamclust.ports import ClusterStore, Encoder, EventPublisher, Partition, VectorSpace
from streamclust.records import identity_of
from streamclust.words import Commonness

_UNIT_WITHIN = 1e-3
_PORTION = 10_000

Timed = Callable[[str], AbstractContextManager[None]]
"""Wraps a step that goes by this name, for who wants to know how long it takes."""


def untimed(step: str) -> AbstractContextManager[None]:
    """Nobody wants to know."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Unencodable:
    """A claim whose vector is no direction."""

    claim: Claim
    detail: str


class Embedding:
    """Claims to vectors; a text that came before costs nothing.

    Args:
        encoder: see the port.
        remembered: vectors kept by text, the least recently used go first; 0.8 kB each at 384 dimensions.

    Attributes:
        encoded: texts that have gone to the encoder.
    """

    def __init__(self, encoder: Encoder, remembered: int = 50_000) -> None:
        self._encoder = encoder
        self._remembered = remembered
        self._vectors: OrderedDict[str, np.ndarray] = OrderedDict()
        self.encoded = 0

    def run(self, claims: Sequence[Claim]) -> tuple[list[EmbeddedClaim], list[Unencodable]]:
        """Vectors for a batch, in its order, and the claims that have none."""
        bad = self._learn(list(dict.fromkeys(c.comparison for c in claims if c.comparison not in self._vectors)))
        embedded, rejected = [], []
        for claim in claims:
            vector = self._vectors.get(claim.comparison)
            if vector is None:
                rejected.append(Unencodable(claim, bad[claim.comparison]))
            else:
                self._vectors.move_to_end(claim.comparison)
                embedded.append(EmbeddedClaim(claim, vector.astype(np.float32)))
        while len(self._vectors) > self._remembered:
            self._vectors.popitem(last=False)
        return embedded, rejected

    def _learn(self, new: Sequence[str]) -> dict[str, str]:
        """Encode and keep; what cannot be kept is returned with the reason."""
        if not new:
            return {}
        rows = np.asarray(self._encoder.encode(new), np.float32)
        self.encoded += len(new)
        if rows.shape != (len(new), self._encoder.dim):
            raise ValueError(f"the encoder returned shape {rows.shape} for {len(new)} texts, expected ({len(new)}, {self._encoder.dim})")
        lengths = np.linalg.norm(rows, axis=1)
        usable = np.isfinite(lengths) & (lengths > 0)
        off = usable & (np.abs(lengths - 1.0) > _UNIT_WITHIN)
        rows[off] /= lengths[off, None]
        halves = rows.astype(np.float16)
        bad = {}
        for text, half, fine, length in zip(new, halves, usable.tolist(), lengths.tolist(), strict=True):
            if fine:
                self._vectors[text] = half.copy()  # a view would keep the whole batch alive
            else:
                bad[text] = f"the encoder gave a vector of length {length}"
        return bad


class Clustering:
    """Embedded claims to saved clusters and published events.

    Args:
        clusterer: new; `start` restores it.
        store: where state is kept.
        encoder: names the vectors' origin.
        publisher: where events go; None keeps no outbox.
        states: whether the latest state of every changed cluster is published too.
        timed: wraps the steps `known`, `assign`, `save` and `publish`.
    """

    def __init__(
        self,
        clusterer: StreamClusterer,
        store: ClusterStore,
        encoder: VectorSpace,
        publisher: EventPublisher | None = None,
        *,
        states: bool = False,
        timed: Timed = untimed,
    ) -> None:
        self.clusterer = clusterer
        self._store = store
        self._encoder = encoder
        self._publisher = publisher
        self._states = states and publisher is not None
        self._timed = timed
        self._unpublished = 0
        self._applied: dict[Partition, int] = {}

    def start(self) -> dict[Partition, int]:
        """Become the writer, go on from the saved state, publish what was saved but not published.

        Returns:
            Per input, the number of the next record to read.

        Raises:
            Incompatible: the state was made under other params or another encoder.
        """
        self._store.claim_writer(identity_of(self.clusterer.params, self._encoder))
        self.clusterer.restore(self._store.load())
        self._publish(self._store.outbox())
        self._applied = self._store.offsets()
        return dict(self._applied)

    @property
    def unpublished(self) -> int:
        """Events saved and not yet known to be published."""
        return self._unpublished

    def run(self, embedded: Sequence[EmbeddedClaim], offsets: Mapping[Partition, int]) -> list[Event]:
        """One batch, in order: skip what is known, assign, save in one write, publish.

        Args:
            embedded: claims with vectors, in input order.
            offsets: per input, the record after the last one this batch accounts for.
        """
        with self._timed("known"):
            unknown = self._unknown(embedded)
        with self._timed("assign"):
            events = self.clusterer.assign(unknown)
        self._keep(events, offsets)
        return events

    def obey(self, commands: Sequence[Command], offsets: Mapping[Partition, int]) -> list[Event]:
        """Commands, in order: apply those that were not, save in one write, publish.

        Args:
            commands: see `streamclust.commands`.
            offsets: per input, the record after the last one these account for.
        """
        events: list[Event] = []
        for number, command in enumerate(commands, 1):
            with self._timed("assign"):
                done = self.clusterer.apply(self._with_evidence(command))
            self._keep(done, offsets if number == len(commands) else {})  # one by one: what is on record changes with each
            events += done
        if not commands:
            self._keep([], offsets)
        return events

    def _with_evidence(self, command: Command) -> Command:
        """The command with what the store has of the claim it is about."""
        if not isinstance(command, Expel):
            return command
        record = self._store.member(command.other)
        home = None if record is None else self.clusterer.find(record["cluster_id"])
        if record is None or home is None:
            return command if record is None else replace(command, evidence=_evidence(record, [], {}))
        members = [m for cluster_id in (home.id, *home.absorbed) for m in self._store.members(cluster_id)]
        return replace(command, evidence=_evidence(record, members, home.folded))

    def _keep(self, events: Sequence[Event], offsets: Mapping[Partition, int]) -> None:
        outbox = self._envelopes(events)
        changed = self.clusterer.changed if self._states else []
        changes = self.clusterer.take_changes()
        outbox += _latest_states(changed, changes.forgotten, self.clusterer.commonness) if self._states else []
        self._applied.update({p: max(offset, self._applied.get(p, 0)) for p, offset in offsets.items()})
        with self._timed("save"):
            self._store.save(changes, offsets={p: self._applied[p] for p in offsets}, outbox=outbox)
        self._publish(outbox)

    def _unknown(self, embedded: Sequence[EmbeddedClaim]) -> list[EmbeddedClaim]:
        """Claims not assigned before, each once: not from a place that was applied, nor under an id that is on record."""
        first = {e.claim.id: e for e in reversed(embedded) if not self._was_applied(e.claim.origin)}
        known = self._store.known(list(first))
        return [e for e in embedded if first.get(e.claim.id) is e and e.claim.id not in known]

    def _was_applied(self, origin: Origin | None) -> bool:
        return origin is not None and origin.offset < self._applied.get((origin.stream, origin.partition), 0)

    def _envelopes(self, events: Sequence[Event]) -> list[bytes]:
        if self._publisher is None:
            return []
        params, encoder = self.clusterer.params.fingerprint, self._encoder.fingerprint
        return [orjson.dumps(cloud_event(event, params=params, encoder=encoder)) for event in events]

    def _publish(self, outbox: Sequence[bytes]) -> None:
        """Hand on and tick off, in portions that a publisher can still recognise if it gets one twice."""
        if self._publisher is None:
            return
        self._unpublished = len(outbox)
        for start in range(0, len(outbox), _PORTION):
            portion = outbox[start : start + _PORTION]
            with self._timed("publish"):
                self._publisher.publish(portion)
                self._store.mark_published(len(portion))
            self._unpublished -= len(portion)


def _evidence(record: Mapping[str, Any], members: Sequence[Mapping[str, Any]], folded: Mapping[int, int]) -> Evidence:
    """What the members of a cluster say of one of them."""
    claim = parse_claim({"id": record["claim_id"], "text": record["text"]})
    home = folded.get(record["booked"], record["booked"])
    beside = [m for m in members if folded.get(m["booked"], m["booked"]) == home and m["fingerprint"] != claim.fingerprint]
    stand_in = (beside[0]["claim_id"], beside[0]["text"]) if beside else None
    claims = sum(m["fingerprint"] == claim.fingerprint for m in members)
    return Evidence(claim, record["cluster_id"], record["booked"], claims, stand_in)


def _latest_states(changed: Sequence[Cluster], forgotten: Sequence[str], stream: Commonness) -> list[bytes]:
    """One line a cluster; a forgotten one ends in nothing."""
    gone = set(forgotten)
    states = [state_event(c.id, c.version, c.last_at, summary(c, stream)) for c in changed if c.id not in gone]
    return [orjson.dumps(state) for state in [*states, *(state_event(cluster_id, 0, 0.0, None) for cluster_id in forgotten)]]
