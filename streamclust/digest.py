"""A cluster in a few words: the claim that stands for it, its keywords, and a short digest of its diverse members."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NotRequired, TypedDict

from streamclust.claims import isoformat, normalise
from streamclust.clusters import Cluster, top_words
from streamclust.exemplars import NEAR_COPY, Exemplar
from streamclust.trends import QUIET
from streamclust.words import UNSPACED, Commonness

_UNKNOWN = Commonness()
_LETTERS_A_TOKEN = 4
_A_LINE = 20
_PARTS = re.compile(r"\w+|[^\w\s]")


class Representative(TypedDict):
    """The claim that stands for a cluster.

    Args:
        claim_id: its id.
        text: what was posted.
    """

    claim_id: str
    text: str


class TrendSummary(TypedDict):
    """Whether a cluster takes off.

    Args:
        stage: `quiet`, `emerging`, `trending` or `cooling`.
        score: how far above what was expected it is; halves every two hours. As of its last claim.
        episodes: trends so far.
        authors_hour: different authors of the hour before its last claim.
    """

    stage: str
    score: float
    episodes: int
    authors_hour: int


class ClusterSummary(TypedDict):
    """A cluster as plain values for those who look on: all but vectors and members.

    Args:
        id: the cluster's, for ever.
        status: `live`, `retired` or `merged`.
        merged_into: the cluster that took it in.
        absorbed: ids of those it took in, in order.
        size: claims, copies included.
        distinct: texts, copies not counted.
        authors: different authors, estimated above 256.
        sources: claims by source.
        langs: claims by language.
        cohesion: mean cosine of the distinct claims to the centroid.
        ambiguity: how near the next cluster is to its claims of late, 0 (there is none) to 1 (another is as near); not in version 0.1.
        per_hour: claims per hour of late, at the stream's clock.
        first_at: time of the earliest claim, RFC 3339; null where the stream has no times.
        last_at: time of the latest claim, likewise.
        version: number of changes.
        keywords: its most telling words, heaviest first.
        representative: the claim that stands for it.
        trend: whether it takes off; nothing is known before its second claim, after its end, and where the stream has no times.
    """

    id: str
    status: str
    merged_into: str | None
    absorbed: list[str]
    size: int
    distinct: int
    authors: int
    sources: dict[str, int]
    langs: dict[str, int]
    cohesion: float
    ambiguity: NotRequired[float]
    per_hour: float
    first_at: str | None
    last_at: str | None
    version: int
    keywords: list[str]
    representative: Representative
    trend: TrendSummary


class DigestLine(TypedDict):
    """One member of a digest.

    Args:
        claim_id: the member.
        text: what was posted, on one line; cut where the budget did not allow more.
        stands_for: claims of the cluster that it is told for, itself and copies included.
        tokens: about how many tokens the line takes.
    """

    claim_id: str
    text: str
    stands_for: int
    tokens: int


class Digest(TypedDict):
    """A few diverse members that tell a cluster, within a budget.

    Args:
        tokens: about how many tokens the lines take.
        budget: how many they might take.
        stands_for: claims that the lines are told for, all together.
        size: claims of the cluster.
        lines: the claim that stands for the cluster, then those that add most.
    """

    tokens: int
    budget: int
    stands_for: int
    size: int
    lines: list[DigestLine]


def representative(cluster: Cluster) -> Exemplar:
    """The exemplar that stands for the cluster: one near the centroid, which gives way only to one that is clearly nearer."""
    return next((e for e in cluster.exemplars if e.number == cluster.stands), cluster.exemplars[0])


def keywords(cluster: Cluster, most: int = 5, stream: Commonness = _UNKNOWN) -> list[str]:
    """Its most telling words, heaviest first: class-based tf-idf, the cluster's own words against the whole stream's.

    Args:
        most: so many at most.
        stream: how common the words are by now. The weights on the cluster are of when each claim came, and early on
            in a stream even "the" was rare.
    """
    return [word for word, _ in top_words({word: weight * stream.telling(word) for word, weight in cluster.words.items()}, most)]


def digest(cluster: Cluster, budget: int) -> Digest:
    """Few tokens, nothing essential missing: diverse exemplars, near copies told once.

    Greedy facility location (Lin and Bilmes, ACL 2011): after the one that stands for the cluster comes, again and again, the exemplar
    that brings most per token, where an exemplar is worth the members it and those told so far come nearer to, weighted by how many
    claims each stands for. A cluster that takes no more claims has no vectors left: there those that stand for most come first.

    Args:
        budget: tokens the lines may take, 1 or more. The first line is cut to it, or to half of it (though not below `_A_LINE`) where
            nothing else would fit beside it; any other is left out if it does not fit.
    """
    half = max(budget // 2, _A_LINE)
    alone = _choose(cluster, budget, first=budget)
    shared = _choose(cluster, budget, first=half) if len(alone) == 1 else alone
    return _told(cluster, shared, budget, first=half if len(shared) > len(alone) else budget)


def _choose(cluster: Cluster, budget: int, *, first: int) -> list[Exemplar]:
    """What to tell, if the one that stands for the cluster takes so many tokens at most."""
    chosen = [representative(cluster)]
    left = [e for e in cluster.exemplars if e is not chosen[0]]
    spent = min(token_count(_one_line(chosen[0].text)), first)
    while left:
        worth = {e.number: _gain(cluster, chosen, e) / token_count(_one_line(e.text)) for e in left}
        best = max(left, key=lambda e: (worth[e.number], -e.number))
        left.remove(best)
        cost = token_count(_one_line(best.text))
        if worth[best.number] > 0.0 and spent + cost <= budget:
            chosen.append(best)
            spent += cost
    return chosen


def _gain(cluster: Cluster, chosen: Sequence[Exemplar], one: Exemplar) -> float:
    """How much nearer the cluster's members come to what is told if this one is told too; nothing for a near copy."""
    if not len(one.vector):
        return float(one.claims)
    if max(_likeness(one, other) for other in chosen) >= NEAR_COPY:
        return 0.0
    return sum(
        e.claims * max(_likeness(e, one) - max(_likeness(e, other) for other in chosen), 0.0) for e in cluster.exemplars if e not in chosen
    )


