"""CheckThat!: gold clusters from pairs of tweet and verified claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from streamclust.errors import InputUnreadable

SUFFIX = ".qrels"
_IDS = ("tweet_id", "iclaim_id", "id", "")
_TEXTS = ("tweet_content", "iclaim_content")


def find_pairs(path: Path) -> Path:
    """The one file of pairs beside the tweets.

    Raises:
        InputUnreadable: there is none, or there are several.
    """
    found = sorted(path.parent.glob(f"*{SUFFIX}"))
    if len(found) == 1:
        return found[0]
    told = "none is beside it" if not found else f"beside it are {', '.join(one.name for one in found)}"
    raise InputUnreadable(
        f"{path.name} has tweets of CheckThat!; its pairs (*{SUFFIX}) make the gold clusters, and {told}: name one with --pairs"
    )


def read_pairs(path: Path) -> dict[str, str]:
    """The gold cluster of each tweet: tweets of one verified claim are one cluster, and so are those of claims that share a tweet.

    A cluster goes by the least of its verified claims. The form is that of TREC's relevance judgements: tweet id, 0, claim id,
    relevance, between tabs or spaces; without a header. Pairs of relevance 0 say nothing.

    Raises:
        InputUnreadable: not readable, or a line that is none of these.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputUnreadable(f"cannot read the pairs in {path}: {error}") from None
    return _clusters(_pair(line, number, path.name) for number, line in enumerate(lines, 1) if line.strip())


def labelled(records: Iterable[Mapping[str, Any]], clusters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Tweets as posts: id, text, and the gold cluster where there is one.

    The column of the ids has no name in the files of 2020.
    """
    for record in records:
        tweet = next((str(record[name]).strip() for name in _IDS if record.get(name) not in (None, "")), None)
        text = next((record[name] for name in _TEXTS if name in record), None)
        yield {**record, "id": tweet, "tweet_content": text, "cluster": clusters.get(tweet or "")}


def _pair(line: str, number: int, name: str) -> tuple[str, str] | None:
    cells = line.split()
    if len(cells) != 4 or not cells[3].lstrip("-").isdigit():
        raise InputUnreadable(
            f"{name}, line {number} is no pair: {line[:80]!r}; expected four columns: tweet id, 0, verified claim id, relevance (1 or 0)"
        )
    return (cells[0], cells[2]) if int(cells[3]) > 0 else None


def _clusters(pairs: Iterable[tuple[str, str] | None]) -> dict[str, str]:
    """Connected parts of the pairs, tweets on one side and claims on the other."""
    parent: dict[str, str] = {}
    claim_of: dict[str, str] = {}
    for tweet, claim in filter(None, pairs):
        one, other = _root(parent, claim), _root(parent, claim_of.setdefault(tweet, claim))
        parent[max(one, other)] = min(one, other)
    return {tweet: _root(parent, claim) for tweet, claim in claim_of.items()}


def _root(parent: dict[str, str], claim: str) -> str:
    while (above := parent.setdefault(claim, claim)) != claim:
        parent[claim] = parent[above]
        claim = above
    return claim
