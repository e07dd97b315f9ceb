"""The few members that stand for a cluster: which are kept, and how much of the cluster each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

NEAR_COPY = 0.9
"""Cosine from which two texts are one for whoever looks for diverse ones."""

Record = tuple[str, str, bytes, int, int, int, bytes]


@dataclass(slots=True, eq=False)
class Exemplar:
    """A member that stands for others like it: every member of a cluster is booked to one of its exemplars.

    Args:
        claim_id: the member.
        text: what was posted.
        vector: (dim,) float32, unit length; empty once the cluster takes no more claims.
        number: of its text among all the clusterer has met; never another exemplar's.
        claims: members booked to it, itself and copies included.
        wordings: texts booked to it.
        total: (dim,) float32, the sum of their vectors; None where it stands for itself alone, and for the only exemplar of a cluster.
    """

    claim_id: str
    text: str
    vector: np.ndarray = field(repr=False)
    number: int
    claims: int = 1
    wordings: int = 1
    total: np.ndarray | None = field(default=None, repr=False)

    @property
    def sum(self) -> np.ndarray:
        """(dim,) float32 sum of the vectors it stands for, in a cluster of several exemplars."""
        return self.vector if self.total is None else self.total

    def add(self, vector: np.ndarray) -> None:
        """Stand for one more text."""
        self.total = self.sum + vector
        self.claims += 1
        self.wordings += 1

    def take(self, other: Exemplar) -> None:
        """Stand for all that `other` stood for."""
        self.total = self.sum + other.sum
        self.claims += other.claims
        self.wordings += other.wordings

    def close(self) -> None:
        """Keep the counts, let the vectors go."""
        self.vector, self.total = np.empty(0, np.float32), None

    def to_record(self, *, alone: bool) -> Record:
        """Plain values.

        Args:
            alone: whether its vector is on record elsewhere.
        """
        vector = b"" if alone else self.vector.astype(np.float16).tobytes()
        total = b"" if self.total is None else self.total.tobytes()
        return self.claim_id, self.text, vector, self.number, self.claims, self.wordings, total

    @classmethod
    def from_record(cls, record: Sequence[Any], vector: np.ndarray) -> Self:
        """The exemplar a record was made from.

        Args:
            vector: its vector where the record has none.
        """
        claim_id, text, own, number, claims, wordings, total = record
        vector = np.frombuffer(own, np.float16).astype(np.float32) if own else vector
        return cls(claim_id, text, vector, number, claims, wordings, np.frombuffer(total, np.float32) if total else None)


def nearest(exemplars: Sequence[Exemplar], vector: np.ndarray) -> tuple[float, Exemplar]:
    """The exemplar most like a unit vector, the first of equals, and the cosine."""
    if len(exemplars) == 1:
        return float(exemplars[0].vector.dot(vector)), exemplars[0]
    similarities = [float(e.vector.dot(vector)) for e in exemplars]
    best = max(similarities)
    return best, exemplars[similarities.index(best)]


def closest_pair(exemplars: Sequence[Exemplar]) -> tuple[float, int, int]:
    """Cosine and places of the two most alike; the first pair of equals. It stays so while no exemplar comes, goes or moves."""
    pairs = [
        (float(one.vector.dot(other.vector)), -i, -j) for i, one in enumerate(exemplars) for j, other in enumerate(exemplars[:i]) if i != j
    ]
    similarity, i, j = max(pairs)
    return similarity, -j, -i


def weightier_first(exemplars: Sequence[Exemplar], places: Sequence[int]) -> list[int]:
    """Places by what stands there: the one that stands for more texts first, of equals the older. What they stand for grows."""
    return sorted(places, key=lambda at: (-exemplars[at].wordings, exemplars[at].number))


def room(most: int, cohesion: float, ambiguity: float, per: float) -> int:
    """How many exemplars a cluster may keep: the more, the more complex it is.

    Complexity is spread times distance to its neighbors, as in the pruning of concept clusters by Abbas et al. (ICLR 2024):
    a tight cluster is told by two, and so is one that can hardly be told from its neighbors.

    Args:
        most: exemplars at most.
        cohesion: mean cosine of the members to their centroid.
        ambiguity: how near the next cluster is, 0..1.
        per: complexity that earns one more exemplar.

    >>> room(8, 0.99, 0.2, 0.02), room(8, 0.8, 0.5, 0.02), room(8, 0.5, 0.1, 0.02)
    (2, 6, 8)
    """
    return min(most, 2 + int((1.0 - cohesion) * (1.0 - ambiguity) / per))
