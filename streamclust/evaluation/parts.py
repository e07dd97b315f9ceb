"""Which posts count: all of them, or those that are meant to be clustered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from streamclust.evaluation.metrics import Scores, score
from streamclust.evaluation.streams import NOISE

ALL = "all posts"
CLAIMS = "without noise"
SPREAD = "gold clusters of two or more"

MEANINGS = {
    ALL: "every post; one whose gold label is noise is a gold cluster of its own",
    CLAIMS: "noise is clustered like all else, but its posts are not scored",
    SPREAD: "neither noise nor lone posts are scored",
}
"""For each part, which posts are in it."""


def truth(labels: Sequence[str]) -> list[Hashable]:
    """Gold labels to score with: each post labelled as noise is a cluster of its own."""
    return [(NOISE, number) if label == NOISE else label for number, label in enumerate(labels)]


def parts(labels: Sequence[str], found: Sequence[Hashable]) -> dict[str, Scores]:
    """Figures by part, in the order of `MEANINGS`; a part that is the one before it, or empty, is left out.

    Args:
        labels: gold labels as the stream has them, `NOISE` among them.
        found: the cluster each post was put in.
    """
    gold = truth(labels)
    sizes = Counter(gold)
    everything = range(len(labels))
    claims = [post for post in everything if labels[post] != NOISE]
    spread = [post for post in claims if sizes[gold[post]] >= 2]
    chosen: dict[str, Sequence[int]] = {ALL: everything}
    for name, posts in ((CLAIMS, claims), (SPREAD, spread)):
        if 0 < len(posts) < len(next(reversed(chosen.values()))):
            chosen[name] = posts
    return {name: score([gold[post] for post in posts], [found[post] for post in posts]) for name, posts in chosen.items()}
