"""What is taken for what: near-misses that ended up with the claim they are near to, and claims that stayed whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from streamclust.evaluation.built_in import NearMiss


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Near-misses of one kind.

    Args:
        kind: how they differ from the claim they are near to.
        posts: posts that make such a near-miss.
        joined: share of them that lie in a found cluster with a post that makes the claim; 0 is perfect.
    """

    kind: str
    posts: int
    joined: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wholeness:
    """Claims that are no near-misses and have two posts or more.

    Args:
        claims: how many.
        whole: share of them all of whose posts lie in one found cluster.
        held: share of a claim's posts in the found cluster that has most of them, on average over claims.
    """

    claims: int
    whole: float
    held: float


def confusions(labels: Sequence[str], found: Sequence[Hashable], near: Mapping[str, NearMiss]) -> list[Confusion]:
    """One row for each kind of near-miss, in the order of their names.

    Args:
        labels: gold label of each post.
        found: the cluster each was put in.
        near: near-misses by gold label.
    """
    where = defaultdict(set)
    for label, cluster in zip(labels, found, strict=True):
        where[label].add(cluster)
    posts: Counter[str] = Counter()
    joined: Counter[str] = Counter()
    for label, cluster in zip(labels, found, strict=True):
        if miss := near.get(label):
            posts[miss.kind] += 1
            joined[miss.kind] += cluster in where[miss.claim]
    return [Confusion(kind=kind, posts=posts[kind], joined=joined[kind] / posts[kind]) for kind in sorted(posts)]


def wholeness(labels: Sequence[str], found: Sequence[Hashable], near: Mapping[str, NearMiss]) -> Wholeness:
    """How far claims stayed in one cluster; the arguments are those of `confusions`."""
    clusters = defaultdict(list)
    for label, cluster in zip(labels, found, strict=True):
        if label not in near:
            clusters[label].append(cluster)
    largest = [max(Counter(ours).values()) / len(ours) for ours in clusters.values() if len(ours) >= 2]
    count = len(largest)
    return Wholeness(claims=count, whole=sum(share == 1 for share in largest) / (count or 1), held=sum(largest) / (count or 1))
