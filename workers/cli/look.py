"""`streamclust clusters`, `show` and `explain`: looking at a state, also while a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamclust.claims import isoformat, normalise
from streamclust.clusters import LIVE, MERGED, RETIRED, Cluster
from streamclust.digest import Digest, digest, keywords, representative, summary
from streamclust.errors import NotFound
from streamclust.linking import WEIGHTS
from streamclust.ports import ClusterStore, Considered
from streamclust.records import merged_id
from streamclust.review import learned_weights
from streamclust.trends import QUIET
from workers.cli.options import json_option, shard_option, state_option
from workers.cli.suggestions import Surroundings, print_surroundings, surroundings
from workers.wiring import readable_store, shown

_SORTS: dict[str, Callable[[Cluster, float], Any]] = {
    "size": lambda c, _: (-c.size, c.label),
    "authors": lambda c, _: (-c.authors.count, c.label),
    "growth": lambda c, _: (-c.growth(c.touched_at), c.label),
    "trend": lambda c, now: (-c.trend_score(now), c.label),
    "ambiguity": lambda c, _: (-c.ambiguity, -c.size, c.label),
    "newest": lambda c, _: -c.label,
    "latest": lambda c, _: (-c.last_at, c.label),
}
_STATUSES = {"unmerged": (LIVE, RETIRED), "live": (LIVE,), "retired": (RETIRED,), "merged": (MERGED,), "all": (LIVE, RETIRED, MERGED)}
_WEIGHTS = ("bias", *(name.removeprefix("link_") for name in WEIGHTS))
_BARS = " ▁▂▃▄▅▆▇█"
_TIMELINE = 32
_DIGEST = 200


@click.command()
@state_option
@shard_option
@click.option("--sort", type=click.Choice(list(_SORTS)), default="size", show_default=True, help="Order of the list.")
@click.option(
    "--status", type=click.Choice(list(_STATUSES)), default="unmerged", show_default=True, help="Which ones; unmerged: live and retired."
)
@click.option("--min-size", type=click.IntRange(1), default=1, help="Only clusters of at least so many claims.")
@click.option("--contains", metavar="WORD", help="Only clusters with this word.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
def clusters(state: str, shard: int, sort: str, status: str, min_size: int, contains: str | None, limit: int, as_json: bool) -> None:
    """List clusters: a table on a terminal; elsewhere lines of size, authors, id, status, last time and claim, split by tabs."""
    with readable_store(state, shard) as store:
        records = [r for r in store.clusters() if r["status"] in _STATUSES[status] and r["size"] >= min_size]
    found = [Cluster.from_record(record) for record in records]
    if contains:
        found = [c for c in found if contains.lower() in c.words or contains.lower() in representative(c).text.lower()]
    now = max((c.touched_at for c in found), default=0.0)
    chosen = sorted(found, key=lambda c: _SORTS[sort](c, now))[:limit]
    if as_json:
        click.echo(orjson.dumps([summary(c) for c in chosen], option=orjson.OPT_INDENT_2))
        return
    if sys.stdout.isatty():
        Console().print(_table(chosen))
    else:
        for c in chosen:
            click.echo(f"{c.size}\t{c.authors.count}\t{c.id}\t{c.status}\t{_time(c.last_at) or '-'}\t{normalise(representative(c).text)}")
    click.echo(f"{len(chosen)} of {len(found)} clusters", err=True)


@click.command()
@click.argument("cluster")
@state_option
@shard_option
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Members shown at most.")
@click.option(
    "--digest", "tokens", metavar="TOKENS", type=click.IntRange(1), help=f"Only a digest of so many tokens; in JSON {_DIGEST} if left out."
)
@json_option
def show(cluster: str, state: str, shard: int, limit: int, tokens: int | None, as_json: bool) -> None:
    """Show one CLUSTER: members, representative, keywords, timeline, history. A merged id leads to the one that took it in."""
    with readable_store(state, shard) as store:
        record = resolved(store, cluster)
        found = Cluster.from_record(record)
        members = _members(store, found)
        telling = keywords(found, 8, store.commonness(list(found.words)))
        around = surroundings(store, found.id)
    told = digest(found, tokens or _DIGEST)
    if as_json:
        more = {
            "asked_for": cluster, "digest": told, "history": found.history,
            **around.as_plain(), "members": [_member(m) for m in members[:limit]],
        }  # fmt: skip
        click.echo(orjson.dumps({**summary(found), "keywords": telling, **more}, option=orjson.OPT_INDENT_2))
        return
    if not found.id.startswith(cluster):
        click.echo(f"{cluster} was merged into {found.id}\n")
    if tokens:
        _print_digest(found, told, telling)
    else:
        _print_cluster(found, members, around, limit, telling)


@click.command()
@click.argument("claim")
@state_option
@shard_option
@json_option
def explain(claim: str, state: str, shard: int, as_json: bool) -> None:
    """Say why the CLAIM with this id is in its cluster: candidates, features, scores, threshold, versions."""
    with readable_store(state, shard) as store:
        member = store.member(claim)
        if member is None:
            raise NotFound(
                f"no claim {claim!r} on record in {shown(state)}; ids are those of the input (`streamclust show CLUSTER` lists them)"
            )
        identity = store.identity()
        now_in = merged_id(store, member["cluster_id"])
        learned = learned_weights(store.review())
    explained = _explanation(member, identity, now_in, learned)
    if as_json:
        click.echo(orjson.dumps(explained, option=orjson.OPT_INDENT_2))
    else:
        _print_explanation(explained)


def resolved(store: ClusterStore, asked: str) -> dict[str, Any]:
    """The record an id, a merged id or the beginning of an id leads to."""
    record = store.cluster(merged_id(store, asked))
    if record is not None:
        return record
    starts = [r["id"] for r in store.clusters() if r["id"].startswith(asked)]
    if len(starts) == 1:
        return resolved(store, starts[0])
    if starts:
        raise NotFound(f"{asked!r} is the beginning of {len(starts)} ids ({', '.join(sorted(starts)[:5])}, …); give more of it")
    raise NotFound(f"no cluster {asked!r} on record; `streamclust clusters` lists them (retired ones are forgotten after a while)")


def _members(store: ClusterStore, cluster: Cluster) -> list[dict[str, Any]]:
    """Members of the cluster and of those it absorbed, by event time."""
    found = [m for cluster_id in (cluster.id, *cluster.absorbed) for m in store.members(cluster_id)]
    return sorted(found, key=lambda m: m["seen_at"])


def _member(member: dict[str, Any]) -> dict[str, Any]:
    names = ("claim_id", "author", "source", "lang", "url", "rule", "text")
    return {**{name: member[name] for name in names}, "seen_at": _time(member["seen_at"])}


def _table(chosen: Sequence[Cluster]) -> Table:
    table = Table(box=None, padding=(0, 1))
    for name in ("claims", "authors", "per hour"):
        table.add_column(name, justify="right")
    table.add_column("trend")
    table.add_column("cluster", style="cyan", no_wrap=True)
    table.add_column("last")
    table.add_column("claim", no_wrap=True, overflow="ellipsis")
    for c in chosen:
        growth = f"{c.growth(c.touched_at):.0f}" if c.last_at else "-"
        text = Text(normalise(representative(c).text))
        table.add_row(str(c.size), str(c.authors.count or "-"), growth, _stage(c), c.id, _time(c.last_at) or "-", text)
    return table


def _print_digest(cluster: Cluster, told: Digest, telling: Sequence[str]) -> None:
    """For a reader, or a language model's prompt: what it is about, then a line for each member that is told."""
    where = f", {len(cluster.langs)} languages" if len(cluster.langs) > 1 else ""
    click.echo(f"{cluster.size} claims, {cluster.distinct} wordings, {cluster.authors.count} authors{where}: {', '.join(telling)}")
    for line in told["lines"]:
        click.echo(f"- (stands for {line['stands_for']}) {line['text']}")


