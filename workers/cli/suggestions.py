"""`streamclust suggestions`: pairs of clusters that may be one, for whoever is to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import click
import orjson

from streamclust.claims import isoformat
from streamclust.clusters import Cluster
from streamclust.constraints import Ruling
from streamclust.counting import column, counted
from streamclust.digest import representative
from streamclust.linking import WEIGHTS
from streamclust.pairs import Pair
from streamclust.ports import ClusterStore
from streamclust.review import open_suggestions, rulings
from streamclust.suggestions import Suggestion
from workers.cli.history import linked_with
from workers.cli.options import json_option, shard_option, state_option
from workers.cli.quoting import one_line
from workers.wiring import readable_store

_QUOTE = 100
_FEATURES = tuple(name.removeprefix("link_") for name in WEIGHTS)
_NEAR = 5


class Open(NamedTuple):
    """A suggestion with both clusters as they stand."""

    older: Cluster
    younger: Cluster
    suggestion: Suggestion

    def other(self, cluster_id: str) -> Cluster:
        """The one that this one may belong with."""
        return self.younger if self.older.id == cluster_id else self.older


@click.command()
@state_option
@shard_option
@click.option("--min-score", type=click.FloatRange(0.0, 1.0), default=0.0, help="Only those of at least this link score.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
def suggestions(state: str, shard: int, min_score: float, limit: int, as_json: bool) -> None:
    """List pairs of clusters that a claim nearly linked, the best score first. Nothing joins them until somebody says so."""
    with readable_store(state, shard) as store:
        found = [one for one in read_suggestions(store) if one.suggestion.score >= min_score]
    chosen = found[:limit]
    if as_json:
        click.echo(orjson.dumps([as_plain(one) for one in chosen], option=orjson.OPT_INDENT_2))
        return
    for one in chosen:
        print_suggestion(one)
    click.echo(f"{len(chosen)} of {counted(len(found), 'suggestion')}", err=True)


def read_suggestions(store: ClusterStore) -> list[Open]:
    """The open suggestions of a state, the best score first."""
    return _with_clusters(store, open_suggestions(store.review()))


def _with_clusters(store: ClusterStore, shown: Iterable[tuple[Pair, Suggestion]]) -> list[Open]:
    found: list[Open] = []
    for ids, suggestion in shown:
        records = [record for cluster_id in ids if (record := store.cluster(cluster_id)) is not None]
        if len(records) == len(ids):  # a run that goes on beside may just have closed it
            older, younger = (Cluster.from_record(record) for record in sorted(records, key=lambda r: r["label"]))
            found.append(Open(older, younger, suggestion))
    return found


def as_plain(one: Open) -> dict[str, Any]:
    """For machines."""
    suggestion = one.suggestion
    return {
        "clusters": [_side(one.older), _side(one.younger)],
        "score": round(suggestion.score, 6),
        "claim_id": suggestion.claim_id,
        "times": suggestion.times,
        "at": isoformat(suggestion.at) if suggestion.at else None,
        "features": {name: round(feature, 6) for name, feature in zip(_FEATURES, suggestion.features, strict=True)},
    }


def print_suggestion(one: Open) -> None:
    """For people: the score, both clusters with the claims that stand for them."""
    suggestion = one.suggestion
    times = "once" if suggestion.times == 1 else f"{suggestion.times} times"
    click.echo(f"{suggestion.score:.3f}  shown {times}, best by {suggestion.claim_id}")
    for cluster in (one.older, one.younger):
        click.echo(f"  {cluster.id}  {column(cluster.size, 'claim', 6)}  “{_quoted(cluster)}”")


def _quoted(cluster: Cluster) -> str:
    return one_line(representative(cluster).text, _QUOTE)


def _side(cluster: Cluster) -> Mapping[str, Any]:
    return {"id": cluster.id, "size": cluster.size, "text": representative(cluster).text}


class Surroundings(NamedTuple):
    """What is suggested and was decided about a cluster.

    Args:
        near: open suggestions, the best first.
        held: who linked what is in it, so that it is never parted.
        apart: who said that it is never one with these.
    """

    near: list[Open]
    held: Ruling | None
    apart: dict[str, Ruling]

    def as_plain(self) -> dict[str, Any]:
        """For machines."""
        return {
            "suggestions": [as_plain(one) for one in self.near],
            "linked_by": self.held and self.held.by,
            "apart_from": {cluster_id: ruling.by for cluster_id, ruling in self.apart.items()},
        }


def surroundings(store: ClusterStore, cluster_id: str) -> Surroundings:
    """What a state has about a cluster."""
    review = store.review()
    near = [(pair, suggestion) for pair, suggestion in open_suggestions(review) if cluster_id in pair]
    return Surroundings(_with_clusters(store, near), *rulings(review, cluster_id))


def print_surroundings(around: Surroundings, cluster: Cluster) -> None:
    """For people."""
    for one in around.near[:_NEAR]:
        other = one.other(cluster.id)
        click.echo(f"  may be    {other.id}  {one.suggestion.score:.3f}  “{_quoted(other)}”")
    for other_id, ruling in around.apart.items():
        click.echo(f"  is not    {other_id}  says {ruling.by} ({ruling.role})")
    if around.held is not None:
        whom = ", ".join(linked_with(cluster.history, around.held.by)) or "clusters that are in one it took in"
        click.echo(f"  linked    with {whom} by {around.held.by} ({around.held.role}): never parted")