def _likeness(one: Exemplar, other: Exemplar) -> float:
    """Cosine of two exemplars; 0.0 where vectors are gone."""
    return float(one.vector.dot(other.vector)) if len(one.vector) and len(other.vector) else float(one is other)


def _told(cluster: Cluster, chosen: Sequence[Exemplar], budget: int, *, first: int) -> Digest:
    """The lines, each with what it stands for: the claims of every exemplar it is nearest to."""
    stands_for = dict.fromkeys((e.number for e in chosen), 0)
    for exemplar in cluster.exemplars:
        stands_for[max(chosen, key=lambda e: _likeness(e, exemplar)).number] += exemplar.claims
    lines: list[DigestLine] = []
    for one in chosen:
        text = _cut(_one_line(one.text), first if one is chosen[0] else budget)
        lines.append({"claim_id": one.claim_id, "text": text, "stands_for": stands_for[one.number], "tokens": token_count(text)})
    total = sum(line["tokens"] for line in lines)
    return {"tokens": total, "budget": budget, "stands_for": sum(stands_for.values()), "size": cluster.size, "lines": lines}


def token_count(text: str) -> int:
    """About how many tokens a language model makes of it: one for four letters of a word, one for a character of a script without spaces.

    >>> token_count("the dam has burst, 3 dead"), token_count("水坝决堤")
    (8, 4)
    """
    parts = _PARTS.findall(text)
    return max(sum(len(part) if UNSPACED.match(part) else -(-len(part) // _LETTERS_A_TOKEN) for part in parts), 1)


def _cut(text: str, budget: int) -> str:
    """Whole words, as many as the budget allows, with an ellipsis for the rest."""
    if token_count(text) <= budget:
        return text
    words = text.split()
    fit = bisect_left(range(1, len(words) + 1), budget, key=lambda count: token_count(" ".join(words[:count])))
    kept = " ".join(words[: max(fit, 1)])
    if not fit:
        kept = kept[: max(bisect_left(range(1, len(kept) + 1), budget, key=lambda count: token_count(kept[:count])), 1)]
    return kept + "…"


def _one_line(text: str) -> str:
    return " ".join(normalise(text).split())


def summary(cluster: Cluster, stream: Commonness = _UNKNOWN) -> ClusterSummary:
    """The cluster as plain values; `stream` is for its keywords."""
    best = representative(cluster)
    return {
        "id": cluster.id,
        "status": cluster.status,
        "merged_into": cluster.merged_into,
        "absorbed": cluster.absorbed,
        "size": cluster.size,
        "distinct": cluster.distinct,
        "authors": cluster.authors.count,
        "sources": cluster.sources,
        "langs": cluster.langs,
        "cohesion": round(cluster.cohesion, 4),
        "ambiguity": round(cluster.ambiguity, 4),
        "per_hour": round(cluster.growth(cluster.touched_at), 3),
        "first_at": isoformat(cluster.first_at) if cluster.first_at else None,
        "last_at": isoformat(cluster.last_at) if cluster.last_at else None,
        "version": cluster.version,
        "keywords": keywords(cluster, 8, stream),
        "representative": {"claim_id": best.claim_id, "text": best.text},
        "trend": _trend_summary(cluster),
    }


def _trend_summary(cluster: Cluster) -> TrendSummary:
    trend = cluster.trend
    if trend is None:
        return {"stage": QUIET, "score": 0.0, "episodes": 0, "authors_hour": 0}
    score = round(cluster.trend_score(cluster.touched_at), 3)
    return {"stage": trend.stage, "score": score, "episodes": trend.episode, "authors_hour": trend.hour}