def _print_cluster(cluster: Cluster, members: Sequence[dict[str, Any]], around: Surroundings, limit: int, telling: Sequence[str]) -> None:
    click.echo(f"{cluster.id}  ({cluster.status})  {cluster.size} claims, {cluster.distinct} wordings, {cluster.authors.count} authors")
    click.echo(f"  claim     “{normalise(representative(cluster).text)}”  ({representative(cluster).claim_id})")
    click.echo(f"  keywords  {', '.join(telling)}")
    click.echo(f"  cohesion  {cluster.cohesion:.3f} (mean cosine of its wordings to their centroid)")
    click.echo(f"  ambiguity {cluster.ambiguity:.3f} (how near the next cluster is; 1: as near as this one)")
    for name, counts in (("sources", cluster.sources), ("languages", cluster.langs)):
        if counts:
            commonest = sorted(counts.items(), key=lambda item: -item[1])[:8]
            click.echo(f"  {name:<9} " + ", ".join(f"{label or 'other'} {times}" for label, times in commonest))
    if cluster.trend is not None:
        stage, score, hour = cluster.trend.stage, cluster.trend_score(cluster.touched_at), cluster.trend.hour
        click.echo(f"  trend     {stage}, score {score:.1f}, {hour} authors in its last hour, trends so far: {cluster.trend.episode}")
    if cluster.last_at:
        click.echo(f"  timeline  {timeline([m['seen_at'] for m in members])}  {_time(cluster.first_at)} to {_time(cluster.last_at)}")
    print_surroundings(around, cluster.id)
    click.echo("  history")
    for line in cluster.history[-12:]:
        details = ", ".join(f"{k} {v}" for k, v in line.items() if k not in ("what", "at"))
        click.echo(f"    {_time(line['at']) or '-':<20}  {line['what']:<8}  {details}")
    click.echo(f"  members ({min(limit, len(members))} of {len(members)})")
    for member in members[:limit]:
        at, who, text = _time(member["seen_at"]) or "-", member["author"] or "-", normalise(member["text"])
        click.echo(f"    {at:<20}  {member['rule']:<7}  {member['claim_id']}  {who}  {text[:100]}")


