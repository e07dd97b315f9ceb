"""One pass of the clusterer over labelled claims, with all that an evaluation asks about it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter

from streamclust.adapters.memory import MemoryStore
from streamclust.claims import Claim, EmbeddedClaim
from streamclust.clusterer import StreamClusterer
from streamclust.evaluation.comparison import Played
from streamclust.evaluation.history import Arrived, Merged, Moved
from streamclust.events import ClaimAssigned, ClustersMerged, ClusterSplit, Event
from streamclust.params import Params
from streamclust.pipeline import Clustering, Embedding
from streamclust.ports import CentroidIndex, Encoder


class Player:
    """Plays claims to the engine that `streamclust run` has.

    Args:
        encoder: see the port.
        params: what decides.
        index: an empty index.
        gold: gold label by claim id; may fill while the claims are read.
        keep: whether texts are kept for baselines: 1.5 kB each at 384 dimensions.

    Attributes:
        played: what happened.
        store: the state.
        unencodable: claims left out because they have no vector.
        repeated: claims left out because their id was seen before.
    """

    def __init__(self, encoder: Encoder, params: Params, index: CentroidIndex, gold: Mapping[str, str], *, keep: bool = False) -> None:
        self._embedding = Embedding(encoder)
        self.store = MemoryStore()
        self._clustering = Clustering(StreamClusterer(index, params), self.store, encoder)
        self._clustering.start()
        self._gold = gold
        self._keep = keep
        self._texts: dict[int, int] = {}
        self._numbers: dict[str, int] = {}
        self.played = Played()
        self.unencodable = self.repeated = 0

    @property
    def ids(self) -> list[str]:
        """Claim id of each post that was played."""
        return list(self._numbers)

    def play(self, claims: Iterable[Claim], *, size: int, say: Callable[[int], None] = lambda _: None) -> Played:
        """All claims in their order.

        Args:
            claims: each with a gold label by the time it comes.
            size: how many are taken at a time; the result does not depend on it.
            say: told how many posts have been played.
        """
        for batch in _batches(claims, size):
            embedded, rejected = self._embedding.run(batch)
            self.unencodable += len(rejected)
            started = perf_counter()
            events = self._clustering.run(embedded, {})
            self.played.seconds += perf_counter() - started
            self._write_down(embedded, events)
            say(len(self.played.labels))
        return self.played

    def _write_down(self, embedded: Sequence[EmbeddedClaim], events: Iterable[Event]) -> None:
        by_id = {one.claim.id: one for one in reversed(embedded)}
        before = len(self.played.labels)
        for event in events:
            if isinstance(event, ClaimAssigned):
                self.played.history.add(Arrived(event.cluster_id))
                self._numbers[event.claim_id] = len(self._numbers)
                self._note(by_id[event.claim_id])
            elif isinstance(event, ClustersMerged):
                self.played.history.add(Merged(event.absorbed_id, event.cluster_id))
            elif isinstance(event, ClusterSplit):
                self._move(event.new_id)
        self.repeated += len(embedded) - (len(self.played.labels) - before)

    def _move(self, cluster_id: str) -> None:
        """The posts that had come by then and now are in this half."""
        for member in self.store.members(cluster_id):
            number = self._numbers.get(member["claim_id"])
            if number is not None:
                self.played.history.add(Moved(number, cluster_id))

    def _note(self, embedded: EmbeddedClaim) -> None:
        """One post that was put somewhere."""
        claim, played = embedded.claim, self.played
        played.labels.append(self._gold[claim.id])
        played.times.append(claim.created_at)
        if not self._keep:
            return
        text = self._texts.setdefault(claim.fingerprint, len(self._texts))
        if text == len(played.vectors):
            played.vectors.append(embedded.vector)
            played.words.append(claim.words)
        played.text_of.append(text)


def _batches(claims: Iterable[Claim], size: int) -> Iterator[list[Claim]]:
    batch: list[Claim] = []
    for claim in claims:
        batch.append(claim)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
