"""`streamclust verify`: is the state sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import orjson

from streamclust.adapters.hnsw_index import HnswIndex
from streamclust.audit import Audit, audit
from streamclust.counting import counted
from streamclust.params import Params
from streamclust.ports import ClusterStore
from workers import wiring
from workers.cli.options import json_option, state_option

_RECALL = (
    "  (of centroids that an exact search would always find; the index, HNSW, gives up a little for speed, so 99 % and more is normal.\n"
    "  Below 95 % posts may miss their cluster: play the input to a new --state with a higher --set index_search_effort)"
)


@click.command()
@state_option
@click.option("--shard", type=click.IntRange(0), help="Only this shard of a deployment; all there are if left out.")
@json_option
def verify(state: str, shard: int | None, as_json: bool) -> None:
    """Rebuild the index from the state and compare the two, and sizes with members. Exit code 1 if anything is off."""
    with wiring.quiet_store(state) as store:
        names = store.shards() if shard is None else [str(shard)]
        audits = {name: result for name in names if (result := _audited(store.beside(name)))}
    if not audits:
        click.echo("nothing to verify: the state is empty", err=True)
        return
    if as_json:
        click.echo(orjson.dumps(_together(audits), option=orjson.OPT_INDENT_2))
    else:
        for name, result in audits.items():
            _print_audit("" if len(audits) == 1 else f"shard {name}: ", result)
    if any(result.findings for result in audits.values()):
        raise click.exceptions.Exit(1)


def _audited(store: ClusterStore) -> Audit | None:
    identity = store.identity()
    if not identity:
        return None
    known = Params().as_dict().keys() & identity["params"]  # of another version's, those that there still are
    params = Params(**{name: identity["params"][name] for name in known})
    return audit(store, HnswIndex(identity["dim"], params), params)


def _together(audits: Mapping[str, Audit]) -> dict[str, Any]:
    """All shards in one, and each by itself."""
    each = [{"shard": n, **a._asdict(), "findings": [finding._asdict() for finding in a.findings]} for n, a in audits.items()]
    return {
        "clusters": sum(a.clusters for a in audits.values()),
        "claims": sum(a.claims for a in audits.values()),
        "recall": min(a.recall for a in audits.values()),
        "findings": [{"shard": n, **finding._asdict()} for n, a in audits.items() for finding in a.findings],
        "shards": each,
    }


def _print_audit(prefix: str, result: Audit) -> None:
    found = f"{counted(result.clusters, 'live cluster')}, {counted(result.claims, 'claim')}"
    click.echo(f"{prefix}{found}, index finds {result.recall:.1%} of its centroids")
    click.echo(_RECALL)
    for finding in result.findings:
        click.echo(f"{prefix}{finding.what}: {finding.detail}")
    click.echo(f"{prefix}{counted(len(result.findings), 'difference')}")