def timeline(times: Iterable[float]) -> str:
    """Claims over time as a row of bars.

    >>> timeline([0.0, 1.0, 1.0, 2.0, 40.0])
    '█▃                             ▃'
    """
    moments = sorted(times)
    if not moments or moments[0] == moments[-1]:
        return _BARS[-1]
    counts = [0] * _TIMELINE
    span = moments[-1] - moments[0]
    for moment in moments:
        counts[min(int((moment - moments[0]) / span * _TIMELINE), _TIMELINE - 1)] += 1
    top = max(counts)
    return "".join(_BARS[-(-n * (len(_BARS) - 1) // top)] for n in counts)


def _explanation(member: dict[str, Any], identity: dict[str, Any], now_in: str, learned: Sequence[float]) -> dict[str, Any]:
    params = identity["params"]
    return {
        "claim_id": member["claim_id"],
        "text": member["text"],
        "seen_at": _time(member["seen_at"]),
        "cluster_id": member.get("joined", member["cluster_id"]),
        "now_in": now_in,
        "rule": member["rule"],
        "candidates": [Considered(*candidate)._asdict() for candidate in member["candidates"]],
        "link_threshold": params["link_threshold"],
        "min_similarity": params["min_similarity"],
        "weights": {name: params[f"link_{name}"] for name in _WEIGHTS},
        "learned_weights": dict(zip(_WEIGHTS, learned, strict=True)) if learned else None,
        "encoder": identity["encoder"],
        "params": params,
    }


def _print_explanation(explained: dict[str, Any]) -> None:
    click.echo(f"{explained['claim_id']}  {explained['seen_at'] or ''}\n  “{normalise(explained['text'])}”")
    click.echo(f"  {_because(explained)}")
    if explained["now_in"] != explained["cluster_id"]:
        click.echo(
            f"  {explained['cluster_id']} has since been merged or split, or the claim was expelled: it is now in {explained['now_in']}"
        )
    if explained["candidates"]:
        click.echo("\n  candidate        score  centroid  exemplar   words  wordings     gap  numbers")
        for c in explained["candidates"]:
            features = f"{c['similarity']:6.3f}    {c['nearest']:6.3f}  {c['overlap']:6.3f}  {c['wordings']:>8}  {c['gap']:>6}"
            features += f"  {'clash' if c['clash'] else '':>7}"
            line = f"  {c['cluster_id']:<15} {c['score']:6.3f}    {features}"
            click.echo(line + ("   reaches the threshold" if c["score"] >= explained["link_threshold"] else ""))
    w = explained["weights"]
    click.echo(
        f"\n  model: z = {w['similarity']}·centroid + {w['nearest']}·exemplar + {w['overlap']}·words + {w['size']}·log(wordings)"
        f" - {w['gap']}·log(1 + gap) - {w['clash']}·clash + {w['bias']}, score = 1 / (1 + exp(-z));"
        f" join at score ≥ {explained['link_threshold']} and centroid ≥ {explained['min_similarity']}"
    )
    if explained["learned_weights"]:
        told = ", ".join(f"{name} {weight:.3f}" for name, weight in explained["learned_weights"].items())
        click.echo(f"  since learned from answers: {told}")
    click.echo(f"  encoder {explained['encoder']}")


def _because(explained: dict[str, Any]) -> str:
    where = explained["cluster_id"]
    if explained["rule"] == "copy":
        return f"joined {where}: its text is, word for word, one that was there already"
    if explained["rule"] == "linked":
        return f"joined {where}: the best candidate within reach"
    best = explained["candidates"][0] if explained["candidates"] else None
    if best is None:
        return f"founded {where}: there was no cluster yet"
    if best["score"] >= explained["link_threshold"]:
        return f"founded {where}: the best candidate's centroid is too far for its radius"
    return f"founded {where}: the best candidate scores {best['score']:.3f}, below the threshold of {explained['link_threshold']}"


def _stage(cluster: Cluster) -> str:
    return cluster.trend.stage if cluster.trend is not None and cluster.trend.stage != QUIET else "-"


def _time(seconds: float) -> str | None:
    return isoformat(seconds) if seconds else None
