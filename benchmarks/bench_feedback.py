"""What answers bring: somebody who knows the gold labels says of the best suggestions whether they are right, now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from benchmarks.vectors import Stream
from streamclust import HnswIndex, StreamClusterer
from streamclust.claims import EmbeddedClaim
from streamclust.commands import Confirm, Reject
from streamclust.events import ClaimAssigned, ClustersMerged, Event
from streamclust.params import Params

ROUNDS = 20
_RATES = (0.0, 0.05, 0.2, 1.0)


class Outcome(NamedTuple):
    """What one pass came to."""

    answered: int
    confirmed: int
    ami: float
    ari: float
    clusters: int


@dataclass(slots=True)
class Person:
    """Answers by the gold label that most posts of each cluster have."""

    clusterer: StreamClusterer
    gold: dict[str, str]
    home: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    answered: int = 0
    confirmed: int = 0

    def see(self, claims: Sequence[EmbeddedClaim]) -> None:
        """Take a stretch of the stream."""
        self._note(self.clusterer.assign(claims))

    def end_of(self, claim_id: str) -> str:
        """The cluster a claim is in, also if it has retired. Splits are left out: they are rare, and none happens with the presets."""
        home = self.home[claim_id]
        while home in self.merged:
            home = self.merged[home]
        return home

    def _note(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, ClaimAssigned):
                self.home[event.claim_id] = event.cluster_id
            elif isinstance(event, ClustersMerged):
                self.merged[event.absorbed_id] = event.cluster_id

    def answer(self, most: int) -> None:
        """Say of the best open suggestions whether they are right."""
        labels: dict[str, Counter[str]] = {}
        for claim_id in self.home:
            labels.setdefault(self.end_of(claim_id), Counter())[self.gold[claim_id]] += 1
        of = {cluster_id: counts.most_common(1)[0][0] for cluster_id, counts in labels.items()}
        for (one, other), _ in self.clusterer.suggestions.ranked()[:most]:
            if self.clusterer.suggestions.get(one, other) is None or not {one, other} <= of.keys():
                continue  # an answer before this one has decided it too, or a split has made a cluster of its own
            right = of[one] == of[other]
            kind = Confirm if right else Reject
            self._note(self.clusterer.apply(kind(id=str(self.answered), by="gold", one=one, other=other)))
            self.answered += 1
            self.confirmed += right


def run(stream: Stream, claims: Sequence[EmbeddedClaim], params: Params, asks: int = 200) -> None:
    """Print a row without answers, one with the constraints alone, and one for each rate of learning.

    Args:
        stream: lines with a gold label in `cluster`.
        claims: the same with vectors.
        asks: answers over the stream, in `ROUNDS` turns.
    """
    gold = {one.claim.id: str(orjson.loads(line)["cluster"]) for one, line in zip(claims, stream.lines, strict=True)}
    print(f"{stream.name}, at most {asks} answers in {ROUNDS} turns\n")
    print("| | answers (right) | AMI | ARI | clusters |\n|---|---|---|---|---|")
    print(_row("no answers", _played(claims, gold, params, 0)))
    for rate in _RATES:
        name = f"constraints, `feedback_rate={rate:g}`" if rate else "constraints alone"
        print(_row(name, _played(claims, gold, params.with_values(feedback_rate=rate), asks)), flush=True)


def _played(claims: Sequence[EmbeddedClaim], gold: dict[str, str], params: Params, asks: int) -> Outcome:
    person = Person(StreamClusterer(HnswIndex(len(claims[0].vector), params), params), gold)
    stretch = max(len(claims) // ROUNDS, 1)
    for start in range(0, len(claims), stretch):
        person.see(claims[start : start + stretch])
        if asks:
            person.answer(asks // ROUNDS)
    labels = [person.end_of(claim_id) for claim_id in person.home]
    truth = [gold[claim_id] for claim_id in person.home]
    ami, ari = adjusted_mutual_info_score(truth, labels), adjusted_rand_score(truth, labels)
    return Outcome(person.answered, person.confirmed, ami, ari, len(set(labels)))


def _row(name: str, outcome: Outcome) -> str:
    return f"| {name} | {outcome.answered} ({outcome.confirmed}) | {outcome.ami:.4f} | {outcome.ari:.4f} | {outcome.clusters} |"
