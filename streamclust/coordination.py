"""Signs that few are behind what many seem to say. They flag a trend, they never hide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streamclust.clusters import Cluster
from streamclust.trends import WINDOW, Trend

_FEWEST = 5
_POSTS_EACH = 3.0
_MOST, _HALF = 0.7, 0.5
_NO_CHANCE = 1e-3


def signs(cluster: Cluster, trend: Trend, lately: Iterable[Cluster], heard: Mapping[str, int]) -> list[str]:
    """Why this trend is thought coordinated, in words; empty if it is not.

    Args:
        cluster: the one that trends.
        trend: its trend, which has just started.
        lately: other clusters that took a claim within the hour.
        heard: claims of the whole stream by source.
    """
    found = [
        _few(trend),
        _copied(trend),
        _young(trend),
        _same_age(trend),
        _one_source(cluster, trend, heard),
        _together(cluster, trend, lately),
    ]
    return [sign for sign in found if sign]


def _few(trend: Trend) -> str:
    """The same accounts again and again."""
    tally = trend.tally
    each = tally.posts / max(tally.authors, 1.0)
    return f"few authors: {each:.0f} posts from each" if each >= _POSTS_EACH else ""


def _copied(trend: Trend) -> str:
    """Copy and paste: the same words, and nobody says whose they are."""
    share = trend.tally.copied / max(trend.tally.authors, 1.0)
    return f"one text: {share:.0%} of the authors repeat one word for word" if share >= _MOST and trend.tally.copied >= _FEWEST - 1 else ""


def _young(trend: Trend) -> str:
    """Accounts made for it."""
    tally = trend.tally
    if tally.dated < _FEWEST or tally.young < _HALF * tally.dated:
        return ""
    return f"new accounts: {tally.young / tally.dated:.0%} of the authors whose age is known"


def _same_age(trend: Trend) -> str:
    """Accounts made together long ago and kept for later: people's are of all ages."""
    tally = trend.tally
    share = tally.lead / max(tally.dated, 1.0)
    if tally.dated < _FEWEST or share < _HALF or _young(trend):
        return ""
    return f"accounts of one age: at least {share:.0%} of those whose age is known were made within one month"


def _one_source(cluster: Cluster, trend: Trend, heard: Mapping[str, int]) -> str:
    """All from one place, in a stream of several where that would hardly be by chance."""
    if len(cluster.sources) != 1:
        return ""
    source = next(iter(cluster.sources))
    share = heard.get(source, 0) / max(sum(heard.values()), 1)
    return f"one source: all from {source or 'the same'}, as {share:.0%} of the stream" if share**trend.hour < _NO_CHANCE else ""


def _together(cluster: Cluster, trend: Trend, lately: Iterable[Cluster]) -> str:
    """The same accounts are at work elsewhere: at least half of these authors posted into one other cluster within the hour.

    After Giglietto et al. (2020) and Pacheco et al. (ICWSM 2021): who acts together again and again acts in concert.
    """
    mine = {author for author, bucket in trend.seen.items() if bucket > trend.bucket - WINDOW}
    fewest = max(_HALF * len(mine), float(_FEWEST))
    for other in lately:
        if other is not cluster and other.trend is not None:
            theirs, since = other.trend.seen, trend.bucket - WINDOW
            both = sum(1 for author in mine & theirs.keys() if theirs[author] > since)
            if both >= fewest:
                return f"posting together: {both} of {len(mine)} authors are within the hour in {other.id} too"
    return ""
