"""One cluster that has become two: its exemplars in two groups, and the halves they stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from streamclust.claims import fingerprint, normalise
from streamclust.clusters import Cluster, DistinctCounter
from streamclust.commands import Evidence
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
    """The cluster divided where its exemplars fall apart, its words left out; None where it has but one exemplar.

    Vectors, texts and claims are divided as they were booked.
    """
    if len(cluster.exemplars) < 2:
        return None
    groups = sorted(two_groups(cluster.exemplars), key=lambda group: (-sum(e.claims for e in group), min(e.number for e in group)))
    kept, new = (_half(cluster, group) for group in groups)
    return Halves(kept, new, float(kept.total.dot(new.total)) / (kept.norm * new.norm or 1.0))


def with_words(cluster: Cluster, parts: Halves) -> Halves:
    """The halves with the cluster's words, which are kept for it as a whole.

    Each word goes to the halves in proportion to the texts behind the exemplars that have it, or to all texts where none has.
    """
    shares = _shares(cluster.words, parts.kept.exemplars, parts.new.exemplars)
    kept = _worded(parts.kept, {word: weight * shares[word] for word, weight in cluster.words.items()})
    new = _worded(parts.new, {word: weight * (1.0 - shares[word]) for word, weight in cluster.words.items()})
    return Halves(kept, new, parts.alike)


def two_groups(exemplars: Sequence[Exemplar]) -> tuple[list[Exemplar], list[Exemplar]]:
    """Two medoids among at least two exemplars, and who is nearer to which.

    The k-medoids of FasterPAM (Schubert and Rousseeuw, 2021) for k = 2, each exemplar weighing as many texts as it stands for. There are so
    few that every pair is tried: the best there is, the same each time. Of equals the first pair, and the first medoid, is taken.
    """
    vectors = np.stack([e.vector for e in exemplars])
    alike = vectors @ vectors.T
    weights = np.array([e.wordings for e in exemplars], np.float32)
    ones, others = np.triu_indices(len(exemplars), 1)
    best = int((np.maximum(alike[ones], alike[others]) @ weights).argmax())
    one, other = int(ones[best]), int(others[best])
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
        parts: as `with_words` gives them for the cluster as it stands.
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


def without(cluster: Cluster, evidence: Evidence, vector: np.ndarray, words: Mapping[str, float], *, number: int) -> Halves:
    """The cluster without one text, and that text as a cluster.

    Args:
        evidence: what is on record of it; it is not all the cluster has.
        vector: (dim,) float32 unit vector of the text.
        words: its idf weights, unit length.
        number: of the exemplar that it becomes.
    """
    home = cluster.folded.get(evidence.booked, evidence.booked)
    alone = len(cluster.exemplars) == 1
    stay = [e for e in cluster.exemplars if e.number != home]
    others = [e for e in cluster.exemplars if e.number == home and e.wordings > 1]
    stay += [_less(e, cluster.total if alone else e.sum, evidence, vector) for e in others]
    gone = Exemplar(evidence.claim.id, evidence.claim.text, vector, number, evidence.claims)
    kept = _worded(_half(cluster, stay), {word: weight - words.get(word, 0.0) for word, weight in cluster.words.items()})
    new = _worded(_half(cluster, [gone]), words)
    return Halves(kept, new, float(kept.total.dot(new.total)) / (kept.norm * new.norm or 1.0))


def _less(exemplar: Exemplar, total: np.ndarray, evidence: Evidence, vector: np.ndarray) -> Exemplar:
    """It stands for one text less; if that is its own, for the rest another member does, with what is left of their vectors."""
    left = total - vector
    less = replace(exemplar, claims=exemplar.claims - evidence.claims, wordings=exemplar.wordings - 1, total=left)
    if fingerprint(normalise(exemplar.text)) == evidence.claim.fingerprint:
        mean = (left / np.float32(math.sqrt(left.dot(left)) or 1.0)).astype(np.float16).astype(np.float32)
        less = replace(less, claim_id=(evidence.stand_in or ("", ""))[0], text=(evidence.stand_in or ("", exemplar.text))[1], vector=mean)
    return replace(less, total=None) if less.wordings == 1 else less


def _half(cluster: Cluster, group: Iterable[Exemplar]) -> Cluster:
    """What these exemplars stand for, as a cluster; it shares all that is not divided with the whole."""
    exemplars = [replace(e) for e in group]
    numbers = {e.number for e in exemplars}
    total = np.add.reduce([e.sum for e in exemplars])
    if len(exemplars) == 1:
        exemplars[0].total = None
    return replace(
        cluster, total=total, norm=math.sqrt(total.dot(total)), words={}, words_square=0.0,
        size=sum(e.claims for e in exemplars), distinct=sum(e.wordings for e in exemplars), exemplars=exemplars,
        folded={number: into for number, into in cluster.folded.items() if into in numbers},
    )  # fmt: skip


def _worded(half: Cluster, words: Mapping[str, float]) -> Cluster:
    told = {word: weight for word, weight in words.items() if weight > 0.0}
    return replace(half, words=told, words_square=sum(weight * weight for weight in told.values()))


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
