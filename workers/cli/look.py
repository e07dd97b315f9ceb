"""`streamclust show` and `explain`: one cluster, one claim, also while a run goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from typing import Any

import click
import orjson
from rich.cells import cell_len

from streamclust.claims import isoformat, normalise
from streamclust.clusters import Cluster
from streamclust.counting import counted
from streamclust.digest import Digest, digest, keywords, representative, summary
from streamclust.errors import NotFound
from streamclust.linking import WEIGHTS
from streamclust.ports import ClusterStore, Considered
from streamclust.records import merged_id
from streamclust.review import learned_weights
from workers.cli.history import counted_apart, sentence
from workers.cli.options import json_option, shard_option, state_option
from workers.cli.suggestions import Surroundings, print_surroundings, surroundings
from workers.invocation import told
from workers.states import DEFAULT_STATE, shown
from workers.wiring import readable_store

_WEIGHTS = ("bias", *(name.removeprefix("link_") for name in WEIGHTS))
_BARS = " ▁▂▃▄▅▆▇█"
_TIMELINE = 32
_DIGEST = 200
_TEXT = 280
_LATEST = 12


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
        record = resolved(store, cluster, state, shard)
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
                f"no claim {claim!r} on record in {shown(state)}; ids are those of the input "
                f"({told('show', 'CLUSTER', *in_shard(shard), state=state)} lists them)"
            )
        identity = store.identity()
        now_in = merged_id(store, member["cluster_id"])
        learned = learned_weights(store.review())
    explained = _explanation(member, identity, now_in, learned)
    if as_json:
        click.echo(orjson.dumps(explained, option=orjson.OPT_INDENT_2))
    else:
        print_explanation(explained)


def in_shard(shard: int) -> tuple[str, ...]:
    """The option that names a shard; none for the one that is taken anyway."""
    return ("--shard", str(shard)) if shard else ()


def resolved(store: ClusterStore, asked: str, state: str = DEFAULT_STATE, shard: int = 0) -> dict[str, Any]:
    """The record an id, a merged id or the beginning of an id leads to.

    Args:
        state, shard: how the store is asked for.

    Raises:
        NotFound: it leads to none, or to several.
    """
    record = store.cluster(merged_id(store, asked))
    if record is not None:
        return record
    starts = [r["id"] for r in store.clusters() if r["id"].startswith(asked)]
    if len(starts) == 1:
        return resolved(store, starts[0], state, shard)
    if starts:
        raise NotFound(f"{asked!r} is the beginning of {len(starts)} ids ({', '.join(sorted(starts)[:5])}, …); give more of it")
    lists = told("clusters", *in_shard(shard), state=state)
    raise NotFound(f"no cluster {asked!r} on record; {lists} lists them (retired ones are forgotten after a while)")


def _members(store: ClusterStore, cluster: Cluster) -> list[dict[str, Any]]:
    """Members of the cluster and of those it absorbed, by event time."""
    found = [m for cluster_id in (cluster.id, *cluster.absorbed) for m in store.members(cluster_id)]
    return sorted(found, key=lambda m: m["seen_at"])


def _member(member: dict[str, Any]) -> dict[str, Any]:
    names = ("claim_id", "author", "source", "lang", "url", "rule", "text")
    return {**{name: member[name] for name in names}, "seen_at": _time(member["seen_at"])}


def _print_digest(cluster: Cluster, told: Digest, telling: Sequence[str]) -> None:
    """For a reader, or a language model's prompt: what it is about, then a line for each member that is told."""
    where = f", {len(cluster.langs)} languages" if len(cluster.langs) > 1 else ""
    click.echo(f"{_counts(cluster)}{where}: {', '.join(telling)}")
    for line in told["lines"]:
        click.echo(f"- (stands for {line['stands_for']}) {line['text']}")


def _print_cluster(cluster: Cluster, members: Sequence[dict[str, Any]], around: Surroundings, limit: int, telling: Sequence[str]) -> None:
    click.echo(f"{cluster.id}  ({cluster.status})  {_counts(cluster)}")
    click.echo(f"  claim     “{shortened(normalise(representative(cluster).text))}”  ({representative(cluster).claim_id})")
    click.echo(fitted("  keywords  ", telling, shutil.get_terminal_size().columns))
    click.echo(f"  cohesion  {cluster.cohesion:.3f} (mean cosine of its wordings to their centroid)")
    click.echo(f"  ambiguity {cluster.ambiguity:.3f} (how near the next cluster is; 1: as near as this one)")
    for name, counts in (("sources", cluster.sources), ("languages", cluster.langs)):
        if counts:
            commonest = sorted(counts.items(), key=lambda item: -item[1])[:8]
            click.echo(f"  {name:<9} " + ", ".join(f"{label or 'other'} {times}" for label, times in commonest))
    if apart := counted_apart(cluster.history):
        click.echo(f"  note      {apart}")
    if cluster.trend is not None:
        stage, score, hour = cluster.trend.stage, cluster.trend_score(cluster.touched_at), cluster.trend.hour
        authors, so_far = counted(hour, "author"), cluster.trend.episode
        click.echo(f"  trend     {stage}, score {score:.1f}, {authors} in its last hour, trends so far: {so_far}")
    if cluster.last_at and members:
        moments = [m["seen_at"] for m in members]
        click.echo(f"  timeline  {timeline(moments)}  {_time(min(moments))} to {_time(max(moments))}")
    print_surroundings(around, cluster)
    _print_history(cluster.history)
    click.echo(f"  members ({min(limit, len(members))} of {len(members)})")
    for member in members[:limit]:
        at, who, text = _time(member["seen_at"]) or "-", member["author"] or "-", normalise(member["text"])
        click.echo(f"    {at:<20}  {member['rule']:<7}  {member['claim_id']}  {who}  {text[:100]}")


def shortened(text: str) -> str:
    """At most as much of a text as a post of most platforms has; `--json` has it in full.

    >>> len(shortened("x" * 10_000)), shortened("short")
    (280, 'short')
    """
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def fitted(label: str, words: Sequence[str], width: int) -> str:
    """A line of as many words, whole ones, as the width has room for.

    >>> fitted("keywords  ", ["dam", "flood", "town"], 22)
    'keywords  dam, flood…'
    """
    line = label + ", ".join(words)
    kept = len(words)
    while cell_len(line) > width and kept > 1:
        kept -= 1
        line = label + ", ".join(words[:kept]) + "…"
    return line


def _print_history(history: Sequence[dict[str, Any]]) -> None:
    latest = history[-_LATEST:]
    click.echo("  history" + (f" (the last {_LATEST} of {len(history)})" if len(history) > _LATEST else ""))
    for line in latest:
        click.echo(f"    {_time(line['at']) or '-':<20}  {sentence(line)}")


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


def print_explanation(explained: dict[str, Any]) -> None:
    """For people."""
    click.echo(f"{explained['claim_id']}  {explained['seen_at'] or ''}\n  “{shortened(normalise(explained['text']))}”")
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


def _counts(cluster: Cluster) -> str:
    return f"{counted(cluster.size, 'claim')}, {counted(cluster.distinct, 'wording')}, {counted(cluster.authors.count, 'author')}"


def _time(seconds: float) -> str | None:
    return isoformat(seconds) if seconds else None
