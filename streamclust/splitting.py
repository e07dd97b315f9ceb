"""One cluster that has become two: its exemplars in two groups, and the halves they stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from streamclust.claims import normalise
from streamclust.clusters import Cluster, DistinctCounter
from streamclust.exemplars import Exemplar
from streamclust.words import tokens

_PARTED = 16


class Halves(NamedTuple):
    """A cluster as the two it may be; it is still whole.

    Args:
        kept: what would keep the id: the larger half.
        new: what would be split off.
        alike: cosine of their centroids.
    """

    kept: Cluster
    new: Cluster
    alike: float


def halves(cluster: Cluster) -> Halves | None:
    """The cluster divided where its exemplars fall apart; None where it has but one.

    Vectors, texts and claims are divided as they were booked. Words are kept for the cluster as a whole: each goes to the halves in
    proportion to the texts behind the exemplars that have it, or to all texts where none has.
    """
    if len(cluster.exemplars) < 2:
        return None
    groups = sorted(two_groups(cluster.exemplars), key=lambda group: (-sum(e.claims for e in group), min(e.number for e in group)))
    shares = _shares(cluster.words, *groups)
    kept = _half(cluster, groups[0], {word: weight * shares[word] for word, weight in cluster.words.items()})
    new = _half(cluster, groups[1], {word: weight * (1.0 - shares[word]) for word, weight in cluster.words.items()})
    return Halves(kept, new, float(kept.total.dot(new.total)) / (kept.norm * new.norm or 1.0))


def two_groups(exemplars: Sequence[Exemplar]) -> tuple[list[Exemplar], list[Exemplar]]:
    """Two medoids among at least two exemplars, and who is nearer to which.

    The k-medoids of FasterPAM (Schubert and Rousseeuw, 2021) for k = 2, each exemplar weighing as many texts as it stands for. There are so
    few that every pair is tried: the best there is, the same each time. Of equals the first pair, and the first medoid, is taken.
    """
    vectors = np.stack([e.vector for e in exemplars])
    alike = vectors @ vectors.T
    weights = np.array([e.wordings for e in exemplars], np.float32)
    pairs = list(combinations(range(len(exemplars)), 2))
    gains = [float(weights.dot(np.maximum(alike[one], alike[other]))) for one, other in pairs]
    one, other = pairs[gains.index(max(gains))]
    nearer = alike[one] >= alike[other]
    nearer[one], nearer[other] = True, False
    both: tuple[list[Exemplar], list[Exemplar]] = ([], [])
    for exemplar, first in zip(exemplars, nearer.tolist(), strict=True):
        both[0 if first else 1].append(exemplar)
    return both


def split_off(cluster: Cluster, parts: Halves, *, label: int, cluster_id: str, now: float) -> Cluster:
    """Cut the cluster in two; the new half is returned. Nothing of the weight of both is lost.

    Heat is divided by claims. Authors, sources, languages and the trend are known of the whole alone: they stay with the half that keeps
    the id, and the new half counts its own from here on. Both have the time span of the whole.

    Args:
        parts: as `halves` gives them for the cluster as it stands.
        label: of the new half in the index.
        cluster_id: of the new half.
        now: event time, seconds.
    """
    kept, new = parts.kept, parts.new
    made = replace(
        new, id=cluster_id, label=label, heat=cluster.heat * new.size / cluster.size, founder="", version=1, touched_at=now,
        absorbed=[], authors=DistinctCounter(), sources={}, langs={}, history=[], trend=None, parted=[cluster.id],
    )  # fmt: skip
    cluster.keep(kept, now=now)
    cluster.parted = [*cluster.parted, cluster_id][-_PARTED:]
    cluster.elect()
    made.elect()
    return made


def _half(cluster: Cluster, group: Iterable[Exemplar], words: Mapping[str, float]) -> Cluster:
    """What these exemplars stand for, as a cluster; it shares all that is not divided with the whole."""
    exemplars = [replace(e) for e in group]
    numbers = {e.number for e in exemplars}
    total = np.add.reduce([e.sum for e in exemplars])
    if len(exemplars) == 1:
        exemplars[0].total = None
    told = {word: weight for word, weight in words.items() if weight > 0.0}
    return replace(
        cluster, total=total, norm=math.sqrt(total.dot(total)), words=told, words_square=sum(weight * weight for weight in told.values()),
        size=sum(e.claims for e in exemplars), distinct=sum(e.wordings for e in exemplars), exemplars=exemplars,
        folded={number: into for number, into in cluster.folded.items() if into in numbers},
    )  # fmt: skip


def _shares(words: Iterable[str], kept: Iterable[Exemplar], new: Iterable[Exemplar]) -> dict[str, float]:
    """Which share of each word's weight goes to the kept half."""
    mine, theirs = _counted(kept), _counted(new)
    whole = mine[""] / (mine[""] + theirs[""])
    both = ((word, mine.get(word, 0), theirs.get(word, 0)) for word in words)
    return {word: one / (one + other) if one + other else whole for word, one, other in both}


def _counted(group: Iterable[Exemplar]) -> dict[str, int]:
    """In how many texts each word of the exemplars stands, by what they stand for; under the empty word all texts."""
    counts: dict[str, int] = {"": 0}
    for exemplar in group:
        for word in ["", *tokens(normalise(exemplar.text))]:
            counts[word] = counts.get(word, 0) + exemplar.wordings
    return counts
